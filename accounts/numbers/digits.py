"""One number as people write it, and what is in its way (docs/domain.md 5). Pure functions, no
database. Texts come in plain signs (`accounts.kit.typed`).
"""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused

LONGEST = 15
_LONGEST_SHOWN = 40

DROPPED = re.compile("[\\s()\\[\\]{}./\u2013-]")
ZERO = re.compile(r"[(\[{]\s*0\s*[)\]}]")
_ZERO_BEFORE = re.compile(
    r"(?P<code>\s*(?:\+|00)[\d\s.-]*\d[\s.-]*)[(\[{](?P<zero>\s*0[\d\s.-]+)[)\]}]"
)
_EXTENSION = re.compile(
    r"(?:\bext(?:ension|n)?\b|(?<=[\d\s)])x|;ext)[\s.:=]*\d+\s*$", re.IGNORECASE
)
_ABROAD = re.compile(r"(?:\+|00)(?P<digits>\d{1,15})")
_PAUSE = re.compile(r"(?<=\d)\s*[pw]+\s*(?=\d)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_NO_SIGN = re.compile(r"[^\d+()\[\]{}./\u2013\s-]")


@dataclass(frozen=True)
class Answer:
    """What a text may mean: in words for a button, and as the text to put in its place."""

    label: Any
    text: str


class NotANumber(Refused):
    """What was entered is not a number; the sentence says why. `answers` are what it may mean."""

    def __init__(self, message: str, *answers: Answer) -> None:
        super().__init__(message, code="not_a_number", field="number")
        self.answers = answers


class Question(NotANumber):
    """What was entered may mean two things; the sentence asks which, the answers are both."""


def digits_of_number(text: str) -> str:
    """The digits of one number, without one leading + or 00. Raises NotANumber."""
    refuse_zero(text)
    refuse_signs(text)
    digits = DROPPED.sub("", text)
    if digits.startswith("+"):
        digits = digits[1:]
        if digits.startswith("00"):
            raise NotANumber(_("Begin with + or with 00, not with both."))
    else:
        digits = digits.removeprefix("00")
    if not digits:
        raise NotANumber(_("Enter a number."))
    if "+" in digits:
        raise NotANumber(_("Use digits only: a + stands at the beginning, once."))
    if len(digits) > LONGEST:
        raise NotANumber(
            _("A number has at most %(most)s digits; this one has %(count)s.")
            % {"most": LONGEST, "count": len(digits)}
        )
    return digits


def bare(text: str) -> str:
    """All digits of a part of a text, zeros at the beginning included."""
    return DROPPED.sub("", text).replace("+", "")


def refuse_zero(text: str) -> None:
    """Raise NotANumber for a zero in brackets, which is dialled inside the country only."""
    if ZERO.search(text):
        without = _abroad(ZERO.sub("", text))
        if not without:
            raise NotANumber(
                _("“(0)” is dialled inside the country only. Write the country code instead.")
            )
        raise NotANumber(
            _("Leave out “(0)”, which is dialled inside the country only: %(number)s.")
            % {"number": without},
            Answer(without, without),
        )
    if found := _ZERO_BEFORE.match(text):
        rest = text[found.end() :]
        short = _abroad(f"{found['code']}{found['zero'].strip()[1:]}{rest}")
        long = _abroad(f"{found['code']}{found['zero']}{rest}")
        if short and long:
            raise Question(
                _(
                    "The 0 in brackets is dialled inside most countries only. Write %(short)s, or"
                    " %(long)s if the 0 belongs to the number."
                )
                % {"short": short, "long": long},
                Answer(short, short),
                Answer(long, long),
            )


def _abroad(text: str) -> str:
    """The digits of a number with its country code, as + or 00 says; "" for anything else."""
    found = _ABROAD.fullmatch(DROPPED.sub("", text))
    return found["digits"] if found else ""


def refuse_signs(text: str) -> None:
    """Raise NotANumber for what is no part of a number, by its name."""
    found_sign = _NO_SIGN.search(text)
    if found_sign is None:
        return
    if any(ord(one) < 32 or 127 <= ord(one) < 160 for one in text):
        raise NotANumber(_("Use digits only: there is an invisible control character in it."))
    if found := _EXTENSION.search(text):
        raise _extension(found[0].strip())
    if found := _PAUSE.search(text):
        raise NotANumber(
            _("Use digits only: “%(sign)s” is a pause while dialling. End the number before it.")
            % {"sign": found[0].strip()}
        )
    if found := re.search(r"[*#]", text):
        raise NotANumber(
            _("Use digits only: “%(sign)s” is a key of the telephone and no part of a number.")
            % {"sign": found[0]}
        )
    if found := _LETTERS.search(text):
        raise NotANumber(
            _("Use digits only: “%(letters)s” is no part of a number.")
            % {"letters": found[0][:_LONGEST_SHOWN]}
        )
    raise NotANumber(
        _("Use digits only: “%(sign)s” is no part of a number.") % {"sign": found_sign[0]}
    )


def more_than_a_number(name: str, text: str) -> NotANumber:
    if name.lower() in ("ext", "extension"):
        return _extension(text)
    return NotANumber(
        _("Use digits only: “%(text)s” is no part of a number.") % {"text": text[:_LONGEST_SHOWN]}
    )


def _extension(text: str) -> NotANumber:
    return NotANumber(
        _("Use digits only: “%(text)s” is an extension, dialled after the call is answered.")
        % {"text": text[:_LONGEST_SHOWN]}
    )

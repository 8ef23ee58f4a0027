"""The one reading of what people write as numbers (docs/domain.md 5), for whatever takes them:
forms, rules, pasted lists, files, searches, tests. Pure functions, no database.

What can be read one way only is taken. What may mean two things is a `Question` that offers the
texts to put in its place, and everything else is refused by the name of what is in the way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.kit.typed import plain

LONGEST = 15
# A whole number has so many digits or more; what follows a dash behind one and is as short as
# MOST_BEHIND may be its continuation, or where a range ends.
WHOLE, MOST_BEHIND = 8, 4
# Rules are about beginnings of numbers: there less is whole.
_WHOLE_BEGINNING = 4
# What has so many digits behind 00 is a number with the prefix of international calls.
_WHOLE_FRAGMENT = 7
# Nothing that is meant as a number or a range is longer; only lists are.
_LONGEST_TEXT = 80
_LONGEST_SHOWN = 40

_SIP = re.compile(r"<?\bsips?:([^@\s,;<>]+)@[^\s,<>]+>?", re.IGNORECASE)
_TEL = re.compile(r"<?\b(?:tel|callto):\s*([^<>,]*)>?", re.IGNORECASE)
_QUOTES = " '\"`\u2018\u2019\u201c\u201d"
_BETWEEN = re.compile(r"[,;|&\n\r\t]|\s(?:or|and)\s", re.IGNORECASE)
_SAID_MORE = re.compile(r"\s*(?P<name>[a-z-]+)\s*=", re.IGNORECASE)
_FROM_TO = re.compile(
    r"(?P<first>.+?)\s?(?:\.{2,}|\u2026|~|\s(?:to|till|until|thru|through)\s)\s?(?P<last>.+)",
    re.IGNORECASE,
)
_DASH = re.compile("[-\u2013]")
_SPACED = re.compile(" [-\u2013] ")
_SECOND_PLUS = re.compile(r"(?<=\d)(?P<between>[\s/\u2013-]*)(?=\+)")
_DROPPED = re.compile("[\\s()\\[\\]{}./\u2013-]")
# What spreadsheets make of a long number.
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_WITH_DECIMALS = re.compile(r"(?P<whole>\d{5,})\.(?P<zeros>0+)")
_THOUSANDS = re.compile(r"[1-9]\d?(?:,\d{3}){2,}")
_ZERO = re.compile(r"[(\[{]\s*0\s*[)\]}]")
_ZERO_BEFORE = re.compile(r"(?P<code>\s*(?:\+|00)[\d\s.-]*\d[\s.-]*)[(\[{](?P<zero>\s*0[\d\s.-]+)[)\]}]")
_EXTENSION = re.compile(r"(?:\bext(?:ension|n)?\b|(?<=[\d\s)])x|;ext)[\s.:=]*\d+\s*$", re.IGNORECASE)
_PAUSE = re.compile(r"(?<=\d)\s*[pw]+\s*(?=\d)", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_NO_SIGN = re.compile(r"[^\d+()\[\]{}./\u2013\s-]")

# A number (no end), or the numbers from the first to the second.
Span = tuple[str, str]


class Box(Enum):
    """What is asked for where the text stands."""

    ONE = "one number"
    LIST = "numbers and ranges"
    RULES = "a beginning of numbers, or a section"


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


def normalised(text: str) -> str:
    """The number's 1 to 15 digits, as everything judges by them.

    Raises NotANumber with a sentence, for a range and for several numbers as well.
    """
    (begin, end), *more = spans(text, Box.ONE)
    if end:
        raise NotANumber(
            _("This is a range, %(range)s. Only one number can be entered here.")
            % {"range": f"{begin}–{end}"}
        )
    if more:
        raise NotANumber(
            _("These are several numbers: %(numbers)s. Only one can be entered here.")
            % {"numbers": _some([begin, *(one for one, _end in more)])}
        )
    return begin


@dataclass(frozen=True)
class Piece:
    """What stands between commas: as it was typed, in plain signs, and the numbers and ranges it
    names, or what is wrong with it.
    """

    typed: str
    spans: tuple[Span, ...] = ()
    error: NotANumber | None = None


def spans(text: str, box: Box = Box.LIST) -> list[Span]:
    """The numbers and ranges a text names, in its order. Raises NotANumber and Question for the
    first that is none; an answer takes the place of the whole text.
    """
    found = list(pieces(text, box))
    for at, piece in enumerate(found):
        if piece.error is not None:
            before, behind = ([one.typed for one in some] for some in (found[:at], found[at + 1 :]))
            piece.error.answers = tuple(
                Answer(one.label, ", ".join([*before, one.text, *behind]))
                for one in piece.error.answers
            )
            raise piece.error
    if not found:
        raise NotANumber(_("Enter a number."))
    return [span for piece in found for span in piece.spans]


def pieces(text: str, box: Box = Box.LIST) -> Iterator[Piece]:
    """What a text says, piece by piece."""
    written = _unwrapped(text)
    if _THOUSANDS.fullmatch(written.strip()):
        one = written.strip().replace(",", "")
        words = _(
            "The commas may stand between thousands, or between numbers. Write digits only: %(one)s."
        )
        yield Piece(written.strip(), error=NotANumber(words % {"one": one}))
        return
    found: list[Span] = []
    for part in _BETWEEN.split(written):
        tidy = " ".join(part.split()).strip(_QUOTES)
        if not tidy:
            continue
        try:
            if said := _SAID_MORE.match(tidy):
                raise _more_than_a_number(said["name"], tidy)
            _refuse_tail(found, tidy, box)
            read = _piece(tidy, box)
        except NotANumber as error:
            yield Piece(tidy, error=error)
        else:
            found += read
            yield Piece(tidy, tuple(read))


def digits_of(fragment: str) -> str:
    """The digits of a part of a number as somebody looks for it; "" for what is no part of one.

    Two zeros at the beginning of a short one may stand in the middle of the number meant.
    """
    written = _ZERO.sub("", _unwrapped(fragment)).strip(_QUOTES)
    digits = _DROPPED.sub("", written)
    if digits.startswith("+"):
        digits = digits[1:]
    elif len(digits) - 2 >= _WHOLE_FRAGMENT:
        digits = digits.removeprefix("00")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST else ""


def dialled(text: str) -> str:
    """What a caller dials who writes this: its digits and + * #, with everything that only parts
    them dropped and nothing else; "" where there are other signs. For rewriting, which sees it so.
    """
    written = _DROPPED.sub("", _unwrapped(text).strip(_QUOTES))
    return written if re.fullmatch(r"\+?[0-9*#]{1,40}", written) else ""


# --- From texts to spans --------------------------------------------------------------------------


def _unwrapped(text: str) -> str:
    """The text in plain signs, with the numbers of addresses in their place."""
    written = plain(text)
    if ":" in written:
        written = _TEL.sub(lambda one: _unescaped(one[1]), _SIP.sub(r"\1", written))
    return written


def _unescaped(text: str) -> str:
    return text.replace("%20", " ").replace("%2B", "+").replace("%2b", "+")


def _piece(text: str, box: Box) -> list[Span]:
    """What stands between commas."""
    if _SHORTENED.fullmatch(text):
        raise NotANumber(
            _("The spreadsheet has cut this number short: %(text)s. Format the column as text.")
            % {"text": text[:_LONGEST_SHOWN]}
        )
    if decimals := _WITH_DECIMALS.fullmatch(text):
        text = _without_decimals(decimals)
    tokens = text.split()
    if len(tokens) > 1 and all(len(one) >= WHOLE and one.lstrip("+").isdigit() for one in tokens):
        return [(_digits(one), "") for one in tokens]
    if len(text) > _LONGEST_TEXT:
        return [(_digits(text), "")]
    if found := _FROM_TO.fullmatch(text):
        return [_range(found["first"], found["last"], text, box)]
    if (plus := _SECOND_PLUS.search(text)) and plus.start():
        first, last = text[: plus.start()], text[plus.end() :]
        if _DASH.search(plus["between"]):
            return [_range(first, last, text, box)]
        return [(_digits(first), ""), *_piece(last, box)]
    _refuse_signs(text)
    return _slashed(text, box) if "/" in text else [_dashed(text, box)]


def _without_decimals(found: re.Match[str]) -> str:
    """A number that a spreadsheet took for an amount: "….0" is its mark. More zeros may be digits."""
    whole, zeros = found["whole"], found["zeros"]
    if len(zeros) == 1:
        return whole
    raise Question(
        _("Use digits only: “%(text)s” may be %(whole)s as a spreadsheet writes it, or %(one)s.")
        % {"text": found[0], "whole": whole, "one": whole + zeros},
        Answer(whole, whole),
        Answer(whole + zeros, whole + zeros),
    )


def _slashed(text: str, box: Box) -> list[Span]:
    """One number with slashes in it, or several."""
    parts = [one for one in (part.strip(" -\u2013") for part in text.split("/")) if one]
    if len(parts) < 2:
        return [(_digits(text), "")]
    bare = [_bare(one) for one in parts]
    if all(len(one) >= WHOLE for one in bare):
        return [span for one in parts for span in _piece(one, box)]
    is_tail = len(bare) == 2 and len(_digits(parts[0])) >= WHOLE
    if is_tail and len(bare[1]) <= MOST_BEHIND:
        raise _continued(_digits(parts[0]), bare[1], text, box)
    if len({len(one) for one in bare}) == 1 or box is Box.RULES:
        both = [_digits(one) for one in parts]
        raise _one_or(text, _some(both), "" if box is Box.ONE else ", ".join(both))
    return [(_digits(text), "")]


def _dashed(text: str, box: Box) -> Span:
    """One number with dashes in it, or a range."""
    dashes = [one.start() for one in _DASH.finditer(text)]
    halves = [(text[:at], text[at + 1 :]) for at in dashes if _bare(text[:at]) and _bare(text[at:])]
    if not halves:
        return _digits(text), ""
    for first, last in halves:
        if _are_both_whole(first, last):
            return _range(first, last, text, box)
    first, last = halves[-1]
    if _may_continue(first, last, box, is_single=len(halves) == 1):
        raise _continued(_digits(first), _bare(last), text, box)
    return _halved(text, *halves[0], box) if len(halves) == 1 else (_digits(text), "")


def _are_both_whole(first: str, last: str) -> bool:
    """Whether two texts are too long for one number, and are two of the same length."""
    lengths = [len(_bare(one)) for one in (first, last)]
    if max(lengths) > LONGEST + 2 or min(lengths) < WHOLE or sum(lengths) <= LONGEST:
        return False
    return len(_digits(first)) == len(_digits(last))


def _may_continue(first: str, last: str, box: Box, *, is_single: bool) -> bool:
    """Whether what follows a dash may be where a range ends: short, and behind the same digits."""
    begin, tail = _digits(first), _bare(last)
    is_compact = is_single and " " not in f"{first}{last}"
    whole = _WHOLE_BEGINNING if box is Box.RULES and is_compact else WHOLE
    return (
        len(begin) >= whole
        and len(tail) <= min(MOST_BEHIND, len(begin) - 1)
        and tail > begin[-len(tail) :]
    )


def _halved(text: str, first: str, last: str, box: Box) -> Span:
    """Two texts of digits with one dash between them."""
    begin, end = _bare(first), _bare(last)
    is_spaced = bool(_SPACED.search(text))
    is_apart = is_spaced or "\u2013" in text
    if box is Box.ONE:
        if is_apart and len(begin) == len(end) and begin < end:
            raise _one_or(text, f"{begin}–{end}", "")
        return _digits(text), ""
    if len(begin) == len(end):
        if not is_apart and box is Box.RULES and begin > end:
            raise _backwards(begin, end, _digits(text))
        if is_apart or box is Box.RULES:
            return _range(first, last, text, box)
        if begin < end:
            raise _one_or(text, f"{begin}–{end}", f"{begin}–{end}")
    elif is_spaced or (
        box is Box.RULES and min(len(begin), len(end)) >= _WHOLE_BEGINNING
    ):
        return _range(first, last, text, box)
    return _digits(text), ""


def _range(first: str, last: str, text: str, box: Box) -> Span:
    """Two ends that are said to be such. A short end that continues the first is asked about."""
    begin, end, tail = _digits(first), _digits(last), _bare(last)
    if len(begin) == len(end):
        if begin > end:
            raise _backwards(begin, end)
        return begin, end
    if len(tail) < len(begin) and "+" not in last and tail > begin[-len(tail) :]:
        raise _continued(begin, tail, "", box)
    raise NotANumber(
        _(
            "Both ends have the same number of digits; %(begin)s has %(first)s and "
            "%(end)s has %(last)s."
        )
        % {"begin": begin, "end": end, "first": len(begin), "last": len(end)}
    )


def _backwards(begin: str, end: str, one: str = "") -> NotANumber:
    if one:
        return NotANumber(
            _(
                "It ends before it begins: %(begin)s is greater than %(end)s. If it is one "
                "number, write %(one)s."
            )
            % {"begin": begin, "end": end, "one": one},
            Answer(one, one),
        )
    return NotANumber(
        _("It ends before it begins: %(begin)s is greater than %(end)s.")
        % {"begin": begin, "end": end}
    )


# --- Questions ------------------------------------------------------------------------------------


def _continued(begin: str, tail: str, text: str, box: Box) -> Question:
    """A whole number with a few digits behind it. `text` is empty where it is no single number."""
    end = begin[: -len(tail)] + tail
    is_range = end > begin
    both = f"{begin}–{end}" if is_range else f"{begin}, {end}"
    return _one_or(text, both, "" if box is Box.ONE else both)


def _one_or(text: str, meant: str, answer: str) -> Question:
    """Is it one number, or `meant`? `answer` is the text for the latter where it can be entered."""
    answers = [Answer(meant, answer)] if answer else []
    try:
        one = _digits(text) if text else ""
    except NotANumber:
        one = ""
    if not one and answer:
        return Question(_("Do you mean %(meant)s?") % {"meant": meant}, *answers)
    if not one:
        return Question(
            _("Do you mean %(meant)s? Only one number can be entered here.") % {"meant": meant}
        )
    answers.append(Answer(one, one))
    words = (
        _("Do you mean %(meant)s? If it is one number, write %(one)s.")
        if answer
        else _(
            "Do you mean %(meant)s? Only one number can be entered here. If it is one, write "
            "%(one)s."
        )
    )
    return Question(words % {"meant": meant, "one": one}, *answers)


def _refuse_tail(found: list[Span], text: str, box: Box) -> None:
    """A few digits behind a comma and a whole number are a part of a second one, or a pause and
    what is dialled after it; nobody can tell. Raises Question for them.
    """
    if not (found and text.isascii() and text.isdigit() and len(text) <= MOST_BEHIND):
        return
    begin, end = found[-1]
    if end or len(begin) < WHOLE:
        return
    other = begin[: -len(text)] + text
    raise Question(
        _("“%(text)s” behind %(number)s is no whole number. Do you mean %(other)s?")
        % {"text": text, "number": begin, "other": other},
        *([] if box is Box.ONE else [Answer(f"{begin}, {other}", other)]),
    )


# --- One number -----------------------------------------------------------------------------------


def _digits(text: str) -> str:
    """The digits of one number, without one leading + or 00. Raises NotANumber."""
    _refuse_zero(text)
    _refuse_signs(text)
    digits = _DROPPED.sub("", text)
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


def _bare(text: str) -> str:
    """All digits of a part of a text, zeros at the beginning included."""
    return _DROPPED.sub("", text).replace("+", "")


def _refuse_zero(text: str) -> None:
    """Raise NotANumber for a zero in brackets, which is dialled inside the country only."""
    if _ZERO.search(text):
        without = _DROPPED.sub("", _ZERO.sub("", text))
        if not without.startswith(("+", "00")) or not without.strip("+").isdigit():
            raise NotANumber(
                _("“(0)” is dialled inside the country only. Write the number with its country code.")
            )
        number = without[1:] if without.startswith("+") else without[2:]
        raise NotANumber(
            _("Leave out “(0)”, which is dialled inside the country only: %(number)s.")
            % {"number": number},
            Answer(number, number),
        )
    if found := _ZERO_BEFORE.match(text):
        rest = text[found.end() :]
        without = _DROPPED.sub("", f"{found['code']}{found['zero'].strip()[1:]}{rest}")
        kept = _DROPPED.sub("", f"{found['code']}{found['zero']}{rest}")
        if without.strip("+").isdigit():
            short, long = (one.lstrip("+").removeprefix("00") for one in (without, kept))
            raise Question(
                _(
                    "The 0 in brackets is dialled inside most countries only. Write %(short)s, or"
                    " %(long)s if the 0 belongs to the number."
                )
                % {"short": short, "long": long},
                Answer(short, short),
                Answer(long, long),
            )


def _refuse_signs(text: str) -> None:
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


def _more_than_a_number(name: str, text: str) -> NotANumber:
    if name.lower() in ("ext", "extension"):
        return _extension(text)
    return NotANumber(
        _("Use digits only: “%(text)s” is no part of a number.") % {"text": text[:_LONGEST_SHOWN]}
    )


def _extension(text: str) -> NotANumber:
    return NotANumber(
        _("Use digits only: “%(text)s” is an extension, which is dialled after the call is answered.")
        % {"text": text[:_LONGEST_SHOWN]}
    )


def _some(numbers: list[str]) -> str:
    shown = ", ".join(numbers[:4])
    return f"{shown}, …" if len(numbers) > 4 else shown

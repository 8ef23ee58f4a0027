"""The one reading of what people write as numbers (docs/domain.md 5), for whatever takes them:
forms, rules, pasted lists, files, searches, tests. Pure functions, no database.

What can be read one way only is taken. What may mean two things is a `Question` that offers the
texts to put in its place, and everything else is refused by the name of what is in the way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from accounts.kit.typed import plain
from accounts.numbers.digits import (
    DROPPED,
    LONGEST,
    ZERO,
    Answer,
    NotANumber,
    Question,
    bare,
    digits_of_number,
    more_than_a_number,
    refuse_signs,
    refuse_zero,
)

# A whole number has so many digits or more; what follows a dash behind one and is as short as
# MOST_BEHIND may be its continuation, or where a range ends.
WHOLE, MOST_BEHIND = 8, 4
# Rules are about beginnings of numbers: there less is whole.
_WHOLE_BEGINNING = 4
# What has so many digits behind 00 is a number with the prefix of international calls.
_WHOLE_FRAGMENT = 7
# Nothing that is meant as a number or a range is longer; only lists are.
_LONGEST_TEXT = 80
_LONGEST_LINE = 1000
_SIP = re.compile(r"<?\bsips?:([^@\s,;<>]{1,80})@[^\s,<>]+>?", re.IGNORECASE)
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
# What spreadsheets make of a long number.
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_WITH_DECIMALS = re.compile(r"(?P<whole>\d{5,})\.(?P<zeros>0+)")
_THOUSANDS = re.compile(r"[1-9]\d?(?:,\d{3}){2,}")
# A number (no end), or the numbers from the first to the second.
Span = tuple[str, str]


class Box(Enum):
    """What is asked for where the text stands."""

    ONE = "one number"
    LIST = "numbers and ranges"
    RULES = "a beginning of numbers, or a section"


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
    if box is not Box.LIST and len(text) > _LONGEST_LINE:
        raise NotANumber(_("This is too long for a number."))
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
            "The commas may stand between thousands, or between numbers. For one number write "
            "%(one)s."
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
                raise more_than_a_number(said["name"], tidy)
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
    written = ZERO.sub("", _unwrapped(fragment)).strip(f"{_QUOTES},;")
    written = written.removesuffix(".0") if _WITH_DECIMALS.fullmatch(written) else written
    digits = DROPPED.sub("", written)
    if digits.startswith("+"):
        digits = digits[1:]
    elif len(digits) - 2 >= _WHOLE_FRAGMENT:
        digits = digits.removeprefix("00")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST else ""


def dialled(text: str) -> str:
    """What a caller dials who writes this: its digits and + * #, with everything that only parts
    them dropped and nothing else; "" where there are other signs. For rewriting, which sees it so.
    """
    written = DROPPED.sub("", _unwrapped(text).strip(_QUOTES))
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
            % {"text": text[:40]}
        )
    if decimals := _WITH_DECIMALS.fullmatch(text):
        text = _without_decimals(decimals)
    tokens = text.split()
    if len(tokens) > 1 and all(len(one) >= WHOLE and one.lstrip("+").isdigit() for one in tokens):
        return [(digits_of_number(one), "") for one in tokens]
    if len(text) > _LONGEST_TEXT:
        return [(digits_of_number(text), "")]
    if found := _FROM_TO.fullmatch(text):
        return [_range(found["first"], found["last"], text, box)]
    refuse_zero(text)
    if (plus := _SECOND_PLUS.search(text)) and _are_whole(text[: plus.start()], text[plus.end() :]):
        first, last = text[: plus.start()], text[plus.end() :]
        if _DASH.search(plus["between"]):
            return [_range(first, last, text, box)]
        return [(digits_of_number(first), ""), *_piece(last, box)]
    refuse_signs(text)
    return _slashed(text, box) if "/" in text else [_dashed(text, box)]


def _are_whole(*texts: str) -> bool:
    return all(len(bare(one)) >= WHOLE for one in texts)


def _without_decimals(found: re.Match[str]) -> str:
    """A number that a spreadsheet took for an amount, ".0" being its mark; more may be digits."""
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
        return [(digits_of_number(text), "")]
    ends = [bare(one) for one in parts]
    if all(len(one) >= WHOLE for one in ends):
        return [span for one in parts for span in _piece(one, box)]
    is_tail = len(ends) == 2 and len(digits_of_number(parts[0])) >= WHOLE
    if is_tail and len(ends[1]) <= MOST_BEHIND:
        raise _continued(digits_of_number(parts[0]), ends[1], text, box)
    if len({len(one) for one in ends}) == 1 or box is Box.RULES:
        both = [digits_of_number(one) for one in parts]
        raise _one_or(text, _some(both), "" if box is Box.ONE else ", ".join(both))
    return [(digits_of_number(text), "")]


def _dashed(text: str, box: Box) -> Span:
    """One number with dashes in it, or a range."""
    dashes = [one.start() for one in _DASH.finditer(text)]
    halves = [(text[:at], text[at + 1 :]) for at in dashes if bare(text[:at]) and bare(text[at:])]
    if not halves:
        return digits_of_number(text), ""
    for first, last in halves:
        if _are_both_whole(first, last):
            return _range(first, last, text, box)
    first, last = halves[-1]
    if _may_continue(first, last, box, is_single=len(halves) == 1):
        raise _continued(digits_of_number(first), bare(last), text, box)
    return _halved(text, *halves[0], box) if len(halves) == 1 else (digits_of_number(text), "")


def _are_both_whole(first: str, last: str) -> bool:
    """Whether two texts are too long for one number, and are two of the same length."""
    lengths = [len(bare(one)) for one in (first, last)]
    if max(lengths) > LONGEST + 2 or min(lengths) < WHOLE or sum(lengths) <= LONGEST:
        return False
    return len(digits_of_number(first)) == len(digits_of_number(last))


def _may_continue(first: str, last: str, box: Box, *, is_single: bool) -> bool:
    """Whether what follows a dash may be where a range ends: short, and behind the same digits."""
    begin, tail = digits_of_number(first), bare(last)
    is_compact = is_single and " " not in f"{first}{last}"
    whole = _WHOLE_BEGINNING if box is Box.RULES and is_compact else WHOLE
    return (
        len(begin) >= whole
        and len(tail) <= min(MOST_BEHIND, len(begin) - 1)
        and tail > begin[-len(tail) :]
    )


def _halved(text: str, first: str, last: str, box: Box) -> Span:
    """Two texts of digits with one dash between them."""
    begin, end = bare(first), bare(last)
    is_spaced = bool(_SPACED.search(text))
    is_apart = is_spaced or "\u2013" in text
    if box is Box.ONE:
        if is_apart and len(begin) == len(end) and begin < end:
            raise _one_or(text, f"{begin}–{end}", "")
        return digits_of_number(text), ""
    if len(begin) == len(end):
        if not is_apart and box is Box.RULES and begin > end:
            raise _backwards(begin, end, digits_of_number(text))
        if is_apart or box is Box.RULES:
            return _range(first, last, text, box)
        if begin < end:
            raise _one_or(text, f"{begin}–{end}", f"{begin}–{end}")
    elif is_spaced or (box is Box.RULES and min(len(begin), len(end)) >= _WHOLE_BEGINNING):
        return _range(first, last, text, box)
    return digits_of_number(text), ""


def _range(first: str, last: str, text: str, box: Box) -> Span:
    """Two ends that are said to be such. A short end that continues the first is asked about."""
    begin, end, tail = digits_of_number(first), digits_of_number(last), bare(last)
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
        one = digits_of_number(text) if text else ""
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


def _some(numbers: list[str]) -> str:
    shown = ", ".join(numbers[:4])
    return f"{shown}, …" if len(numbers) > 4 else shown

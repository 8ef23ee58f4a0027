"""What somebody means who types into the command bar: a deed, whom it is done to, and a figure.
Nothing of it asks the database; whether the account exists is for the search to find.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.portal.finding import SearchDeed, SearchPage

# An amount as people type it; more digits are a number.
_AMOUNT = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?")
_NUMBER = re.compile(r"\+?\d{3,18}")
# Words of names are apart by these.
_APART = re.compile(r"[\s()/-]+")
# Stand between a deed and its account, and say nothing.
_BETWEEN = frozenset({"to", "for", "of", "not", "the", "…", "...", "?"})


@dataclass(frozen=True)
class Understood:
    """`deed` is None where none was typed; `account` is whom it may be about, "" for nobody."""

    deed: SearchDeed | None
    account: str
    figure: str = ""


def understood(text: str, deeds: Sequence[SearchDeed]) -> Understood:
    """A deed stands first, by the longest of its words that fit; a figure stands anywhere behind
    it, and without a deed at the end.
    """
    deed, rest = _deed(text, deeds)
    if deed is None:
        *name, last = text.split() or [""]
        if name and _AMOUNT.fullmatch(last) and not _is_grouped(name[-1], last):
            return Understood(None, " ".join(name), last)
        return Understood(None, text)
    words = [word for word in rest.split() if word.casefold() not in _BETWEEN]
    figure = _figure(words, deed.takes)
    if figure:
        words.reverse()
        words.remove(figure)
        words.reverse()
    return Understood(deed, " ".join(words), figure)


def pages_called(text: str, pages: Sequence[SearchPage], most: int) -> list[tuple[SearchPage, str]]:
    """The pages that are called like this, those first whose own label is, each with the further
    name that fits where the label does not; all of them for no text.
    """
    asked = [one for one in _APART.split(text.casefold()) if one]
    found = []
    for page in pages:
        named = [(0, str(page.label)), *((1, str(words)) for words in page.words)]
        fitting = [(rank, name) for rank, name in named if _fits(asked, name)]
        if fitting:
            rank, name = min(fitting)
            found.append((rank, page, name if rank else ""))
    found.sort(key=lambda one: one[0])
    return [(page, name) for _rank, page, name in found[:most]]


def _fits(asked: Sequence[str], name: str) -> bool:
    """Whether every word typed begins a word of the name."""
    words = _APART.split(name.casefold())
    return all(any(word.startswith(one) for word in words) for one in asked)


def _deed(text: str, deeds: Sequence[SearchDeed]) -> tuple[SearchDeed | None, str]:
    typed = text.casefold()
    best, length = None, 0
    for deed in deeds:
        for words in deed.words:
            name = str(words).casefold()
            is_alone = typed == name and not deed.of_account
            if len(name) > length and (is_alone or typed.startswith(f"{name} ")):
                best, length = deed, len(name)
    return best, text[length:].strip() if best else text


def _figure(words: Sequence[str], takes: str) -> str:
    """The last of them that is one. A lone figure names an account where an amount is asked for."""
    if takes == "number":
        return next((word for word in reversed(words) if _NUMBER.fullmatch(word)), "")
    if takes == "amount" and len(words) > 1:
        found = [at for at, word in enumerate(words) if _AMOUNT.fullmatch(word)]
        # What is written in groups is not guessed: it may be part of a name.
        if found and not (found[-1] and _is_grouped(words[found[-1] - 1], words[found[-1]])):
            return words[found[-1]]
    return ""


def _is_grouped(before: str, figure: str) -> bool:
    """Whether "1 204,50" may have been meant: three whole digits behind one to three others."""
    return bool(re.fullmatch(r"\d{1,3}", before) and re.match(r"\d{3}(\D|$)", figure))

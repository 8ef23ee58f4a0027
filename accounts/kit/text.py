"""Text as people type it: what of it is kept, and which texts are the same (docs/domain.md 10).

The same name comes in many spellings: one device composes letters in another way than the next,
word processors make quotes and dashes typographic, and what is pasted brings spaces and marks that
nobody sees. What is stored is one of them (`tidied`, `tidied_lines`); what is looked for is
compared without all that, and without regard to case (`folded`, `accounts.kit.lookups`). Names of
ASCII letters, such as account ids, are read by `identifier`.
"""

import re
import unicodedata

# What has no width or only changes the direction of writing: Unicode's Default_Ignorable_Code_Point
# and the marks of interlinear annotations.
INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Control characters but for those that are spaces.
CONTROLS = r"\u0001-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f"
# What is left of spaces once compatible characters are written as one (NFKC), controls included.
SPACES = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2028\u2029"

# Letters that stand for themselves: composed already, in capitals no more than their capitals, and
# never a part of another. Most text has no others, and is folded at once.
PLAIN = (
    " -~\u00a1-\u00a7\u00a9\u00ac\u00ae\u00b0\u00b1\u00b6\u00b7\u00bf-\u00de\u00e0-\u012f\u0131"
    "\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0386\u0388-\u038a\u038c\u038e\u038f"
    "\u0391-\u03a1\u03a3-\u03af\u03b1-\u03ce\u0400-\u0481\u048a-\u04ff\u0531-\u0556\u0561-\u0586"
    "\u05d0-\u05ea\u0620-\u063f\u0641-\u064a\u0671-\u0674\u0679-\u06d3"
    # Devanagari and Bengali but for the dot below letters, which composes with them.
    "\u0904-\u0928\u092a-\u0930\u0932\u0933\u0935-\u0939\u093e-\u094d\u0966-\u096f"
    "\u0981-\u0983\u0985-\u098c\u098f\u0990\u0993-\u09a8\u09aa-\u09b0\u09b2\u09b6-\u09b9"
    "\u09be-\u09c4\u09c7\u09c8\u09cb-\u09ce\u09e6-\u09ef"
    "\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3"
)
# Matches in text that is not plain: another character, or two letters of Bengali that are one.
NOT_PLAIN = rf"[^{PLAIN}]|\u09c7\u09be"

# Typographic spellings of signs that every keyboard has. Not what only looks like them: the mark of
# long vowels in Japanese is no dash.
_QUOTES = {"'": "‘’‚‛ʼ′‹›´", '"': "“”„‟″«»"}
_DASHES = {"-": "‐‑‒–—―−"}
SIGNS = {other: sign for sign, others in (_QUOTES | _DASHES).items() for other in others}
# Once written in capitals. Turkish has two letters I; who searches has the keyboard of one.
LETTERS = {"İ": "I", "ẞ": "SS"}

_SIGNS = str.maketrans(SIGNS)
_HYPHENS = str.maketrans(dict.fromkeys(_DASHES["-"], "-"))
_LETTERS = str.maketrans(LETTERS)
_NOT_PLAIN = re.compile(NOT_PLAIN)
# PostgreSQL has no such character, and no encoding has half of a surrogate pair.
_UNSTORED = r"\u0000\ud800-\udfff"
_CANNOT_BE_STORED = re.compile(f"[{_UNSTORED}]")
_FOLDED_AWAY = re.compile(f"[{_UNSTORED}{CONTROLS}{INVISIBLE}]+")
_SEEN_BY_NOBODY = re.compile(f"[{INVISIBLE}]")
_TIDIED_AWAY = re.compile(f"[{_UNSTORED}{CONTROLS}{INVISIBLE}]")
_SPACE = re.compile(f"[^\\S\\n\\t]|[{SPACES}]")

# Joiners and selectors of variants belong to the spelling of some scripts, and of emoji.
_JOINERS = "\u200c\u200d"
_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JOINED = frozenset({"Lo", "Mn", "Mc", "So", "Sk"})
_VARIED = frozenset({"Lo", "Mc", "So", "Sk", "Sm", "Nd", "Po"})


def tidied(text: str) -> str:
    """One line of text as it is stored: composed (NFC), single spaces, none around it, nothing that
    cannot be seen.
    """
    return " ".join(_visible(text).split())


def tidied_lines(text: str) -> str:
    """Text of several lines as it is stored: as `tidied`, but spaces within a line stay as many as
    they are, and tabs are kept.
    """
    seen = _visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(_SPACE.sub(_blank, line).rstrip() for line in seen.split("\n")).strip()


def folded(text: str) -> str:
    """What is compared instead of a text: equal for texts that are the same to whoever reads them,
    whatever their case. `accounts.kit.lookups` has the same as SQL.
    """
    if not _NOT_PLAIN.search(text):
        return " ".join(text.upper().split())
    return folded_wholly(text)


def folded_wholly(text: str) -> str:
    """As `folded`, the long way."""
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS))
    text = unicodedata.normalize("NFC", _FOLDED_AWAY.sub("", text).upper())
    return " ".join(text.translate(_LETTERS).split())


def identifier(text: str) -> str:
    """A name of ASCII letters (an account id, a user name) as its owner means it: without spaces
    around it and invisible characters, with plain hyphens, wide letters as narrow ones. Its case
    stays. Not checked: letters that are not ASCII stay what they are.
    """
    text = text.strip()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_HYPHENS)
    return _SEEN_BY_NOBODY.sub("", text).strip()


def name_key(text: str) -> str:
    """What an `identifier` is compared by; "" for what none can be."""
    name = identifier(text).lower()
    return name if name.isascii() and name.isprintable() else ""


def address(text: str) -> str:
    """An e-mail address as it is stored and compared: small letters, no invisible characters.
    Nothing else of it is folded: another sign would be another domain.
    """
    return unicodedata.normalize("NFKC", tidied(text)).lower()


def can_be_stored(text: str) -> bool:
    """Whether a database takes this text, even to compare it with others."""
    return _CANNOT_BE_STORED.search(text) is None


def _visible(text: str) -> str:
    """Composed, and without what nobody sees."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    return unicodedata.normalize("NFC", _TIDIED_AWAY.sub(_needed, text))


def _needed(found: "re.Match[str]") -> str:
    """A joiner or a selector where the script needs it, "" for everything else."""
    one, text = found[0], found.string
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    if one in _JOINERS:
        is_needed = _category(before) in _JOINED and _category(after) in _JOINED
    else:
        is_needed = bool(_SELECTORS.match(one)) and _category(before) in _VARIED
    return one if is_needed else ""


def _category(one: str) -> str:
    return unicodedata.category(one) if one else ""


def _blank(found: "re.Match[str]") -> str:
    return found[0] if found[0] == "\t" else " "

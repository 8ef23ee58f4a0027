"""The one reading of what people and other systems call codecs. Pure functions, no database."""

import re

from accounts.kit.typed import plain

CODECS = ("G.711a", "G.711u", "G.729", "G.722", "G.723", "GSM", "iLBC", "Opus", "AMR")

# Name in small letters, without signs and spaces → the codec. Those of RTP (RFC 3551), Asterisk,
# FreeSWITCH, Cisco and VOS3000, in this order.
_NAMES = {
    "G.711a": ("g711a", "pcma", "alaw", "g711alaw", "g711apcma", "pcmag711a", "g711a64k"),
    "G.711u": (
        "g711u", "pcmu", "ulaw", "mulaw", "µlaw", "g711ulaw", "g711mulaw", "g711µlaw", "g711µ",
        "g711mu", "g711u64k",
    ),
    "G.729": (
        "g729", "g729a", "g729b", "g729ab", "g729annexa", "g729annexb", "g729annexab", "g729r8",
        "g729br8",
    ),
    "G.722": ("g722", "g72264k"),
    "G.723": (
        "g723", "g7231", "g72353", "g72363", "g723153", "g723163", "g7231a", "g723r53", "g723r63",
        "g723ar53", "g723ar63",
    ),
    "GSM": ("gsm", "gsmfr", "gsm610", "gsm0610", "gsmfullrate"),
    "iLBC": ("ilbc", "ilbc20", "ilbc30"),
    "Opus": ("opus",),
    "AMR": ("amr", "amrnb"),
}  # fmt: skip
_BY_NAME = {name: codec for codec, names in _NAMES.items() for name in names}
# Of two codecs each; which is meant decides whether anybody can be heard.
TWO_OF_A_NAME = {"g711": ("G.711a", "G.711u")}
_BETWEEN = re.compile(r"[,;|&\n\r\t]")
# Clock rate, packet time and what else stands behind a name: "PCMA/8000", "PCMU@20i", "ulaw:20".
_BEHIND = re.compile(r"[/@:].*")
_SIGNS = re.compile(r"[\W_]")


def split_codecs(text: str) -> list[str]:
    """The names of a list as people type it, each codec once and as it is stored; what is no name
    of one stays as it is typed.
    """
    found: list[str] = []
    for part in _BETWEEN.split(plain(text)):
        one = part.strip()
        # A name has spaces in it, or there are several between two commas.
        names = [one] if codec_named(one) or _folded(one) in TWO_OF_A_NAME else one.split()
        found += [codec_named(name) or name for name in names]
    return list(dict.fromkeys(found))


def codec_named(text: str) -> str:
    """The codec of this name, in whatever system's words; "" for what is none."""
    return text if text in CODECS else _BY_NAME.get(_folded(text), "")


def codecs_meant(text: str) -> tuple[str, ...]:
    """The codecs that share this name; none where it is not shared."""
    return TWO_OF_A_NAME.get(_folded(text), ())


def _folded(text: str) -> str:
    name = _BEHIND.sub("", plain(text)).strip().lower().replace("\u03bc", "µ")
    return _SIGNS.sub("", name)

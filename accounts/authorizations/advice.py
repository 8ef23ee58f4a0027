"""What to know where authorizations are granted: combinations to be careful with, and the sets
that suit each type of agent (docs/domain.md 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.core.authorizations import ALL, Authorization, Codes, in_order

_ADD_GATEWAY = Authorization.MANAGE_GATEWAY
_INFORMATION = Authorization.MODIFY_GATEWAY_INFORMATION
_CAPACITY = Authorization.MODIFY_GATEWAY_CAPACITY


@dataclass(frozen=True)
class Caution:
    """A warning about a set of authorizations that has all of `has` and none of `lacks`."""

    name: str
    has: Codes
    lacks: Codes
    words: Any

    def applies(self, codes: Codes) -> bool:
        return self.has <= codes and not self.lacks & codes

    @property
    def has_text(self) -> str:
        """For the script."""
        return " ".join(in_order(self.has))

    @property
    def lacks_text(self) -> str:
        return " ".join(in_order(self.lacks))


CAUTIONS = (
    Caution(
        "full",
        ALL,
        frozenset(),
        _("All eight are full access: use it sparingly. It needs a reason, which is kept."),
    ),
    Caution(
        "gateways-4",
        frozenset({_ADD_GATEWAY}),
        frozenset({_INFORMATION, _CAPACITY}),
        _(
            "4 without 5 and 6: it can add and delete gateways, but change neither how they are "
            "reached nor how many calls they carry."
        ),
    ),
    Caution(
        "gateways-4-6",
        frozenset({_ADD_GATEWAY, _CAPACITY}),
        frozenset({_INFORMATION}),
        _("4 without 5: it can add gateways, but not change how they are reached."),
    ),
    Caution(
        "gateways-4-5",
        frozenset({_ADD_GATEWAY, _INFORMATION}),
        frozenset({_CAPACITY}),
        _("4 without 6: it can add gateways, but not change how many calls they carry."),
    ),
    Caution(
        "pays",
        frozenset({Authorization.PAY_SUB_ACCOUNT}),
        frozenset({Authorization.MANAGE_ACCOUNT}),
        _("8 without 1: it can pay accounts below it, but not create or change them."),
    ),
)


def cautions(codes: Codes) -> list[Any]:
    """The warnings about holding exactly these, in words."""
    return [one.words for one in CAUTIONS if one.applies(codes)]


def all_cautions(codes: Codes) -> list[tuple[Caution, bool]]:
    """Every warning, and whether it applies to these: for pages whose script shows and hides."""
    return [(one, one.applies(codes)) for one in CAUTIONS]


@dataclass(frozen=True)
class Recommended:
    """What suits a type of agent; `instead` says it in words where it is no fixed set."""

    label: Any
    codes: Codes = frozenset()
    instead: Any = ""

    @property
    def marks(self) -> Sequence[tuple[Authorization, bool]]:
        return [(code, code in self.codes) for code in Authorization]


def _numbered(*numbers: int) -> Codes:
    return frozenset(code for code in Authorization if code.number in numbers)


RECOMMENDED = (
    Recommended(_("Retail"), _numbered(1, 2, 8)),
    Recommended(_("Wholesale"), _numbered(1, 4, 5, 6, 8)),
    Recommended(_("Calling card"), _numbered(1, 3, 8)),
    Recommended(_("SIP trunk provider"), _numbered(4, 5, 6, 8)),
    Recommended(_("Multi-country: country agent"), instead=_("all that its agent holds")),
    Recommended(_("Multi-country: city agent"), _numbered(1, 2, 8)),
)

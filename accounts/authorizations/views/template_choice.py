"""Starting from a template, a tier or another account; and how far an account has drifted from its
template.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.authorizations.tables.templates import numbers
from accounts.authorizations.views.boxes import Holding
from accounts.core.authorizations import ALL, Authorization, Codes, codes_from, in_order
from accounts.core.models import AppliedTemplate, AuthorizationTemplate


@dataclass(frozen=True)
class Choice:
    """A template that can be chosen."""

    template: AuthorizationTemplate
    is_chosen: bool

    @property
    def codes(self) -> Codes:
        return codes_from(self.template.codes)

    @property
    def numbers(self) -> str:
        return numbers(self.codes)

    @property
    def is_full(self) -> bool:
        return self.codes == ALL

    @property
    def is_own(self) -> bool:
        return self.template.owner_id is not None

    @property
    def data(self) -> str:
        """The codes for the script."""
        return " ".join(self.codes)


def choices(
    templates: Sequence[AuthorizationTemplate], chosen: AuthorizationTemplate | None
) -> list[tuple[Any, list[Choice]]]:
    """Templates and tiers in their groups, those without any left out."""
    made = [Choice(one, chosen is not None and one.pk == chosen.pk) for one in templates]
    kinds = AuthorizationTemplate.Kind
    groups: list[tuple[Any, list[Choice]]] = [
        (_("Template"), [x for x in made if not x.is_own and x.template.kind == kinds.TEMPLATE]),
        (_("Tier"), [x for x in made if not x.is_own and x.template.kind == kinds.TIER]),
        (_("Yours"), [x for x in made if x.is_own]),
    ]
    return [(name, group) for name, group in groups if group]


@dataclass(frozen=True)
class Start:
    """What the boxes begin with. `left_out` cannot be granted here; each with the reason."""

    ticked: Codes
    template: AuthorizationTemplate | None = None
    source: str = ""
    left_out: tuple[tuple[Authorization, str], ...] = ()
    problem: str = ""


def start_from(one: Holding, codes: Codes, source: str, **more: Any) -> Start:
    """The boxes a set of authorizations ticks here."""
    ticked, left_out = one.grantable(codes)
    return Start(ticked, source=source, left_out=tuple(left_out), **more)


@dataclass(frozen=True)
class Drift:
    """How the account stands to the template it was set up from."""

    words: str
    kind: str
    more: tuple[Authorization, ...] = ()
    fewer: tuple[Authorization, ...] = ()
    note: str = ""


def drift_of(one: Holding, applied: AppliedTemplate | None, shown: Sequence[Any]) -> Drift | None:
    """None for an account that was never set up from a template. `shown` are the templates the
    viewer may know: the name of another one stays out of sight.
    """
    if applied is None:
        return None
    is_known = one.actor.is_administrator or applied.template in shown
    name = applied.name if is_known else _("a template you cannot see")
    codes = codes_from(applied.codes)
    note = ""
    if applied.template is None:
        # Gone: whose it was is not known any more.
        name = applied.name if one.actor.is_administrator else _("a template that is gone")
        note = _("The template itself is gone.")
    elif is_known and codes_from(applied.template.codes) != codes:
        note = _("The template was changed since; this account keeps what it was granted.")
    if codes == one.held:
        return Drift(_("matches %(template)s") % {"template": name}, "info", note=note)
    words = _("modified since %(template)s") % {"template": name}
    more, fewer = in_order(one.held - codes), in_order(codes - one.held)
    if not is_known:
        return Drift(words, "warn", note=note)
    return Drift(words, "warn", tuple(more), tuple(fewer), note)

"""The eight boxes as the editor shows them: prepared for one viewer, without what that viewer may
not know (docs/domain.md 2, 3).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.authorizations.advice import Caution, all_cautions
from accounts.authorizations.queries.facts import grants_along
from accounts.authorizations.rules.grants import unavailable
from accounts.core.above import former_agent
from accounts.core.actor import SYSTEM, Actor
from accounts.core.authorizations import Authorization, Codes, Level, effective, in_order
from accounts.core.models import Account, AccountGrant
from accounts.core.querysets import ChainLink
from accounts.kit.moments import day_of_words
from accounts.portal.breadcrumbs import way_to

_A = Authorization
GROUPS: tuple[tuple[Any, tuple[Authorization, ...]], ...] = (
    (gettext_lazy("Accounts"), (_A.MANAGE_ACCOUNT,)),
    (gettext_lazy("Phones"), (_A.MANAGE_PHONE,)),
    (gettext_lazy("Cards"), (_A.MANAGE_PHONE_CARD,)),
    (
        gettext_lazy("Gateways"),
        (_A.MANAGE_GATEWAY, _A.MODIFY_GATEWAY_INFORMATION, _A.MODIFY_GATEWAY_CAPACITY),
    ),
    (gettext_lazy("Payments"), (_A.PAY_OWN_ACCOUNT, _A.PAY_SUB_ACCOUNT)),
)
# What the account can do with it, and cannot do without it.
DEEDS: dict[Authorization, tuple[Any, Any]] = {
    _A.MANAGE_ACCOUNT: (
        gettext_lazy("create and change the accounts below it, and their logins"),
        gettext_lazy("create or change accounts"),
    ),
    _A.MANAGE_PHONE: (
        gettext_lazy("manage phones, its own and those below"),
        gettext_lazy("change phones"),
    ),
    _A.MANAGE_PHONE_CARD: (
        gettext_lazy("make phone cards and change them"),
        gettext_lazy("make or change phone cards"),
    ),
    _A.MANAGE_GATEWAY: (
        gettext_lazy("create and remove gateways"),
        gettext_lazy("create or remove gateways"),
    ),
    _A.MODIFY_GATEWAY_INFORMATION: (
        gettext_lazy("change addresses, ports and codecs of gateways"),
        gettext_lazy("change how gateways are reached"),
    ),
    _A.MODIFY_GATEWAY_CAPACITY: (
        gettext_lazy("change how many calls a gateway carries"),
        gettext_lazy("change the capacity of gateways"),
    ),
    _A.PAY_OWN_ACCOUNT: (gettext_lazy("top up itself"), gettext_lazy("top up itself")),
    _A.PAY_SUB_ACCOUNT: (
        gettext_lazy("pay any account below it"),
        gettext_lazy("pay accounts below it"),
    ),
}


@dataclass(frozen=True)
class Holding:
    """What an account holds, from which levels, and what stands against more."""

    actor: Actor
    account: Account
    way: tuple[ChainLink, ...]
    along: Mapping[int, Mapping[Authorization, AccountGrant]]

    @property
    def is_own(self) -> bool:
        return self.account.pk == self.actor.account_pk

    @property
    def grants(self) -> Mapping[Authorization, AccountGrant]:
        return self.along.get(self.account.pk, {})

    @cached_property
    def held(self) -> Codes:
        return frozenset(self.grants)

    @cached_property
    def lacking(self) -> dict[Authorization, str]:
        """What cannot be granted, with the reason. Nothing for the own account: who asks there is
        not the one who grants.
        """
        if self.is_own:
            return {}
        parents = frozenset(self.along.get(self.account.parent_id or 0, {}))
        return unavailable(self.actor, self.account, parents=parents)

    @cached_property
    def counting(self) -> Codes:
        """What counts right now (docs/domain.md 3)."""
        now = timezone.now()
        return effective(
            Level(link.is_stopped(now), frozenset(self.along.get(link.pk, {}))) for link in self.way
        )

    def grantable(self, codes: Codes) -> tuple[Codes, list[tuple[Authorization, str]]]:
        """What of a set of authorizations can be ticked here, and what is left out, with why."""
        left = {code: self.lacking[code] for code in codes - self.held if code in self.lacking}
        return codes - left.keys(), [(code, left[code]) for code in in_order(left)]

    def why_not_counting(self, code: Authorization) -> str:
        """Which level above lacks an authorization the account holds; "" where it counts, or
        where a locked level stops everything.
        """
        now = timezone.now()
        if any(link.is_stopped(now) for link in self.way):
            return ""
        visible = {link.pk for link in self.actor.visible_part(self.way)}
        for link in reversed(self.way[:-1]):
            if code not in self.along.get(link.pk, {}):
                name = link.account_id if link.pk in visible else self.actor.someone_above
                return _("Does not count now: %(agent)s does not hold it.") % {"agent": name}
        return ""


def holding(request: HttpRequest, actor: Actor, account: Account) -> Holding:
    """Read it. One query, and another for the way from the root if nobody asked for it before."""
    way = way_to(request, account.pk)
    return Holding(actor, account, way, grants_along(actor, [link.pk for link in way]))


@dataclass(frozen=True)
class Box:
    """One of the eight. `reason` says why it cannot be ticked ("": it can)."""

    code: Authorization
    is_checked: bool
    is_held: bool
    is_fixed: bool
    reason: str = ""
    error: str = ""
    note: str = ""
    # Who granted it, when and why.
    origin: str = ""
    why: str = ""
    used: str = ""
    reviewed: str = ""
    is_due: bool = False

    @property
    def state(self) -> str:
        """The class of its row."""
        if self.reason and not self.is_held:
            return "is-unavailable"
        if self.is_checked == self.is_held:
            return ""
        return "is-added" if self.is_checked else "is-cut"

    @property
    def mark(self) -> str:
        """The class of its number in the strip of eight."""
        marks = {"is-unavailable": "na", "is-added": "add", "is-cut": "cut"}
        return marks.get(self.state, "on" if self.is_held else "")

    @property
    def is_high(self) -> bool:
        return self.code.risk == "high"

    @property
    def can(self) -> Any:
        return DEEDS[self.code][0]

    @property
    def cannot(self) -> Any:
        return DEEDS[self.code][1]

    @property
    def described_by(self) -> str:
        """The ids of the texts that belong to the box."""
        parts = [f"when-{self.code.number}"]
        parts += [f"why-{self.code.number}"] if self.reason else []
        parts += [f"error-{self.code.number}"] if self.error else []
        parts += [f"note-{self.code.number}"] if self.note else []
        return " ".join(parts)


@dataclass(frozen=True)
class Boxes:
    """All eight, in their groups."""

    boxes: tuple[Box, ...]
    groups: tuple[tuple[Any, tuple[Box, ...]], ...] = field(default=())

    @property
    def checked(self) -> int:
        return sum(box.is_checked for box in self.boxes)

    @property
    def held(self) -> int:
        return sum(box.is_held for box in self.boxes)

    @property
    def cautions(self) -> list[tuple[Caution, bool]]:
        """Every warning about a combination, and whether it is ticked."""
        return all_cautions(frozenset(box.code for box in self.boxes if box.is_checked))


def boxes(
    one: Holding,
    ticked: Codes,
    *,
    may_change: bool,
    errors: Any = None,
) -> Boxes:
    """The boxes with these ticked; `errors` are those of the form. No query."""
    made = {code: _box(one, code, ticked, may_change, errors or {}) for code in Authorization}
    groups = tuple((name, tuple(made[code] for code in codes)) for name, codes in GROUPS)
    return Boxes(tuple(made.values()), groups)


def _box(
    one: Holding,
    code: Authorization,
    ticked: Codes,
    may_change: bool,
    errors: Mapping[str, Iterable[str]],
) -> Box:
    grant = one.grants.get(code)
    reason = one.lacking.get(code, "") if may_change else ""
    return Box(
        code=code,
        is_checked=code in ticked,
        is_held=grant is not None,
        is_fixed=not may_change or bool(reason and grant is None),
        reason=reason,
        error=" ".join(errors.get(code.value, ())),
        note=one.why_not_counting(code) if grant else "",
        **(_provenance(one.actor, grant) if grant else {}),
    )


def _provenance(actor: Actor, grant: AccountGrant) -> dict[str, Any]:
    name, may_read = granter(actor, grant)
    return {
        "origin": _("Granted by %(who)s on %(day)s")
        % {"who": name, "day": day_of_words(grant.granted_at)},
        "why": grant.reason if may_read else "",
        "used": used_words(grant),
        "reviewed": _("reviewed %(day)s") % {"day": day_of_words(grant.reviewed_at)}
        if grant.reviewed_at
        else "",
        "is_due": is_unused(grant),
    }


def granter(actor: Actor, grant: Any) -> tuple[str, bool]:
    """Who granted it, as the actor may know, and whether the actor may read what was noted.

    The grant comes from `grants_along`.
    """
    if actor.is_administrator:
        login = grant.granted_by.get_username() if grant.granted_by else ""
        return login or grant.by_name or _("a former login"), True
    if grant.may_name:
        return grant.granted_by.get_username(), True
    if grant.granted_by is None:
        former = _("a former login")
        return (_("Administrator") if grant.by_name == SYSTEM.login else former), False
    is_staff = grant.granted_by.account_id is None
    return (_("Administrator") if is_staff else formerly_above(actor)), False


def formerly_above(actor: Actor) -> str:
    """Somebody of an account out of reach: a level above, or, where there is none, an agent that
    the account had before it was moved.
    """
    return former_agent() if actor.is_top_level else actor.someone_above


def is_unused(grant: Any) -> bool:
    """Held, and not used, for as long as reviews look back (GRANT_REVIEW_DAYS)."""
    since = timezone.now() - timedelta(days=settings.GRANT_REVIEW_DAYS)
    return grant.granted_at < since and (grant.last_used_at is None or grant.last_used_at < since)


def used_words(grant: Any) -> str:
    """When it was used last."""
    days = settings.GRANT_REVIEW_DAYS
    if grant.last_used_at is not None:
        return _("used %(ago)s") % {"ago": ago(grant.last_used_at)}
    if is_unused(grant):
        return ngettext("never used in %(days)s day", "never used in %(days)s days", days) % {
            "days": days
        }
    return _("not used yet")


def ago(moment: datetime) -> str:
    """How long ago, in one unit."""
    if timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(moment, depth=1)}

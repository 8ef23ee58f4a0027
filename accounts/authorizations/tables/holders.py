"""A hierarchy and the eight authorizations: what each account holds, what of it counts, and what
it cannot have because its agent does not hold it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Lower
from django.utils.functional import lazy
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.authorizations.queries.holders import Holder, as_holders
from accounts.authorizations.queries.templates import templates_of
from accounts.core.actor import Actor
from accounts.core.authorizations import ALL, Authorization, Codes, Level, codes_from, effective
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html
from accounts.kit.moments import asked_now
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import icon, link, quiet
from accounts.portal.lists.columns import Column

ON, IDLE, UNAVAILABLE, OFF = "on", "idle", "na", "off"
# What the eight are called where there is little room.
SHORT: dict[Authorization, Any] = {
    Authorization.MANAGE_ACCOUNT: gettext_lazy("Accounts"),
    Authorization.MANAGE_PHONE: gettext_lazy("Phones"),
    Authorization.MANAGE_PHONE_CARD: gettext_lazy("Phone cards"),
    Authorization.MANAGE_GATEWAY: gettext_lazy("Add gateways"),
    Authorization.MODIFY_GATEWAY_INFORMATION: gettext_lazy("Gateway information"),
    Authorization.MODIFY_GATEWAY_CAPACITY: gettext_lazy("Gateway capacity"),
    Authorization.PAY_OWN_ACCOUNT: gettext_lazy("Pay own account"),
    Authorization.PAY_SUB_ACCOUNT: gettext_lazy("Pay sub accounts"),
}
_WORDS: dict[str, Any] = {
    ON: gettext_lazy("granted"),
    IDLE: gettext_lazy("granted, does not count now"),
    UNAVAILABLE: gettext_lazy("not available"),
    OFF: gettext_lazy("not granted"),
}
_ICONS = {ON: "check", IDLE: "clock", UNAVAILABLE: "close"}


@dataclass(frozen=True)
class HolderRow:
    """One account as its viewer may know it. `depth` counts the visible agents above it,
    `is_template_known` says whether the one it was set up from is among those the viewer sees.
    """

    holder: Holder
    depth: int
    states: dict[Authorization, str]
    is_template_known: bool

    @property
    def account(self) -> Account:
        return self.holder.account


def holder_rows(actor: Actor, accounts: Sequence[Account]) -> Iterator[HolderRow]:
    """A row for each account, with what `actor` may know of it. Beside those of the accounts one
    query.
    """
    sees_all = actor.is_administrator
    known = set() if sees_all else set(templates_of(actor).values_list("pk", flat=True))
    for one in as_holders(accounts):
        seen = actor.visible_part(one.way)
        template = one.applied.template_id if one.applied else None
        yield HolderRow(
            one,
            max(len(seen) - 1, 0),
            _states(one, is_agent_known=len(seen) > 1),
            sees_all or template in known,
        )


def _states(holder: Holder, *, is_agent_known: bool) -> dict[Authorization, str]:
    now = asked_now()
    nothing: Codes = frozenset()
    # What a level above the viewer's own holds is not told.
    agent = holder.held.get(holder.way[-2].pk, nothing) if is_agent_known else ALL
    counts = effective(
        Level(link.is_stopped(now), holder.held.get(link.pk, nothing)) for link in holder.way
    )

    def state(code: Authorization) -> str:
        if code in counts:
            return ON
        if code in holder.own:
            return IDLE
        return OFF if code in agent else UNAVAILABLE

    return {code: state(code) for code in Authorization}


def _account(row: HolderRow) -> Any:
    name = row.account.account_id
    css = f"in-{min(row.depth, 8)}" if row.depth else ""
    return link(address_of("accounts:authorizations", name), name, css)


def _code_column(code: Authorization) -> Column:
    return Column(
        code.value,
        _head(code),
        lambda row: _mark(code, row.states[code]),
        lambda row: str(_WORDS[row.states[code]]),
        css="code",
        file_name=_file_head(code),
    )


def _mark(code: Authorization, state: str) -> SafeString:
    return format_html(
        '<span class="mark8 {}" role="img" aria-label="{} {}: {}"><b>{}</b>{}</span>',
        state,
        code.number,
        SHORT[code],
        _WORDS[state],
        code.number,
        icon(_ICONS[state]) if state in _ICONS else "",
    )


def _template(row: HolderRow) -> Any:
    applied = row.holder.applied
    if applied is None:
        return quiet("–")
    if not row.is_template_known:
        # Nobody's name but the own ones', and nothing of what others say.
        return _("a template you cannot see") if applied.template else _("a template that is gone")
    name = applied.template.name if applied.template else applied.name
    if codes_from(applied.codes) == row.holder.own:
        return name
    more = row.holder.own - codes_from(applied.codes)
    words = (
        ngettext("%(n)s more than it", "%(n)s more than it", len(more)) % {"n": len(more)}
        if more
        else _("less than it")
    )
    return format_html('{} <span class="muted small">{}</span>', name, words)


def _head_of(code: Authorization) -> SafeString:
    return format_html('<span title="{}"><b>{}</b> {}</span>', code.label, code.number, SHORT[code])


def _file_head_of(code: Authorization) -> str:
    return f"{code.number} {code.label}"


_head = lazy(_head_of, SafeString)
_file_head = lazy(_file_head_of, str)
BY_ACCOUNT_ID = SortKey(Lower("account_id"))
_ACCOUNT = Column(
    "account_id",
    gettext_lazy("Account ID"),
    _account,
    lambda row: row.account.account_id,
    BY_ACCOUNT_ID,
    css="",
    is_lead=True,
)
_COUNT = Column(
    "count",
    gettext_lazy("Of 8"),
    lambda row: len(row.holder.own),
    is_number=True,
)
_TEMPLATE = Column("template", gettext_lazy("Template"), _template, css="card-skip nowrap")
COLUMNS = (_ACCOUNT, *(_code_column(code) for code in Authorization), _COUNT, _TEMPLATE)

"""The latest deeds on one account in words, as a viewer may read them (docs/domain.md 1, 2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import SYSTEM, Actor
from accounts.models import Account, AccountDetail, AuditEntry, User
from accounts.querysets import AccountQuerySet

_SENTENCES: dict[str, tuple[str, str, Any]] = {
    # action: icon, colour, words
    "account.create": ("plus", "ok", gettext_lazy("Account created")),
    "account.edit": ("edit", "", gettext_lazy("Account changed")),
    "account.move": ("move", "", gettext_lazy("Moved to another agent")),
    "account.lock": ("lock", "danger", gettext_lazy("Locked")),
    "account.unlock": ("unlock", "ok", gettext_lazy("Unlocked")),
    "account.close": ("no", "danger", gettext_lazy("Closed for good")),
    "request.file": ("half", "", gettext_lazy("Approval asked for: it would become an agent")),
    "request.approve": ("check", "ok", gettext_lazy("Approved as an agent")),
    "request.reject": ("no", "danger", gettext_lazy("Rejected as an agent")),
    "request.withdraw": ("undo", "", gettext_lazy("The request for approval was withdrawn")),
    "request.void": ("stop", "warn", gettext_lazy("The request for approval became void")),
    "login.create": ("key", "ok", gettext_lazy("Login %(subject)s invited")),
    "login.edit": ("key", "", gettext_lazy("Login %(subject)s changed")),
    "login.lock": ("lock", "danger", gettext_lazy("Login %(subject)s locked")),
    "login.unlock": ("unlock", "ok", gettext_lazy("Login %(subject)s unlocked")),
    "login.reset": ("key", "", gettext_lazy("Login %(subject)s reset")),
    "login.sessions_end": ("signout", "", gettext_lazy("Login %(subject)s signed out everywhere")),
    "login.password_set": ("key", "", gettext_lazy("Login %(subject)s chose a password")),
    "login.delete": ("trash", "danger", gettext_lazy("Login %(subject)s deleted")),
}
_SHOWN_CHANGES = frozenset({"account.edit", "account.move", "login.edit"})
_TIMES = frozenset({"valid_until"})


@dataclass(frozen=True)
class Change:
    label: Any
    before: str
    after: str


@dataclass(frozen=True)
class Event:
    """One deed. `who` names nobody above the viewer's own account."""

    icon: str
    kind: str
    text: str
    changes: tuple[Change, ...]
    at: datetime
    who: str
    reason: str


def latest_events(
    actor: Actor, accounts: AccountQuerySet, account: Account, count: int = 8
) -> list[Event]:
    """The latest deeds on `account`, newest first. Three queries at most."""
    entries = list(AuditEntry.objects.filter(account_pk=account.pk).order_by("-id")[:count])
    people = _People(actor, accounts, entries)
    agents = _Agents(actor, accounts, account, entries)
    return [_event(entry, people, agents) for entry in entries]


def _event(entry: AuditEntry, people: "_People", agents: "_Agents") -> Event:
    icon, kind, words = _SENTENCES.get(entry.action, ("dot", "", entry.action))
    may_read = people.may_read(entry.actor)
    changes: list[Change] = []
    if entry.action in _SHOWN_CHANGES:
        changes = [
            Change(_label(key), agents.text(key, entry.before.get(key)), agents.text(key, after))
            for key, after in entry.after.items()
            if agents.may_know(key)
        ]
    return Event(
        icon,
        kind,
        str(words) % {"subject": entry.subject},
        tuple(changes),
        entry.at,
        people.name(entry.actor),
        entry.reason if may_read else "",
    )


class _People:
    """Who acted: by name within the viewer's hierarchy, else as little as the viewer may know."""

    def __init__(
        self, actor: Actor, accounts: AccountQuerySet, entries: Iterable[AuditEntry]
    ) -> None:
        self.knows_all = actor.is_administrator
        self.known: dict[str, User] = {}
        self.reached: set[int] = set()
        names = {entry.actor for entry in entries}
        if self.knows_all or not names:
            return
        self.known = {one.username: one for one in User.objects.filter(username__in=names)}
        of = {one.account_id for one in self.known.values() if one.account_id}
        if of:
            self.reached = set(accounts.filter(pk__in=of).values_list("pk", flat=True))

    def may_read(self, name: str) -> bool:
        """Whether the person works in the viewer's own hierarchy: then its words may be read."""
        login = self.known.get(name)
        return self.knows_all or (login is not None and login.account_id in self.reached)

    def name(self, name: str) -> str:
        if self.may_read(name):
            return name
        login = self.known.get(name)
        if name == SYSTEM.login or (login is not None and login.account_id is None):
            return _("Administrator")
        return _("a level above yours") if login is not None else _("a former login")


class _Agents:
    """Values of entries in words. Agents outside the viewer's hierarchy stay unnamed; what those
    above noted about the viewer's own account stays theirs.
    """

    def __init__(
        self,
        actor: Actor,
        accounts: AccountQuerySet,
        account: Account,
        entries: Sequence[AuditEntry],
    ) -> None:
        self.knows_all = actor.is_administrator
        self.is_own = actor.account_pk == account.pk
        self.reached: set[str] = set()
        named = {
            values["agent"]
            for entry in entries
            for values in (entry.before, entry.after)
            if values.get("agent")
        }
        if named and not self.knows_all:
            found = accounts.filter(account_id__in=named)
            self.reached = set(found.values_list("account_id", flat=True))

    def may_know(self, key: str) -> bool:
        return not (self.is_own and key == "memo")

    def text(self, key: str, value: Any) -> str:
        if key == "agent":
            return self._agent(value)
        if value in (None, "", []):
            return _("none")
        if isinstance(value, list):
            return ", ".join(str(one) for one in value)
        if key in _TIMES and (moment := parse_datetime(str(value))):
            return date_format(localtime(moment), "j M Y")
        return str(_choice(key, value))

    def _agent(self, value: Any) -> str:
        if self.knows_all:
            return str(value) if value else _("top level")
        if value in self.reached:
            return str(value)
        return _("a level above yours") if self.is_own else _("former agent")


def _label(key: str) -> Any:
    if key == "agent":
        return _("Agent ID")
    for model in (Account, AccountDetail, User):
        if any(one.name == key for one in model._meta.get_fields()):
            return model._meta.get_field(key).verbose_name  # type: ignore[union-attr]
    return key


def _choice(key: str, value: Any) -> Any:
    labels = {
        "type": Account.Type.choices,
        "status": Account.Status.choices,
        "ctd_billing_model": Account.BillingModel.choices,
    }
    return dict(labels.get(key, [])).get(value, value)

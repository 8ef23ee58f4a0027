"""Entries of the audit log as one viewer may read them: nobody and nothing above or beside the
viewer's own hierarchy is named (docs/domain.md 2).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.audit.queries import accounts_of_logins
from accounts.audit.words import deeds
from accounts.core.above import former_agent
from accounts.core.actor import Actor
from accounts.core.models import AuditEntry
from accounts.core.querysets import AccountQuerySet
from accounts.portal.registry import registry


@dataclass(frozen=True)
class Change:
    label: Any
    before: str
    after: str


class Reader:
    """Reads a page of entries for one viewer, in two queries at most, none for administrators; and
    two for each kind of values on it that only some may read.
    """

    def __init__(
        self, actor: Actor, accounts: AccountQuerySet, entries: Iterable[AuditEntry]
    ) -> None:
        self.actor = actor
        self.knows_all = actor.is_administrator
        # A page has few deeds and few values, many times each.
        self._label, self._words, self._kind = map(cache, (deeds.label, deeds.words, deeds.kind_of))
        terms = registry.audit_terms
        # Values that name accounts: named where these lie within the viewer's reach.
        self.naming = {name: words for one in terms for name, words in one.accounts.items()}
        self.private = tuple(beginning for one in terms for beginning in one.private)
        self.from_above = frozenset[str]().union(*(one.from_above for one in terms))
        self.of_who_did = frozenset[str]().union(*(one.of_who_did for one in terms))
        self.renamed = {action: names for one in terms for action, names in one.renamed.items()}
        entries = list(entries)
        self.known = {
            name: read(actor, found)
            for one in terms
            for name, read in one.known.items()
            if (found := _values_of(entries, name))
        }
        # Logins that others acted for, by name: their account, None for platform staff.
        self.others: dict[str, int | None] = {}
        self.pks: set[int] = set()
        self.account_ids: set[str] = set()
        if self.knows_all:
            return
        names = {one.on_behalf_of for one in entries if one.on_behalf_of}
        if names:
            self.others = accounts_of_logins(names)
        pks = {one.actor_account_pk for one in entries} | set(self.others.values())
        named = {text for one in entries for text in self._account_ids(one)}
        wanted = Q(pk__in=pks - {None}) | Q(account_id__in=named)
        if wanted and entries:
            for pk, account_id in accounts.filter(wanted).values_list("pk", "account_id"):
                self.pks.add(pk)
                self.account_ids.add(account_id)

    def knows(self, entry: AuditEntry) -> bool:
        """Whether the actor works in the viewer's own hierarchy: then its words may be read."""
        return self.knows_all or entry.actor_account_pk in self.pks

    def actor_of(self, entry: AuditEntry) -> str:
        if self.knows(entry):
            return entry.actor
        return self._unnamed(entry.actor_account_pk)

    def other_of(self, entry: AuditEntry) -> str:
        """On behalf of whom, "" for nobody."""
        name = entry.on_behalf_of
        if self.knows_all or not name:
            return name
        if name not in self.others:
            return _("a former login")
        account_pk = self.others[name]
        return name if account_pk in self.pks else self._unnamed(account_pk)

    def _unnamed(self, account_pk: int | None) -> str:
        if account_pk is None:
            return _("Administrator")
        if any(link.pk == account_pk for link in self.actor.chain):
            return self.actor.someone_above
        return _("a former login")

    def words_of(self, entry: AuditEntry) -> deeds.Words:
        """Symbol, colour and words of the deed."""
        icon, kind, text = self._words(entry.action)
        return icon, kind, str(text).replace("%(subject)s", self.subject_of(entry)).strip()

    def subject_of(self, entry: AuditEntry) -> str:
        if self._is_private(entry):
            return ""
        return deeds.named(self._kind(entry.action), entry.subject)

    def reason_of(self, entry: AuditEntry) -> str:
        return entry.reason if self.knows(entry) else ""

    def address_of(self, entry: AuditEntry) -> str:
        return entry.address or "" if self.knows(entry) else ""

    def request_of(self, entry: AuditEntry) -> str:
        return entry.request_id if self.knows(entry) else ""

    def changes_of(self, entry: AuditEntry) -> list[Change]:
        """Every value of the entry, before and after, in words."""
        if self._is_private(entry):
            return []
        is_own = entry.account_pk == self.actor.account_pk and not self.knows_all
        # Memos of levels above, and of those an account belonged to before it was moved.
        hidden = {"code"}
        if is_own or not self.knows(entry):
            hidden |= self.from_above
        if not is_own and not self.knows(entry):
            hidden |= self.of_who_did
        before, after = (
            self._as_named_now(entry, entry.before),
            self._as_named_now(entry, entry.after),
        )
        return [
            Change(
                self._label(key),
                self._value(key, before[key], is_own) if key in before else "",
                self._value(key, after[key], is_own) if key in after else "",
            )
            for key in deeds.in_order({**before, **after})
            if key not in hidden
        ]

    def _as_named_now(self, entry: AuditEntry, values: Mapping[str, Any]) -> Mapping[str, Any]:
        names = self.renamed.get(entry.action, {})
        return {names.get(key, key): value for key, value in values.items()}

    def _is_private(self, entry: AuditEntry) -> bool:
        """Deeds of somebody unknown that tell what this somebody looked at or searched for."""
        is_about_actor = entry.action.startswith(self.private) or entry.action.endswith("export")
        return is_about_actor and not self.knows(entry)

    def _value(self, key: str, stored: Any, is_own: bool) -> str:
        if key in self.known and stored:
            return self.known[key](stored)
        if key not in self.naming:
            return deeds.value(key, stored)
        if self.knows_all or stored in self.account_ids:
            return str(stored) if stored else _("top level")
        if self.naming[key]:
            return str(self.naming[key])
        # Nobody is above an account that was moved to the top level.
        is_above = is_own and not self.actor.is_top_level
        return self.actor.someone_above if is_above else former_agent()

    def _account_ids(self, entry: AuditEntry) -> Iterable[str]:
        """The accounts its values name."""
        for values in (entry.before, entry.after):
            for key in self.naming:
                found = values.get(key)
                if isinstance(found, str) and found:
                    yield found


def _values_of(entries: Iterable[AuditEntry], name: str) -> list[Any]:
    """What the entries hold under this name, before and after."""
    found = (values.get(name) for one in entries for values in (one.before, one.after))
    return [one for one in found if one]

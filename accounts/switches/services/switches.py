"""Switches are made, changed, given other keys and removed, by administrators alone; and seen.

Nothing secret is put on record: a key is told to whoever made it, and to nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.locks import said_busy
from accounts.core.record import changes, record
from accounts.kit.errors import Clash, NotInScope
from accounts.switches.keys import NewKey, new_key
from accounts.switches.models import Switch
from accounts.switches.queries import switches_of
from accounts.switches.rules import (
    check_administrator,
    check_never_heard,
    clean_name,
    clean_note,
    name_taken,
)
from accounts.switches.sources import plain_address, sources

# How fresh it is kept when a switch was seen.
SEEN_PRECISION = timedelta(seconds=10)


@dataclass(frozen=True)
class IssuedKey:
    """A switch with a new key, to be shown once to whoever made it; it is stored nowhere."""

    switch: Switch
    key: NewKey


def switch_new(
    *, actor: Actor, name: str, addresses: Sequence[str], note: str = "", is_locked: bool = False
) -> IssuedKey:
    """Make a switch that may call from these addresses, with its first key.

    Raises Refused with the field, NotAllowed, Busy.
    """
    with said_busy(), transaction.atomic():
        actor = _administrator(actor)
        key = new_key()
        switch = Switch(
            name=clean_name(name),
            addresses=sources(addresses),
            note=clean_note(note),
            is_locked=is_locked,
            key_id=key.id,
            key_hash=key.hash,
        )
        try:
            with transaction.atomic():
                switch.save(force_insert=True)
        except IntegrityError as error:
            raise name_taken() from error
        record(actor=actor, action="switch.new", subject=switch.name, after=_state(switch))
        return IssuedKey(switch, key)


def switch_changed(
    *,
    actor: Actor,
    switch: Switch,
    addresses: Sequence[str],
    is_locked: bool,
    note: str = "",
    expected_version: int | None = None,
) -> Switch:
    """Change from where a switch may call, whether it is locked, and its note. Counts at once.

    Raises Refused with the field, NotAllowed, NotInScope, Clash, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, kept = _kept(actor, switch, expected_version)
        before = _state(kept)
        kept.addresses = sources(addresses)
        kept.is_locked, kept.note = is_locked, clean_note(note)
        was, became = changes(before, _state(kept))
        if became:
            kept.version += 1
            kept.save(update_fields=["addresses", "is_locked", "note", "version"])
            record(actor=actor, action="switch.change", subject=kept.name, before=was, after=became)
        return kept


def key_made(*, actor: Actor, switch: Switch, expected_version: int | None = None) -> IssuedKey:
    """Give a switch another key. The one it had ends at once.

    Raises NotAllowed, NotInScope, Clash, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, kept = _kept(actor, switch, expected_version)
        key = new_key()
        before = {"key_id": kept.key_id}
        kept.key_id, kept.key_hash, kept.key_made_at = key.id, key.hash, timezone.now()
        kept.version += 1
        kept.save(update_fields=["key_id", "key_hash", "key_made_at", "version"])
        record(
            actor=actor, action="switch.key", subject=kept.name,
            before=before, after={"key_id": key.id},
        )  # fmt: skip
        return IssuedKey(kept, key)


def switch_removed(*, actor: Actor, switch: Switch) -> None:
    """Delete a switch that has never asked anything.

    Raises Refused, NotAllowed, NotInScope, Busy.
    """
    with said_busy(), transaction.atomic():
        actor, kept = _kept(actor, switch)
        check_never_heard(kept)
        name, before = kept.name, _state(kept)
        kept.delete()
        record(actor=actor, action="switch.remove", subject=name, before=before)


def switch_seen(*, switch: Switch, address: str) -> bool:
    """Note that a switch was there, and from where; written where that was not noted a moment ago.
    Whether it was.
    """
    now = timezone.now()
    before = now - SEEN_PRECISION
    if switch.last_seen_at is not None and before < switch.last_seen_at <= now:
        return False
    gone_by = Q(last_seen_at=None) | Q(last_seen_at__lte=before) | Q(last_seen_at__gt=now)
    found = Switch.objects.filter(gone_by, pk=switch.pk)
    return bool(found.update(last_seen_at=now, last_address=plain_address(address)))


def _administrator(actor: Actor) -> Actor:
    """The fresh actor. Raises NotAllowed unless it looks after switches."""
    actor = fresh(actor)
    check_administrator(actor)
    return actor


def _kept(
    actor: Actor, switch: Switch, expected_version: int | None = None
) -> tuple[Actor, Switch]:
    """The fresh actor and the switch as it is now, locked. Raises NotAllowed, NotInScope, Clash."""
    actor = _administrator(actor)
    kept = switches_of(actor).select_for_update().filter(pk=switch.pk).first()
    if kept is None:
        raise NotInScope(_("There is no such switch."))
    if expected_version is not None and kept.version != expected_version:
        words = _("Somebody else changed this switch in the meantime.")
        raise Clash(words, code="changed_meanwhile")
    return actor, kept


def _state(switch: Switch) -> dict[str, Any]:
    """What is on record of a switch: the id of its key is no secret."""
    names = ("addresses", "is_locked", "note", "key_id")
    return {name: getattr(switch, name) for name in names}

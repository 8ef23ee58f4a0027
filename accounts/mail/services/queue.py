"""Mails as deeds ask for them, and as administrators have them tried again."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import User
from accounts.core.record import record
from accounts.kit.errors import NotAllowed
from accounts.mail.kinds import mail_kind, mail_label
from accounts.mail.models import Mail
from accounts.mail.queries import FAILING, mails_of
from accounts.mail.rules import may_try_again
from accounts.mail.services.sending import enqueue

State = Mail.State


@transaction.atomic
def mail_queue(
    kind: str, logins: Sequence[User | None], *, address: str = "", **keys: Any
) -> list[Mail]:
    """Have a worker send a mail of this kind to each of these logins, once the transaction of the
    deed is committed; nothing of it is made before.

    `address`: where it goes instead of the login's own; a login of None has only that. `keys` are
    those of the objects it is about, and figures. Whatever is secret has no place here.
    """
    if mail_kind(kind) is None:
        raise LookupError(f"No package registers the kind {kind!r}.")
    now = timezone.now()
    mails = [
        Mail(
            kind=kind,
            login=one,
            address=address,
            address_since=one.email_since if one else None,
            keys=keys,
            created_at=now,
            queued_at=now,
            due_at=now,
        )
        for one in logins
    ]
    if mails:
        Mail.objects.bulk_create(mails)
        enqueue(mails)
    return mails


@transaction.atomic
def mails_try_again(*, actor: Actor, mails: Iterable[str] | None = None) -> int:
    """Have mails that failed or were given up sent at once: those of these keys, or all of them;
    return how many. Others stay as they are.

    Raises NotAllowed for everybody but administrators.
    """
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(_("Administrators decide this."), code="administrators_only")
    rows = mails_of(actor).select_for_update(of=("self",))
    failed = rows.filter(FAILING | Q(state=State.GIVEN_UP))
    if mails is not None:
        failed = failed.filter(pk__in=list(mails))
    found = [one for one in failed if may_try_again(actor, one)]
    now = timezone.now()
    for one in found:
        one.state, one.error, one.is_server, one.attempts = State.WAITING, "", False, 0
        one.queued_at = one.due_at = now
        one.ended_at = None
    fields = ["state", "error", "is_server", "attempts", "queued_at", "due_at", "ended_at"]
    Mail.objects.bulk_update(found, fields, batch_size=500)
    for start in range(0, len(found), 100):
        enqueue(found[start : start + 100])
    for one in found:
        record(
            actor=actor,
            action="mail.again",
            subject=mail_label(one.kind)[:150],
            after={"mail": str(one.pk)},
        )
    return len(found)

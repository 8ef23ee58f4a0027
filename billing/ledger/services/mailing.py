"""Statements by mail: who gets them, and that each period's is sent once, after it has ended in the
account's zone.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.querysets import in_branches
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.errors import NotAllowed, Refused
from accounts.kit.moments import day_begin, today
from accounts.mail.services.queue import mail_queue
from billing.ledger.models import Rhythm, StatementMailed, StatementMailing
from billing.ledger.queries.mailings import decides_by_itself
from billing.ledger.rhythms import period_of

MAIL = "statement.period"
MOST_ADDRESSES = 10
_BATCH = 500


def mailing_set(*, actor: Actor, account: Account, rhythm: str, addresses: str = "") -> None:
    """Have statements of an account mailed to these addresses, separated by commas or spaces, from
    the period on that is going on; a rhythm of "" ends it. What was changed counts for the next
    one.

    For the account's own logins, agents above it that hold authorization 1, and administrators.
    Raises NotInScope, NotAllowed, Refused (`closed`, `unknown_choice`, `addresses`), Busy.
    """
    if rhythm and rhythm not in Rhythm.values:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="rhythm")
    kept = _cleaned(addresses) if rhythm else ""

    def work(found: dict[int, Account]) -> None:
        nonlocal actor, account
        account = found[account.pk]
        actor = _permitted(actor, account)
        refuse_closed(account)
        rows = StatementMailing.objects.filter(pk=account.pk)
        one = rows.first()
        before = _recorded(one.rhythm, one.addresses) if one else {}
        after = _recorded(rhythm, kept) if rhythm else {}
        if before == after:
            return
        if not rhythm:
            rows.delete()
        elif one is not None and one.rhythm == rhythm:
            rows.update(addresses=kept)
        else:
            zone = ZoneInfo(account.time_zone)
            first, until = period_of(rhythm, today(zone))
            StatementMailing.objects.update_or_create(
                account=account,
                defaults={
                    "rhythm": rhythm,
                    "addresses": kept,
                    "first": first,
                    "due_at": day_begin(until, zone),
                },
            )
        record(actor=actor, action="statement.mailing", account=account, before=before, after=after)

    in_locked_trees(work, touching=[account.pk])


def mailings_lost(actor: Actor, accounts: Sequence[Account]) -> None:
    """After a move, under its lock: in the branches of these accounts nobody is mailed statements
    any more. The agents of before, who have lost all access, may have chosen who gets them.
    """
    rows = StatementMailing.objects.filter(in_branches(accounts)).select_related("account")
    for one in rows.order_by("pk"):
        account, before = one.account, _recorded(one.rhythm, one.addresses)
        one.delete()
        record(actor=actor, action="statement.mailing", account=account, before=before, after={})


def statements_mailed() -> str:
    """Queue the mails of every period that has ended; what it did, in words."""
    now = timezone.now()
    due = StatementMailing.objects.filter(due_at__lte=now)
    due = due.exclude(account__status=Account.Status.CLOSED).order_by("due_at")
    count = sum(_mailed(pk, now) for pk in list(due.values_list("pk", flat=True)[:_BATCH]))
    return f"{count} queued"


@transaction.atomic
def _mailed(pk: int, now: datetime) -> int:
    """Queue the statement of one period, unless another worker does, or has done."""
    rows = StatementMailing.objects.select_for_update(of=("self",), skip_locked=True)
    one = rows.select_related("account").filter(pk=pk, due_at__lte=now).first()
    if one is None:
        return 0
    zone = ZoneInfo(one.account.time_zone)
    first, until = period_of(one.rhythm, one.first)
    # The account may have gone to another zone since.
    one.due_at, count = day_begin(until, zone), 0
    if one.due_at <= now:
        sent, is_new = StatementMailed.objects.get_or_create(
            account=one.account,
            rhythm=one.rhythm,
            first=first,
            defaults={"until": until, "time_zone": zone.key, "addresses": one.addresses},
        )
        if is_new:
            for address in one.addresses.split(", "):
                mail_queue(MAIL, [None], address=address, statement=sent.pk)
            count = 1
        one.first = until
        one.due_at = day_begin(period_of(one.rhythm, until)[1], zone)
    one.save(update_fields=["first", "due_at"])
    return count


def _recorded(rhythm: str, addresses: str) -> dict[str, str]:
    return {"rhythm": rhythm, "statement_addresses": addresses}


def _permitted(actor: Actor, account: Account) -> Actor:
    """The fresh actor, who may decide about the mails of this account."""
    actor = fresh(actor)
    if not decides_by_itself(actor, account):
        return require(actor, Authorization.MANAGE_ACCOUNT, account)
    if actor.blocked_by:
        raise NotAllowed(
            _("The account, or a level above it, is locked or expired."), code="own_stopped"
        )
    return actor


def _cleaned(addresses: str) -> str:
    """The addresses as they are kept, each once. Raises Refused."""
    found = list(dict.fromkeys(one for one in re.split(r"[\s,;]+", addresses) if one))
    for one in found:
        try:
            validate_email(one)
        except ValidationError:
            raise Refused(
                _("%(address)s is no e-mail address.") % {"address": one[:80]},
                code="addresses",
                field="addresses",
            ) from None
    kept = ", ".join(found)
    if not 0 < len(found) <= MOST_ADDRESSES or len(kept) > 500:
        words = _("Enter one to %(most)s addresses, of 500 characters together.")
        raise Refused(words % {"most": MOST_ADDRESSES}, code="addresses", field="addresses")
    return kept

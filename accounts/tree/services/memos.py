"""Memos on accounts, which stay with who wrote them (docs/domain.md 1)."""

from collections.abc import Sequence

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account, AccountDetail
from accounts.core.record import record_each
from accounts.core.versions import bump
from accounts.tree.queries.memos import memos_to_lose


def memos_lost(actor: Actor, accounts: Sequence[Account]) -> None:
    """After a move, under its lock: empty the memos in the branches of these accounts that agents
    of before wrote. The audit log keeps them, for administrators and for who knows who moved.
    """
    lost = memos_to_lose(accounts, accounts[0].parent)
    if not lost:
        return
    pks = [one.account_id for one in lost]
    AccountDetail.objects.filter(account__in=pks).update(memo="")
    # A form that was opened before would write the memo again.
    Account.objects.filter(pk__in=pks).update(version=F("version") + 1)
    bump(*pks)
    record_each(
        actor=actor,
        action="account.edit",
        changed=[(one.account, {"memo": one.memo}, {"memo": ""}) for one in lost],
        reason=_("The account was moved."),
    )

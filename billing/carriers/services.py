"""Which carriers the calls of an account and of everything below it may go out by, and whether at a
loss: ruled by administrators, the nearest level that says something counting (docs/domain.md 8).
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import changes, record
from accounts.gateways.models import Gateway
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.kit.text import tidied
from billing.carriers.models import CarrierEntry, CarrierPolicy
from billing.carriers.rules import check_calls, check_known

MOST_NAMED = 500


def carrier_policy_set(
    *,
    actor: Actor,
    account: Account,
    uses: str = "",
    carriers: Sequence[Account] = (),
    gateways: Sequence[Gateway] = (),
    guard: str = "",
    reason: str,
    expected_version: int | None = None,
) -> None:
    """Bind an account to carriers, or keep it from some (empty `uses`: inherit), and set the profit
    guard (empty: inherit). A carrier is named as a whole, or by gateways of it. Needs a reason.
    Administrators only.

    Raises Clash when somebody set it since `expected_version` (0: nothing was set), NotAllowed,
    NotInScope, Refused with the field, Busy.
    """
    reason = tidied(reason)[:500]
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    check_known(uses, guard, [*carriers, *gateways], MOST_NAMED)

    def work(current: dict[int, Account]) -> None:
        nonlocal actor, account
        actor = fresh(actor)
        account = current[account.pk]
        if not Account.objects.within(actor.scope).filter(pk=account.pk).exists():
            raise NotInScope
        if not actor.is_administrator or actor.read_only:
            raise NotAllowed(_("Carriers are looked after by administrators."),
                             code="administrators_only")  # fmt: skip
        refuse_closed(account)
        check_calls(account)
        policy = CarrierPolicy.objects.filter(pk=account.pk).first()
        version = policy.version if policy else 0
        if expected_version is not None and version != expected_version:
            raise Clash(
                _("Somebody else changed these rules in the meantime."), code="changed_meanwhile"
            )
        before = policy_state(policy)
        policy = policy or CarrierPolicy(account=account)
        policy.uses, policy.guard, policy.version = uses, guard, version + 1
        named = [CarrierEntry(carrier=one) for one in carriers]
        named += [CarrierEntry(gateway=one) for one in gateways]
        was, became = changes(before, _state(policy, named))
        if not became:
            return
        policy.save()
        policy.entries.all().delete()
        for one in named:
            one.policy = policy
        CarrierEntry.objects.bulk_create(named)
        # On no account: whoever sees the account reads what is recorded there, and who its carriers
        # are is for administrators alone.
        record(
            actor=actor,
            action="carriers.rule",
            account=None,
            subject=account.account_id,
            before=was,
            after=became,
            reason=reason,
        )

    in_locked_trees(work, touching=[account.pk])


def policy_state(policy: CarrierPolicy | None) -> dict[str, Any]:
    """What is ruled, for the audit log."""
    if policy is None:
        return _state(CarrierPolicy(), [])
    return _state(policy, list(policy.entries.select_related("carrier", "gateway")))


def _state(policy: CarrierPolicy, named: Sequence[CarrierEntry]) -> dict[str, Any]:
    names = [one.carrier.account_id for one in named if one.carrier is not None]
    names += [one.gateway.name for one in named if one.gateway is not None]
    return {"carrier_rule": policy.uses, "carriers": sorted(names), "guard": policy.guard}

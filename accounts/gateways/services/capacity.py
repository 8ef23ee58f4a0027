"""How many calls at a time a gateway may carry: authorization 6, and nothing else of a gateway.

A ceiling on an account bounds each gateway of it and of everything below; the smallest along the
way counts. Who holds 6 sets it for the accounts below, never for the own one.
"""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.core.reach import refuse_closed
from accounts.core.record import changes, record
from accounts.gateways.models import Gateway, GatewayCeiling
from accounts.gateways.queries import ceilings_of, lowest_ceiling
from accounts.gateways.rules import refuse_own_ceiling
from accounts.gateways.windows import Window, clean_calls, clean_windows
from accounts.kit.errors import Clash, NotInScope, Refused
from accounts.kit.text import tidied


def gateway_capacity_set(
    *,
    actor: Actor,
    gateway: Gateway,
    capacity: int,
    windows: Sequence[Window] | None = None,
    expected_version: int | None = None,
) -> Gateway:
    """Set how many calls at a time, and the windows of time with another figure (None: they stay).
    Return the fresh gateway.

    Raises Clash when somebody set it since `expected_version`, Refused, NotInScope, NotAllowed,
    Busy.
    """
    capacity = clean_calls(capacity)
    wanted = None if windows is None else clean_windows(windows)

    def work(fresh: dict[int, Account]) -> Gateway:
        nonlocal actor
        account = fresh[gateway.account_id]
        actor = require(actor, Authorization.MODIFY_GATEWAY_CAPACITY, account)
        refuse_closed(account)
        current = Gateway.objects.within(actor.scope).filter(pk=gateway.pk, account=account).first()
        if current is None:
            raise NotInScope
        if expected_version is not None and current.capacity_version != expected_version:
            raise Clash(
                _("Somebody else set the capacity in the meantime."), code="changed_meanwhile"
            )
        write_capacity(actor, account, current, capacity, wanted)
        return current

    return in_locked_trees(work, touching=[gateway.account_id])


def write_capacity(
    actor: Actor,
    account: Account,
    gateway: Gateway,
    capacity: int,
    windows: Sequence[Window] | None,
) -> None:
    """Check the figures against the ceilings, write and record them. For services, under the lock
    and with the authorization asked for. Raises Refused.
    """
    before = capacity_state(gateway)
    gateway.capacity = capacity
    if windows is not None:
        gateway.windows = [str(one) for one in windows]
    was, became = changes(before, capacity_state(gateway))
    if not became:
        return
    ceiling = lowest_ceiling(chains([account.pk])[account.pk])
    if ceiling is not None:
        _check_ceiling(actor, ceiling, "capacity", became.get("capacity", 0))
        calls = [Window.read(one).calls for one in became.get("windows", ())]
        _check_ceiling(actor, ceiling, "windows", *calls)
    gateway.capacity_version += 1
    gateway.updated_at = timezone.now()
    gateway.save(update_fields=["capacity", "windows", "capacity_version", "updated_at"])
    record(
        actor=actor,
        action="gateway.capacity",
        account=account,
        subject=gateway.name,
        before=was,
        after=became,
    )


def _check_ceiling(actor: Actor, ceiling: tuple[ChainLink, int], field: str, *figures: int) -> None:
    if all(one <= ceiling[1] for one in figures):
        return
    if is_hidden(actor, ceiling[0]):
        words = _("This is more than %(above)s permits.") % {"above": actor.someone_above}
    else:
        words = _("At most %(most)s calls at a time: the ceiling of %(account)s.") % {
            "most": ceiling[1],
            "account": ceiling[0].account_id,
        }
    raise Refused(words, code="over_ceiling", field=field)


def is_hidden(actor: Actor, link: ChainLink) -> bool:
    """Whether the level lies above the actor's own account: nothing of it is told."""
    return any(one.pk == link.pk for one in actor.chain[:-1])


def capacity_state(gateway: Gateway) -> dict[str, Any]:
    """What authorization 6 covers, for the audit log."""
    return {"capacity": gateway.capacity, "windows": list(gateway.windows)}


def ceiling_set(*, actor: Actor, account: Account, calls: int | None, reason: str = "") -> None:
    """Set the ceiling of an account below (None: none of its own). Larger figures of gateways stay
    as they are and count no more than the ceiling.

    Raises Refused (`own_ceiling` on the own account), NotInScope, NotAllowed, Busy.
    """
    if calls is not None:
        calls = clean_calls(calls, "calls")

    def work(fresh: dict[int, Account]) -> None:
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MODIFY_GATEWAY_CAPACITY, account)
        refuse_closed(account)
        refuse_own_ceiling(actor, account)
        before = ceilings_of([account.pk]).get(account.pk)
        if before == calls:
            return
        above = lowest_ceiling(chains([account.pk])[account.pk][:-1])
        if calls is not None and above is not None:
            _check_ceiling(actor, above, "calls", calls)
        if calls is None:
            GatewayCeiling.objects.filter(pk=account.pk).delete()
        else:
            GatewayCeiling.objects.update_or_create(account=account, defaults={"calls": calls})
        record(
            actor=actor,
            action="gateway.ceiling",
            account=account,
            before={"ceiling": before},
            after={"ceiling": calls},
            reason=tidied(reason)[:500],
        )

    in_locked_trees(work, touching=[account.pk])

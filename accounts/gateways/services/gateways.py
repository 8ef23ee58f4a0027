"""Gateways: which there are (authorization 4), and everything about one but its capacity
(authorization 5). `capacity` beside it does what 6 covers.

Every function takes the actor, runs under the tree's lock, requires the authorization again from
what it re-reads there, and records what it did.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.core import locks
from accounts.core.actor import Actor, require, require_to_look
from accounts.core.authorizations import Authorization
from accounts.core.availability import NotAvailable, Taken, Thing, answer
from accounts.core.availability_deeds import answers
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account, AccountDetail
from accounts.core.reach import refuse_closed
from accounts.core.record import changes, record
from accounts.gateways.models import Gateway, GatewayAddress
from accounts.gateways.rules import (
    COLUMNS,
    ROUTING,
    check_can_work,
    check_direction,
    check_name_free,
    check_not_ambiguous,
    check_not_wide,
    check_prefixes,
    check_user_name_free,
    clean_gateway_name,
    clean_information,
)
from accounts.gateways.services.capacity import capacity_state, write_capacity
from accounts.gateways.signalling import Network, network
from accounts.gateways.windows import Window, clean_calls, clean_windows
from accounts.kit.errors import Clash, NotInScope, Refused
from accounts.kit.text import tidied


@answers
@sensitive_variables("information", "values")
def gateway_create(
    *,
    actor: Actor,
    account: Account,
    name: str,
    direction: str = Gateway.Direction.MAPPING,
    information: Mapping[str, Any] | None = None,
    capacity: int | None = None,
    windows: Sequence[Window] = (),
) -> Gateway:
    """Make a gateway of `account` and return it.

    It starts with the account's codecs, locked, without address and with capacity 0. What is given
    of `information` (needs 5) and `capacity` (needs 6) fills it in the same transaction.

    Raises Refused with the field, NotInScope, NotAllowed, Busy.
    """
    name = clean_gateway_name(name)
    values = None if information is None else clean_information(information)
    if capacity is not None:
        capacity = clean_calls(capacity)
    wanted = clean_windows(windows)

    def work(fresh: dict[int, Account]) -> Gateway:
        nonlocal actor, account
        account = fresh[account.pk]
        actor = require(actor, Authorization.MANAGE_GATEWAY, account)
        if values is not None:
            require(actor, Authorization.MODIFY_GATEWAY_INFORMATION, account)
        if capacity is not None:
            require(actor, Authorization.MODIFY_GATEWAY_CAPACITY, account)
        refuse_closed(account)
        check_direction(actor, account, direction)
        check_name_free(actor, name)
        codecs = AccountDetail.objects.values_list("codecs", flat=True).get(account=account)
        gateway = Gateway(name=name, account=account, direction=direction, codecs=codecs)
        try:
            with transaction.atomic():
                gateway.save(force_insert=True)
        except IntegrityError as error:
            check_name_free(actor, name)
            raise NotAvailable([Taken(name, Thing.GATEWAY)], field="name") from error
        record(
            actor=actor,
            action="gateway.create",
            account=account,
            subject=name,
            after={"direction": direction, "codecs": codecs},
        )
        if values is not None:
            _write_information(actor, account, gateway, values)
        if capacity is not None:
            write_capacity(actor, account, gateway, capacity, wanted)
        return gateway

    return in_locked_trees(work, touching=[account.pk])


def gateway_delete(*, actor: Actor, gateway: Gateway, reason: str) -> None:
    """Delete a gateway for good; the audit log keeps what it was. Needs a reason.

    Raises Refused, NotInScope, NotAllowed, Busy.
    """
    reason = required(reason)

    def work(fresh: dict[int, Account]) -> None:
        nonlocal actor
        account = fresh[gateway.account_id]
        actor = require(actor, Authorization.MANAGE_GATEWAY, account)
        # Under a name of its own: a row that was deleted has no key, should this start over.
        current = reached(actor, gateway)
        record(
            actor=actor,
            action="gateway.delete",
            account=account,
            subject=current.name,
            before={
                "direction": current.direction,
                **information_state(current, [x.text for x in current.addresses.all()]),
                **capacity_state(current),
                **routing_state(current),
            },
            reason=reason,
        )
        current.delete()

    in_locked_trees(work, touching=[gateway.account_id])


@answers
@sensitive_variables("information", "values")
def gateway_information_set(
    *,
    actor: Actor,
    gateway: Gateway,
    information: Mapping[str, Any],
    reason: str,
    expected_version: int | None = None,
) -> Gateway:
    """Change the named values of INFORMATION; the rest stays. Return the fresh gateway. Needs a
    reason. A `password` is kept encrypted and never shown again.

    Raises Clash when somebody saved since `expected_version`, TypeError for what is no information,
    Refused with the field, NotInScope, NotAllowed, Busy.
    """
    reason = required(reason)
    values = clean_information(information)

    def work(fresh: dict[int, Account]) -> Gateway:
        nonlocal actor, gateway
        account = fresh[gateway.account_id]
        actor = require(actor, Authorization.MODIFY_GATEWAY_INFORMATION, account)
        refuse_closed(account)
        gateway = reached(actor, gateway)
        if expected_version is not None and gateway.version != expected_version:
            raise Clash(
                _("Somebody else changed this gateway in the meantime."), code="changed_meanwhile"
            )
        _write_information(actor, account, gateway, values, reason)
        return gateway

    return in_locked_trees(work, touching=[gateway.account_id])


@dataclass(frozen=True)
class InformationChange:
    """What a change of information would bring about: the values that differ, and the private
    addresses among the new ones.
    """

    was: dict[str, Any]
    became: dict[str, Any]
    addresses: list[Network]

    @property
    def private(self) -> list[str]:
        """New addresses that are nobody's on the internet."""
        kept = self.was.get("addresses", ())
        new = [one for one in self.addresses if "addresses" in self.became]
        return [one.text for one in new if one.is_private and one.text not in kept]


@sensitive_variables("information")
def information_change(
    *, actor: Actor, gateway: Gateway, information: Mapping[str, Any]
) -> InformationChange:
    """What `gateway_information_set` would do with the same values, without doing it; for the page
    before it. The gateway given is left as it is. What it tells of addresses of others counts
    (`availability`). Raises Refused, NotInScope, NotAllowed, Busy.
    """
    actor = require_to_look(actor, Authorization.MODIFY_GATEWAY_INFORMATION, [gateway.account])
    changed = copy(reached(actor, gateway))
    change = _changed(actor, changed, clean_information(information))
    try:
        _check_addresses(actor, changed, change)
    except NotAvailable as refusal:
        told = answer(actor, refusal.taken, refusal.asked, is_preview=True)
        if told.named or not told.is_silent:
            refusal.answered(told)
            raise
    return change


@sensitive_variables("values")
def _changed(actor: Actor, gateway: Gateway, values: Mapping[str, Any]) -> InformationChange:
    """Put the clean `values` on the gateway and check it, but for what others have. Raises
    Refused.
    """
    kept = [network(one.text) for one in gateway.addresses.all()]
    addresses: list[Network] = values.get("addresses", kept)
    before = information_state(gateway, [one.text for one in kept])
    for key in (*COLUMNS, "secret"):
        if key in values:
            setattr(gateway, key, values[key])
    after = information_state(gateway, [one.text for one in addresses])
    was, became = changes(before, after)
    if "secret" in values:
        became["password_changed"] = True
    if became:
        stored = {one.text for one in kept}
        check_not_wide(actor, [one for one in addresses if one.text not in stored])
        check_can_work(gateway, addresses)
    if "prefixes" in became:
        check_prefixes(gateway)
    return InformationChange(was, became, addresses)


def _check_addresses(actor: Actor, gateway: Gateway, change: InformationChange) -> None:
    if change.became:
        check_not_ambiguous(actor, gateway, change.addresses)


@sensitive_variables("values")
def _write_information(
    actor: Actor,
    account: Account,
    gateway: Gateway,
    values: Mapping[str, Any],
    reason: str = "",
) -> None:
    """Write the clean `values` and record them. Raises Refused."""
    # Before reading anything of other gateways: whoever had the addresses first has written them.
    locks.addresses()
    change = _changed(actor, gateway, values)
    if not change.became:
        return
    _check_addresses(actor, gateway, change)
    check_user_name_free(actor, gateway)
    gateway.version += 1
    gateway.updated_at = timezone.now()
    try:
        with transaction.atomic():
            gateway.save(update_fields=[*COLUMNS, "secret", "version", "updated_at"])
    except IntegrityError as error:
        # The only one left that a value can break: a user name somebody took at this moment.
        taken = Taken(gateway.user_name, Thing.REGISTRATION)
        raise NotAvailable([taken], field="user_name") from error
    if "addresses" in change.became:
        gateway.addresses.all().delete()
        GatewayAddress.objects.bulk_create(
            GatewayAddress(gateway=gateway, text=one.text, first=one.first, last=one.last)
            for one in change.addresses
        )
    record(
        actor=actor,
        action="gateway.information",
        account=account,
        subject=gateway.name,
        before=change.was,
        after=change.became,
        reason=reason,
    )


def information_state(gateway: Gateway, addresses: Sequence[str]) -> dict[str, Any]:
    """What authorization 5 covers, for the audit log and for pages; never the password."""
    state = {key: getattr(gateway, key) for key in COLUMNS}
    return {"addresses": list(addresses), **state}


def routing_state(gateway: Gateway) -> dict[str, Any]:
    """How calls go out by a routing gateway; nothing of a mapping one."""
    if gateway.direction != Gateway.Direction.ROUTING:
        return {}
    return {name: getattr(gateway, name) for name in ROUTING}


def reached(actor: Actor, gateway: Gateway) -> Gateway:
    """The gateway as it is now. Raises NotInScope when it is gone, or not the actor's to know."""
    one: Gateway | None = (
        Gateway.objects.within(actor.scope)
        .filter(pk=gateway.pk, account=gateway.account_id)
        .first()
    )
    if one is None:
        raise NotInScope
    return one


def required(reason: str) -> str:
    """The reason as it is kept. Raises Refused without one."""
    reason = tidied(reason)[:500]
    if not reason:
        raise Refused(_("Give a reason."), code="reason_required", field="reason")
    return reason

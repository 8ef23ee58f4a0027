"""Several phones at once: a list or range of new ones, locks, and moves to another account; all of
them or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.access import Actor
from accounts.errors import Refused
from accounts.models import Account, Phone, PhoneNumber
from accounts.number_lists import NumberLine, read_numbers
from accounts.services.phone_locks import in_locked_account, in_locked_phones
from accounts.services.phone_rules import (
    IssuedPhone,
    Obstacle,
    check_inside,
    clean_phone,
    obstacles,
    outside,
)
from accounts.services.phones import defaults_of, insert, new_phone, record_new, set_lock

# What a lock or a move changes in one transaction.
MOST_PHONES = 1000


@dataclass(frozen=True)
class PhonesPlan:
    """What adding a list of numbers to an account would do: each with what stands against it."""

    lines: Sequence[NumberLine]

    @cached_property
    def wrong(self) -> list[NumberLine]:
        return [one for one in self.lines if one.problem]

    @cached_property
    def ready(self) -> list[NumberLine]:
        return [one for one in self.lines if not one.problem]

    @cached_property
    def digest(self) -> str:
        """Of the numbers: the same digest adds exactly the same phones."""
        return sha256("\n".join(one.number for one in self.lines).encode()).hexdigest()


class PhonesRefused(Refused):
    """Something stands against some of the numbers; the plan says what."""

    def __init__(self, plan: PhonesPlan) -> None:
        count = len(plan.wrong)
        words = ngettext(
            "%(count)s number cannot be added; no phone was made.",
            "%(count)s numbers cannot be added; no phone was made.",
            count,
        )
        super().__init__(words % {"count": count}, code="wrong_numbers", field="numbers")
        self.plan = plan


def phones_preview(*, actor: Actor, account: Account, numbers: str) -> PhonesPlan:
    """What `phones_create` would do; changes nothing. Raises Refused where the list as a whole
    cannot be read.
    """
    return _plan(actor, account, read_numbers(numbers))


def phones_create(
    *, actor: Actor, account: Account, numbers: str, **values: Any
) -> list[IssuedPhone]:
    """Add a phone for every number of a pasted list (`number_lists.read_numbers`), all or none;
    `values` as in `phone_create`.

    Raises PhonesRefused with the plan, Refused, NotInScope, NotAllowed, Busy.
    """
    lines = read_numbers(numbers)
    clean = clean_phone(values)

    def work(now: Actor, one: Account) -> list[IssuedPhone]:
        plan = _plan(now, one, lines)
        if plan.wrong:
            raise PhonesRefused(plan)
        if clean.get("display_number"):
            check_inside(now, one, [clean["display_number"]], "display_number")
        same = {**defaults_of(one), **clean}
        issued = insert([(new_phone(one, line.number, same), ()) for line in lines])
        if issued is None:
            raise PhonesRefused(_plan(now, one, lines))
        record_new(now, issued)
        return issued

    return in_locked_account(actor, account, work)


def _plan(now: Actor, account: Account, lines: Sequence[NumberLine]) -> PhonesPlan:
    found = obstacles(now, account, (one.number for one in lines if not one.problem))
    return PhonesPlan(
        [
            replace(one, problem=found[one.number].words, url=found[one.number].url)
            if not one.problem and one.number in found
            else one
            for one in lines
        ]
    )


def phones_lock(
    *, actor: Actor, phones: Sequence[Phone], lock: str, reason: str = ""
) -> list[Phone]:
    """As `phone_lock`, for several phones, all or none; return those that changed."""
    lock = clean_phone({"lock": lock})["lock"]

    def work(now: Actor, rows: list[Phone], _accounts: Any) -> list[Phone]:
        return set_lock(now, rows, lock, reason)

    _check_count(phones)
    return in_locked_phones(actor, phones, work)


def phones_move(
    *, actor: Actor, phones: Sequence[Phone], account: Account, reason: str = ""
) -> list[Phone]:
    """Give several phones to another account, all or none: numbers, passwords and DIDs stay as they
    are. Those that belong to it already stay where they are; return those that moved.

    Raises Refused (with the numbers that may not be assigned there as `items`), NotInScope,
    NotAllowed, Busy.
    """

    def work(now: Actor, rows: list[Phone], accounts: dict[int, Account]) -> list[Phone]:
        target = accounts[account.pk]
        moving = [one for one in rows if one.account_id != target.pk]
        against = move_obstacles(now, moving, target)
        if against:
            raise Refused(
                _("These numbers may not be assigned to %(account)s.")
                % {"account": target.account_id},
                code="outside_allocation",
                field="account",
                items=sorted(against),
            )
        changed = []
        for one in moving:
            before, after = {"owner": one.account.account_id}, {"owner": target.account_id}
            # Said of both: whoever looks after either account reads it.
            changed += [(one.account, one.number, before, after)]
            changed += [(target, one.number, before, after)]
            one.account = target
            one.version += 1
            one.updated_at = timezone.now()
        Phone.objects.bulk_update(moving, ["account", "version", "updated_at"], batch_size=500)
        audit.record_subjects(actor=now, action="phone.move", changed=changed, reason=reason)
        return moving

    _check_count(phones)
    return in_locked_phones(actor, phones, work, also=[account])


def move_obstacles(now: Actor, phones: Sequence[Phone], target: Account) -> dict[str, Obstacle]:
    """Which numbers of these phones, DIDs and display numbers among them, the number sections keep
    from `target`, by number.
    """
    lead = PhoneNumber.objects.filter(phone__in=[one.pk for one in phones])
    numbers = [*lead.values_list("number", flat=True)]
    numbers += [one.display_number for one in phones if one.display_number]
    return outside(now, target, numbers)


def _check_count(phones: Sequence[Phone]) -> None:
    if len(phones) > MOST_PHONES:
        raise Refused(
            _("At most %(most)s phones can be changed at once; narrow the list.")
            % {"most": f"{MOST_PHONES:,}"},
            code="too_many",
        )

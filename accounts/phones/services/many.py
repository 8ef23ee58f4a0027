"""Several phones at once: a list or range of new ones, locks, and moves to another account; all of
them or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.actor import Actor, require_to_look
from accounts.core.authorizations import Authorization
from accounts.core.availability import Answer, Holder, Taken, answer
from accounts.core.models import Account
from accounts.core.record import record_subjects
from accounts.kit.errors import Refused
from accounts.numbers.pasted import NumberLine, read_numbers
from accounts.phones.models import Phone
from accounts.phones.queries import defaults_of
from accounts.phones.rules.moves import move_obstacles
from accounts.phones.rules.values import (
    IssuedPhone,
    check_inside,
    clean_phone,
    issue_password,
    obstacles,
)
from accounts.phones.services.locks import in_locked_account, in_locked_phones
from accounts.phones.services.phones import insert_phones, new_phone, record_new, set_lock
from accounts.phones.services.uses import uses_ended

# What a lock or a move changes in one transaction.
MOST_PHONES = 1000


# A list's entry: the line it stands in, and what was typed there.
Entry = tuple[int, str]


@dataclass(frozen=True)
class PhonesPlan:
    """What adding a list of numbers to an account would do: each with what stands against it.

    Entries that somebody out of reach has (`taken`) are left out, a range as a whole; `told` says
    which of them may be named.
    """

    lines: Sequence[NumberLine]
    taken: Mapping[Entry, Taken] = field(default_factory=dict)
    told: Answer = Answer()

    @cached_property
    def wrong(self) -> list[NumberLine]:
        return [one for one in self.lines if one.problem]

    @cached_property
    def ready(self) -> list[NumberLine]:
        return [one for one in self.lines if not one.problem and not self._is_left_out(one)]

    def _is_left_out(self, line: NumberLine) -> bool:
        taken = self.taken.get(_entry(line))
        return taken is not None and not self.told.hides(taken)

    @cached_property
    def left_out(self) -> list[NumberLine]:
        """The entries that are not available, as they were typed, as far as they may be named."""
        return [
            NumberLine(line, typed, problem=one.words)
            for (line, typed), one in self.taken.items()
            if self.told.names(one)
        ]

    @cached_property
    def digest(self) -> str:
        """Of the numbers: the same digest adds the same phones, as far as they are available."""
        return sha256("\n".join(one.number for one in self.lines).encode()).hexdigest()


class PhonesRefused(Refused):
    """Something stands against some of the numbers; the plan says what."""

    def __init__(self, plan: PhonesPlan) -> None:
        count = len(plan.lines) - len(plan.ready)
        words = ngettext(
            "%(count)s number cannot be added; no phone was made.",
            "%(count)s numbers cannot be added; no phone was made.",
            count,
        )
        super().__init__(words % {"count": count}, code="wrong_numbers", field="numbers")
        self.plan = plan


def phones_preview(*, actor: Actor, account: Account, numbers: str) -> PhonesPlan:
    """What `phones_create` would do; changes nothing. What it tells of numbers of others counts
    (`availability`). Raises Refused where the list as a whole cannot be read, NotInScope,
    NotAllowed, Busy.
    """
    actor = require_to_look(actor, Authorization.MANAGE_PHONE, [account])
    plan = _plan(actor, account, read_numbers(numbers))
    return _told(actor, plan, is_preview=True)


def phones_create(
    *, actor: Actor, account: Account, numbers: str, expected: str = "", **values: Any
) -> list[IssuedPhone]:
    """Add a phone for every number of a pasted list (`accounts.numbers.pasted`), all or none;
    `values` as in `phone_create`. What is not available is left out where `expected` is the digest
    of a plan that somebody saw.

    Raises PhonesRefused with the plan, Refused, NotInScope, NotAllowed, Busy.
    """
    lines = read_numbers(numbers)
    clean = clean_phone(values)

    def work(actor: Actor, account: Account) -> tuple[list[IssuedPhone], PhonesPlan]:
        if clean.get("display_number"):
            check_inside(actor, account, [clean["display_number"]], "display_number")
        plan = _plan(actor, account, lines)
        if plan.wrong or not plan.ready or (plan.taken and plan.digest != expected):
            raise PhonesRefused(plan)
        same = {**defaults_of(account), **clean}
        issued = insert_phones([(new_phone(account, line.number, same), ()) for line in plan.ready])
        if issued is None:
            raise PhonesRefused(_plan(actor, account, lines))
        record_new(actor, issued)
        return issued, plan

    try:
        issued, plan = in_locked_account(actor, account, work)
    except PhonesRefused as refused:
        # Where it could not have been done anyway it tells what a preview does.
        is_preview = bool(refused.plan.wrong) or refused.plan.digest != expected
        plan = _told(actor, refused.plan, is_preview=is_preview)
        raise PhonesRefused(plan) from refused
    # What was left out is an answer as well.
    _told(actor, plan)
    return issued


def _plan(actor: Actor, account: Account, lines: Sequence[NumberLine]) -> PhonesPlan:
    """Not told yet: none of what others have may be shown."""
    against = obstacles(actor, account, (one.number for one in lines if not one.problem))
    taken: dict[Entry, Taken] = {}
    shown = []
    for line in lines:
        obstacle = None if line.problem else against.get(line.number)
        if obstacle and obstacle.taken:
            # One number of a range that counts makes the whole of it count.
            before = taken.get(_entry(line))
            if before is None or before.holder is not Holder.FOREIGN:
                taken[_entry(line)] = replace(obstacle.taken, typed=line.typed)
        elif obstacle:
            line = replace(line, problem=obstacle.words, url=obstacle.url)
        shown.append(line)
    return PhonesPlan(shown, taken)


def _told(actor: Actor, plan: PhonesPlan, *, is_preview: bool = False) -> PhonesPlan:
    if not plan.taken and not is_preview:
        return plan
    asked = list(dict.fromkeys(one.typed for one in plan.lines))
    told = answer(actor, list(plan.taken.values()), asked, is_preview=is_preview)
    return replace(plan, told=told)


def _entry(line: NumberLine) -> Entry:
    return line.line, line.typed


def phones_lock(
    *, actor: Actor, phones: Sequence[Phone], lock: str, reason: str = ""
) -> list[Phone]:
    """As `phone_lock`, for several phones, all or none; return those that changed."""
    lock = clean_phone({"lock": lock})["lock"]

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> list[Phone]:
        return set_lock(actor, rows, lock, reason)

    _check_count(phones)
    return in_locked_phones(actor, phones, work)


def phones_move(
    *, actor: Actor, phones: Sequence[Phone], account: Account, reason: str = ""
) -> list[Phone]:
    """Give several phones to another account, all or none: numbers, passwords and DIDs stay as they
    are, but what led elsewhere rings at the phone again: what it is for was the other account's.
    Those that belong to it already stay where they are; return those that moved.

    Raises Refused (with the numbers that may not be assigned there as `items`), NotInScope,
    NotAllowed, Busy.
    """

    def work(actor: Actor, rows: list[Phone], accounts: dict[int, Account]) -> list[Phone]:
        target = accounts[account.pk]
        moving = [one for one in rows if one.account_id != target.pk]
        against = move_obstacles(actor, moving, target)
        if against:
            raise Refused(
                _("These numbers may not be assigned to %(account)s.")
                % {"account": target.account_id},
                code="outside_allocation",
                field="account",
                items=sorted(against),
            )
        changed: list[tuple[Account, str, dict[str, Any], dict[str, Any]]] = []
        were = uses_ended(moving)
        for phone in moving:
            before, after = {"owner": phone.account.account_id}, {"owner": target.account_id}
            uses = {"uses": were[phone.pk]} if phone.pk in were else {}
            # Said of both: whoever looks after either account reads it. What it was for is for the
            # one that it was for.
            changed += [(phone.account, phone.number, {**before, **uses}, after)]
            changed += [(target, phone.number, before, after)]
            phone.account = target
            phone.version += 1
            phone.updated_at = timezone.now()
        Phone.objects.bulk_update(moving, ["account", "version", "updated_at"], batch_size=500)
        record_subjects(actor=actor, action="phone.move", changed=changed, reason=reason)
        return moving

    _check_count(phones)
    return in_locked_phones(actor, phones, work, also=[account])


def phones_reset(*, actor: Actor, phones: Sequence[Phone]) -> list[IssuedPhone]:
    """As `phone_reset`, for several phones, all or none, in the order of their numbers. Raises
    Refused, NotInScope, NotAllowed, Busy.
    """

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> list[IssuedPhone]:
        rows.sort(key=lambda one: one.number)
        issued = [IssuedPhone(one, issue_password(one)) for one in rows]
        for phone in rows:
            phone.version += 1
            phone.updated_at = timezone.now()
        fields = ["realm", "ha1", "password_set_at", "version", "updated_at"]
        Phone.objects.bulk_update(rows, fields, batch_size=200)
        record_subjects(
            actor=actor,
            action="phone.reset",
            changed=[(one.account, one.number, {}, {}) for one in rows],
        )
        return issued

    return in_locked_phones(actor, phones, work)


def _check_count(phones: Sequence[Phone]) -> None:
    if len(phones) > MOST_PHONES:
        raise Refused(
            _("At most %(most)s phones can be changed at once; narrow the list.")
            % {"most": f"{MOST_PHONES:,}"},
            code="too_many",
        )

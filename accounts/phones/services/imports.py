"""Phones out of a sheet: new ones are added, known ones changed, all of it or nothing. What a sheet
does not say stays as it is; a sheet that was exported and not touched changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, decide, fresh, require_each
from accounts.core.authorizations import Authorization
from accounts.core.availability import answer
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.record import changes, record, record_subjects
from accounts.kit.errors import Clash, DomainError
from accounts.kit.text import tidied
from accounts.phones.models import Phone, PhoneNumber
from accounts.phones.queries import DEFAULTS, phones_of, with_numbers
from accounts.phones.rules.import_plans import Imported, ImportPlan, ImportRefused, PlannedRow
from accounts.phones.rules.sheet import ImportRow, read_rows
from accounts.phones.rules.sheet_columns import Layout
from accounts.phones.rules.values import EDITABLE, clean_dids, clean_phone, obstacles_of_many
from accounts.phones.services.phones import (
    insert_numbers,
    insert_phones,
    new_phone,
    phone_values,
    record_new,
)


def import_preview(
    *,
    actor: Actor,
    rows: Sequence[Sequence[str]],
    account: Account | None = None,
    layout: Layout | None = None,
) -> ImportPlan:
    """What `phones_import` would do; changes nothing. `account` is that of rows that name none,
    `layout` what its columns hold where the headings do not say it. What it tells of numbers of
    others counts (`availability`). Raises BadSheet, Busy.
    """
    actor = fresh(actor)
    return told(actor, plan_of(actor, read_rows(rows, layout), account), is_preview=True)


def phones_import(
    *,
    actor: Actor,
    rows: Sequence[Sequence[str]],
    expected: str,
    account: Account | None = None,
    layout: Layout | None = None,
) -> Imported:
    """Do what the plan with the digest `expected` says, or nothing. Rows that are not available are
    left out.

    Raises ImportRefused with the plan, Clash where it would do something else by now, BadSheet,
    NotInScope, NotAllowed, Busy.
    """
    try:
        done, plan = imported(actor, read_rows(rows, layout), expected, account)
    except ImportRefused as refused:
        # What could not have been done anyway tells what a preview does.
        refused.plan = told(actor, refused.plan, is_preview=True)
        raise
    # What was left out is an answer as well.
    told(actor, plan)
    return done


def imported(
    actor: Actor,
    wanted: Sequence[ImportRow],
    expected: str,
    account: Account | None,
    noted: Callable[[int], None] = lambda _done: None,
) -> tuple[Imported, ImportPlan]:
    """As `phones_import`, inside a transaction of the caller's or not, with the plan that was
    followed: none of what others have may be shown of it before it was `told`, outside every
    transaction. `noted` hears how many phones are written.
    """
    seen = plan_of(fresh(actor), wanted, account)
    pks = sorted({one.account.pk for one in seen.rows if one.account})

    def work(accounts: dict[int, Account]) -> tuple[Imported, ImportPlan]:
        nonlocal actor
        actor = require_each(actor, Authorization.MANAGE_PHONE, list(accounts.values()))
        plan = plan_of(actor, wanted, account, lock=True)
        if plan.wrong:
            raise ImportRefused(plan)
        named = {one.account.pk for one in plan.rows if one.account}
        if plan.digest != expected or not named <= set(accounts):
            raise Clash(_("What you saw is out of date."), code="changed_meanwhile")
        issued = insert_phones(
            [
                (new_phone(one.account, one.number, dict(one.values or {})), one.dids or ())
                for one in plan.new
                if one.account
            ]
        )
        noted(len(plan.new))
        if issued is None or not _write_changes(actor, plan.changes):
            raise Clash(_("What you saw is out of date."), code="changed_meanwhile")
        record_new(actor, issued)
        record(
            actor=actor,
            action="phones.import",
            after={"created": len(issued), "changed": len(plan.changes)},
        )
        noted(len(plan.new) + len(plan.changes))
        return Imported(issued, len(plan.changes), plan.same, len(plan.taken)), plan

    if not pks:
        raise ImportRefused(seen)
    return in_locked_trees(work, touching=pks)


def told(actor: Actor, plan: ImportPlan, *, is_preview: bool = False) -> ImportPlan:
    """The plan with what may be named of what others have; it is counted, so call it outside every
    transaction. Raises Busy.
    """
    taken = [one.taken for one in plan.taken if one.taken]
    if not taken and not is_preview:
        return plan
    asked = [one.number for one in plan.rows]
    return replace(plan, told=answer(actor, taken, asked, is_preview=is_preview))


def _write_changes(actor: Actor, rows: Sequence[PlannedRow]) -> bool:
    """False where one of the numbers was taken at this moment."""
    phones: list[Phone] = []
    gone: list[str] = []
    added: list[tuple[str, Phone, bool]] = []
    for row in rows:
        assert row.phone is not None
        assert row.before is not None
        assert row.after is not None
        phone = row.phone
        for key, value in row.after.items():
            if key != "dids":
                setattr(phone, key, value)
        if "dids" in row.after:
            had, wanted = set(row.before["dids"]), set(row.after["dids"])
            gone += had - wanted
            added += [(number, phone, True) for number in wanted - had]
        phone.version += 1
        phone.updated_at = timezone.now()
        phones.append(phone)
    PhoneNumber.objects.filter(number__in=gone, phone__in=phones, is_did=True).delete()
    try:
        with transaction.atomic():
            insert_numbers(added)
    except IntegrityError:
        return False
    fields = [*EDITABLE, "lock", "version", "updated_at"]
    Phone.objects.bulk_update(phones, fields, batch_size=200)
    record_subjects(
        actor=actor,
        action="phone.edit",
        changed=[
            (one.account, one.number, one.before or {}, one.after or {})
            for one in rows
            if one.account
        ],
    )
    return True


def plan_of(
    actor: Actor, rows: Sequence[ImportRow], default: Account | None, *, lock: bool = False
) -> ImportPlan:
    """What the rows would do, for a fresh actor; not `told` yet. A query or two for each agent
    whose accounts get numbers, beside a fixed number of them.
    """
    accounts = _accounts(actor, rows, default)
    phones = _phones(actor, rows, lock)
    planned = [_row(actor, one, accounts, phones, default) for one in rows]
    planned = _without_repeats(planned)
    return ImportPlan(_checked(actor, planned))


def _accounts(
    actor: Actor, rows: Sequence[ImportRow], default: Account | None
) -> dict[str, Account]:
    """The accounts that exist for this actor, by their ids in lower case."""
    ids = {one.account_id.lower() for one in rows if one.account_id}
    if default:
        ids.add(default.account_id.lower())
    ids = {one for one in ids if one.isascii() and one.isprintable() and len(one) <= 32}
    found = Account.objects.within(actor.scope).filter(account_id__lower__in=ids)
    return {one.account_id.lower(): one for one in found.select_related("detail")}


def _phones(actor: Actor, rows: Sequence[ImportRow], lock: bool) -> dict[str, Phone]:
    numbers = [one.number for one in rows if not one.problem]
    matching = with_numbers(phones_of(actor)).filter(number__in=numbers).order_by("pk")
    if lock:
        matching = matching.select_for_update(of=("self",))
    phones = {one.number: one for one in matching}
    for phone in phones.values():
        # They came out of the actor's scope.
        phone.account.reached_by = actor.scope
    return phones


def _row(
    actor: Actor,
    row: ImportRow,
    accounts: Mapping[str, Account],
    phones: Mapping[str, Phone],
    default: Account | None,
) -> PlannedRow:
    def wrong(words: Any) -> PlannedRow:
        return PlannedRow(row.line, row.number, problem=str(words))

    if row.problem:
        return wrong(row.problem)
    phone = phones.get(row.number)
    named = row.account_id or (default.account_id if default and not phone else "")
    account = accounts.get(named.lower()) if named else None
    if named and account is None:
        return wrong(_("There is no such account."))
    if phone is not None:
        if account is not None and account.pk != phone.account_id:
            words = _("It belongs to %(account)s; move it in the list of phones.")
            return wrong(words % {"account": phone.account.account_id})
        account = phone.account
    if account is None:
        return wrong(_("Name the account it belongs to."))
    decision = decide(actor, Authorization.MANAGE_PHONE, account)
    if not decision.is_allowed:
        return wrong(decision.sentence)
    if account.status == Account.Status.CLOSED:
        return wrong(_("The account is closed."))
    try:
        values = clean_phone(row.values)
        dids = None if row.dids is None else clean_dids(row.number, row.dids)
    except DomainError as error:
        return wrong(error.message)
    if phone is None:
        inherited = {"codecs": list(account.detail.codecs)} if not values.get("codecs") else {}
        values = {**DEFAULTS, **values, **inherited}
        return PlannedRow(row.line, row.number, account, None, values, dids or [])
    return _change(row, phone, values, dids)


def _change(
    row: ImportRow, phone: Phone, values: dict[str, Any], dids: Sequence[str] | None
) -> PlannedRow:
    had = phone_values(phone, phone.dids)
    after = {**had, **values}
    if "memo" in values and values["memo"] == tidied(had["memo"]):
        # Stored in another spelling by an earlier version: no change.
        after["memo"] = had["memo"]
    if dids is not None:
        after["dids"] = list(dids)
    before, after = changes(had, after)
    return PlannedRow(row.line, row.number, phone.account, phone, values, dids, before, after)


def _without_repeats(rows: Sequence[PlannedRow]) -> list[PlannedRow]:
    """No number stands in two rows, whether as a phone's own or as a DID."""
    first: dict[str, int] = {}
    checked = []
    for row in rows:
        numbers = [] if row.problem else [row.number, *(row.dids or ())]
        twice = next((number for number in numbers if number in first), "")
        for number in numbers:
            first.setdefault(number, row.line)
        if twice:
            problem = _("%(number)s stands in line %(line)s already.") % {
                "number": twice,
                "line": first[twice],
            }
            checked.append(PlannedRow(row.line, row.number, problem=problem))
        else:
            checked.append(row)
    return checked


def _checked(actor: Actor, rows: Sequence[PlannedRow]) -> list[PlannedRow]:
    """With what stands against giving the accounts these numbers."""
    wanted: dict[int, set[str]] = defaultdict(set)
    shown: dict[int, set[str]] = defaultdict(set)
    accounts: dict[int, Account] = {}
    for row in rows:
        if row.account is None:
            continue
        accounts[row.account.pk] = row.account
        gets, shows = _numbers(row)
        wanted[row.account.pk].update(gets)
        shown[row.account.pk].update(shows)
    against = obstacles_of_many(actor, list(accounts.values()), wanted, shown)
    checked = []
    for row in rows:
        against_it = against[row.account.pk] if row.account else {}
        bad = [number for some in _numbers(row) for number in some if number in against_it]
        # What can be said without anybody else's secret comes first.
        plain = next((number for number in bad if against_it[number].taken is None), "")
        if plain:
            words = against_it[plain].words
            problem = words if plain == row.number else f"{plain}: {words}"
            row = PlannedRow(row.line, row.number, problem=problem)
        elif bad:
            row = replace(row, taken=against_it[bad[0]].taken)
        checked.append(row)
    return checked


def _numbers(row: PlannedRow) -> tuple[list[str], list[str]]:
    """(numbers the row newly lets lead to its phone, numbers it newly shows)."""
    if row.problem:
        return [], []
    if row.is_new:
        display = (row.values or {}).get("display_number")
        return [row.number, *(row.dids or ())], [display] if display else []
    before, after = row.before or {}, row.after or {}
    added = sorted(set(after.get("dids", ())) - set(before.get("dids", ())))
    display = after.get("display_number")
    return added, [display] if display else []

"""One phone: add, change, lock, give a new password, delete; `many` beside it adds, locks and
moves several. The only writers of phones and their numbers.

Every function takes the actor, runs under the lock of the tree, requires authorization 2 again from
what it re-reads there, and records what it did. A password is handed back once, in an IssuedPhone,
and stored, logged and recorded nowhere.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.availability_deeds import answers
from accounts.core.many import insert_many
from accounts.core.models import Account
from accounts.core.record import changes, record, record_subjects
from accounts.kit.errors import Clash, Refused
from accounts.phones.models import Phone, PhoneLock, PhoneNumber
from accounts.phones.queries import defaults_of
from accounts.phones.rules.values import (
    EDITABLE,
    IssuedPhone,
    check_free,
    check_inside,
    clean_dids,
    clean_number,
    clean_phone,
    issue_password,
)
from accounts.phones.services.locks import in_locked_account, in_locked_phones


@answers
def phone_create(
    *, actor: Actor, account: Account, number: str, dids: Iterable[str] = (), **values: Any
) -> IssuedPhone:
    """Add a phone to an account. `values` are those of EDITABLE and `lock`; what is not named is as
    in DEFAULTS, the codecs those of the account.

    Raises Refused (field `number`, `dids` or the value's; "not available" for a number that leads
    to a phone already), NotInScope, NotAllowed, Busy.
    """
    number = clean_number(number)
    further = clean_dids(number, dids)
    clean = clean_phone(values)

    def work(actor: Actor, account: Account) -> IssuedPhone:
        if clean.get("display_number"):
            check_inside(actor, account, [clean["display_number"]], "display_number")
        asked = {"number": [number], **({"dids": further} if further else {})}
        check_free(actor, account, asked)
        phone = new_phone(account, number, {**defaults_of(account), **clean})
        issued = insert_phones([(phone, further)])
        if issued is None:
            # Taken at this very moment: say it as if it had been a moment earlier.
            check_free(actor, account, asked)
            raise Refused(_("Try again."), code="not_available", field="number")
        record_new(actor, issued)
        return issued[0]

    return in_locked_account(actor, account, work)


@answers
def phone_edit(
    *,
    actor: Actor,
    phone: Phone,
    expected_version: int | None = None,
    dids: Iterable[str] | None = None,
    **fields: Any,
) -> Phone:
    """Change the named `fields` (those of EDITABLE) and, if given, the DIDs; the rest stays. Return
    the fresh phone. Numbers it has already stay, whatever the rules say by now.

    Raises Clash when somebody saved since `expected_version`, TypeError for another field, Refused,
    NotInScope, NotAllowed, Busy.
    """
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not editable: {', '.join(sorted(unknown))}")
    clean = clean_phone(fields)
    wanted = None if dids is None else clean_dids(phone.number, dids)

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> Phone:
        (phone,) = rows
        if expected_version is not None and phone.version != expected_version:
            raise Clash(
                _("Somebody else changed this phone in the meantime."), code="changed_meanwhile"
            )
        change_phone(actor, phone, clean, wanted)
        return phone

    return in_locked_phones(actor, [phone], work)


def phone_lock(*, actor: Actor, phone: Phone, lock: str, reason: str = "") -> Phone:
    """Keep a phone from outgoing, incoming or all calls; "none" unlocks it. Raises Refused,
    NotInScope, NotAllowed, Busy.
    """
    lock = clean_phone({"lock": lock})["lock"]

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> Phone:
        set_lock(actor, rows, lock, reason)
        return rows[0]

    return in_locked_phones(actor, [phone], work)


def phone_reset(*, actor: Actor, phone: Phone) -> IssuedPhone:
    """Give a phone a new password; the old one is worth nothing from then on. Raises Refused,
    NotInScope, NotAllowed, Busy.
    """

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> IssuedPhone:
        (phone,) = rows
        password = issue_password(phone)
        save_phone(phone, "realm", "ha1", "password_set_at")
        record(actor=actor, action="phone.reset", account=phone.account, subject=phone.number)
        return IssuedPhone(phone, password)

    return in_locked_phones(actor, [phone], work)


def phone_delete(*, actor: Actor, phone: Phone, reason: str = "") -> None:
    """Delete a phone; its number and DIDs are free again. Raises Refused, NotInScope, NotAllowed,
    Busy.
    """

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> None:
        (phone,) = rows
        record(
            actor=actor,
            action="phone.delete",
            account=phone.account,
            subject=phone.number,
            before=phone_values(phone, phone.dids),
            reason=reason,
        )
        phone.delete()

    in_locked_phones(actor, [phone], work)


def new_phone(account: Account, number: str, values: dict[str, Any]) -> Phone:
    """A phone that is not saved yet, of clean values."""
    return Phone(account=account, number=number, **values)


def insert_phones(wanted: Sequence[tuple[Phone, Sequence[str]]]) -> list[IssuedPhone] | None:
    """Save new phones with their DIDs and give each a password, all or none; None where one of the
    numbers was taken meanwhile. Part of a service's transaction.
    """
    # In one order everywhere: two lists that share numbers then never wait for each other.
    ordered = sorted(wanted, key=lambda one: one[0].number)
    issued = [IssuedPhone(phone, issue_password(phone), tuple(dids)) for phone, dids in ordered]
    try:
        with transaction.atomic():
            Phone.objects.bulk_create([one.phone for one in issued], batch_size=500)
            insert_numbers(
                [
                    (number, phone, number != phone.number)
                    for phone, dids in ordered
                    for number in (phone.number, *dids)
                ]
            )
    except IntegrityError:
        return None
    return issued


def insert_numbers(wanted: Iterable[tuple[str, Phone, bool]]) -> None:
    """Let numbers lead to phones: (number, phone, whether it is a DID). Raises IntegrityError."""
    rows = sorted((number, phone.pk, is_did) for number, phone, is_did in wanted)
    insert_many(PhoneNumber, ("number", "phone_id", "is_did"), rows)


def record_new(actor: Actor, issued: Iterable[IssuedPhone]) -> None:
    """Record new phones in the audit log; nothing of their passwords."""
    record_subjects(
        actor=actor,
        action="phone.create",
        changed=[
            (one.phone.account, one.phone.number, {}, phone_values(one.phone, one.dids))
            for one in issued
        ],
    )


def change_phone(
    actor: Actor, phone: Phone, clean: dict[str, Any], dids: Sequence[str] | None
) -> bool:
    """Change a locked phone to these clean values, and its DIDs where they are given; whether
    anything changed. Part of a service's transaction.
    """
    before = phone_values(phone, phone.dids)
    display = clean.get("display_number")
    if display and display != phone.display_number:
        check_inside(actor, phone.account, [display], "display_number")
    for key, value in clean.items():
        setattr(phone, key, value)
    after = {**before, **{key: getattr(phone, key) for key in clean}}
    if dids is not None:
        _change_dids(actor, phone, before["dids"], dids)
        after["dids"] = list(dids)
    was, became = changes(before, after)
    if not became:
        return False
    save_phone(phone, *clean)
    record(
        actor=actor,
        action="phone.edit",
        account=phone.account,
        subject=phone.number,
        before=was,
        after=became,
    )
    return True


def _change_dids(actor: Actor, phone: Phone, had: Sequence[str], wanted: Sequence[str]) -> None:
    gone, added = set(had) - set(wanted), set(wanted) - set(had)
    asked = {"dids": sorted(added)}
    check_free(actor, phone.account, asked)
    PhoneNumber.objects.filter(phone=phone, is_did=True, number__in=gone).delete()
    try:
        with transaction.atomic():
            insert_numbers((number, phone, True) for number in added)
    except IntegrityError as error:
        check_free(actor, phone.account, asked)
        raise Refused(_("Try again."), code="not_available", field="dids") from error


def set_lock(actor: Actor, phones: Sequence[Phone], lock: str, reason: str) -> list[Phone]:
    """Lock locked rows, and record it; return those that changed."""
    changing = [one for one in phones if one.lock != lock]
    before = {one.pk: one.lock for one in changing}
    for phone in changing:
        phone.lock = lock
        phone.version += 1
        phone.updated_at = timezone.now()
    Phone.objects.bulk_update(changing, ["lock", "version", "updated_at"], batch_size=500)
    record_subjects(
        actor=actor,
        action="phone.unlock" if lock == PhoneLock.NONE else "phone.lock",
        changed=[
            (one.account, one.number, {"lock": before[one.pk]}, {"lock": lock}) for one in changing
        ],
        reason=reason,
    )
    return changing


def save_phone(phone: Phone, *fields: str) -> None:
    """Update the named fields of a phone and count a new version of its row."""
    phone.version += 1
    phone.updated_at = timezone.now()
    phone.save(update_fields=[*fields, "version", "updated_at"])


def phone_values(phone: Phone, dids: Sequence[str]) -> dict[str, Any]:
    """A phone's values for the audit log; nothing secret is among them."""
    values = {key: getattr(phone, key) for key in (*EDITABLE, "lock")}
    return {"number": phone.number, **values, "dids": sorted(dids)}

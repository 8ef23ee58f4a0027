"""What DIDs are for: they ring at their phone, put callers through at the expense of a phone card,
or have them called back (docs/domain.md 8).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.record import changes, record
from accounts.kit.errors import Clash, Refused
from accounts.phones.models import Phone, PhoneNumber
from accounts.phones.rules.values import clean_number, is_allocated
from accounts.phones.services.locks import in_locked_phones
from accounts.phones.services.phones import save_phone

Use = PhoneNumber.Use


def dids_used(
    *,
    actor: Actor,
    phone: Phone,
    uses: Mapping[str, tuple[str, str]],
    expected_version: int | None = None,
) -> Phone:
    """Say what DIDs of a phone are for: (use, whom a callback trigger connects with, "" for nobody)
    by number; those that are not named stay as they are. Return the fresh phone.

    Raises Refused (field `use_<number>` or `connects_<number>`), Clash when somebody saved since
    `expected_version`, NotInScope, NotAllowed, Busy.
    """

    def work(actor: Actor, rows: list[Phone], _accounts: Any) -> Phone:
        (phone,) = rows
        if expected_version is not None and phone.version != expected_version:
            raise Clash(
                _("Somebody else changed this phone in the meantime."), code="changed_meanwhile"
            )
        clean = {did: _clean(phone.account, did, *one) for did, one in uses.items()}
        dids = {one.number: one for one in phone.numbers.filter(is_did=True, number__in=clean)}
        if missing := sorted(set(clean) - set(dids)):
            raise Refused(
                _("%(number)s is no DID of this phone.") % {"number": missing[0]}, code="no_did"
            )
        before = {did: (one.use, one.connects_to) for did, one in dids.items()}
        was, became = changes(before, clean)
        _refuse_unallocated(actor, [did for did in became if clean[did][0]])
        for did in became:
            dids[did].use, dids[did].connects_to = clean[did]
            dids[did].save(update_fields=["use", "connects_to"])
        if became:
            save_phone(phone)
            record(
                actor=actor,
                action="phone.dids_used",
                account=phone.account,
                subject=phone.number,
                before={"uses": _told(was)},
                after={"uses": _told(became)},
            )
        return phone

    return in_locked_phones(actor, [phone], work)


def uses_ended(phones: Sequence[Phone]) -> Mapping[int, list[str]]:
    """Let the DIDs of these phones ring at them again; what they were for, in words, by key of the
    phone. Call it under the lock of the phones, which is recorded there.
    """
    used = PhoneNumber.objects.filter(phone__in=phones, is_did=True).exclude(use="")
    were: dict[int, dict[str, tuple[str, str]]] = {}
    for one in used:
        were.setdefault(one.phone_id, {})[one.number] = (one.use, one.connects_to)
    if were:
        used.update(use="", connects_to="")
    return {pk: _told(uses) for pk, uses in were.items()}


def _refuse_unallocated(actor: Actor, dids: Sequence[str]) -> None:
    """Whoever calls an access number or a trigger is led away from where the number led before,
    customers of other agents as well: it has to be one that was allocated.
    """
    for did in dids:
        if not is_allocated(actor, did):
            raise Refused(
                _(
                    "%(number)s was not allocated to you, and everybody's calls of it would lead"
                    " here. Ask for its allocation, or let an administrator say so."
                )
                % {"number": did},
                code="not_allocated",
                field=f"use_{did}",
            )


def _told(uses: Mapping[str, tuple[str, str]]) -> list[str]:
    """For the audit log: "8801700000001 callback 8801711000000"."""
    return [
        " ".join(filter(None, (did, use or "phone", connects_to)))
        for did, (use, connects_to) in sorted(uses.items())
    ]


def _clean(account: Account, did: str, use: str, connects_to: str) -> tuple[str, str]:
    if use not in Use.values:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field=f"use_{did}")
    if use == Use.ACCESS and account.type != Account.Type.GENERAL:
        raise Refused(
            _("Cards belong to general accounts: %(account)s has no access numbers.")
            % {"account": account.account_id},
            code="no_cards_here",
            field=f"use_{did}",
        )
    if use == Use.CALLBACK and account.ctd_billing_model != Account.BillingModel.FLOW:
        raise Refused(
            _("The CTD billing model of %(account)s is Standard: only Flow calls back.")
            % {"account": account.account_id},
            code="not_flow",
            field=f"use_{did}",
        )
    if use != Use.CALLBACK or not connects_to.strip():
        return use, ""
    return use, clean_number(connects_to, f"connects_{did}")

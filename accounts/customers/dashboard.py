"""Own phones and whom to turn to, on the start page of a customer; the way to a new customer, on
that of an agent.
"""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.authorizations.rules.policies import approval_needed
from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.phones.models import PhoneLock
from accounts.phones.queries import phones_page
from accounts.phones.tables import why_not
from accounts.portal.registry import Card
from accounts.switches.queries import registrations_of
from accounts.switches.words import online
from accounts.tree.actions import adding
from accounts.tree.queries.letterhead import letterhead_below

_MOST = 5


def _own_phones(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """Which there are, whether they are online, and the way to a new password with its QR code, for
    who may have one. Two queries.
    """
    if account is None:
        return None
    page = phones_page(actor, account, with_below=False, size=_MOST, cursor="")
    kept, now = registrations_of(page.rows), timezone.now()
    may_manage = not why_not(actor, account)
    return {
        "rows": [
            {
                "phone": one,
                "online": online(kept.get(one.pk), now),
                "is_locked": one.lock != PhoneLock.NONE,
            }
            for one in page.rows
        ],
        "has_more": page.after is not None,
        "may_manage": may_manage,
        "url": reverse("accounts:phones", args=[account.account_id]),
        "new_url": reverse("accounts:phone-new", args=[account.account_id]) if may_manage else "",
    }


def _contact(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """Whom a customer turns to, as that published itself for documents. One query."""
    if account is None:
        return None
    party = letterhead_below(link.pk for link in actor.chain[:-1])
    lines = [(line, f"mailto:{line}" if "@" in line else "") for line in party.lines]
    logo = f"{reverse('accounts:logo', args=[account.account_id])}?v={party.logo}"
    return {"name": party.name, "lines": lines, "logo": logo if party.logo else ""}


def _new_customer(actor: Actor, account: Account | None) -> Mapping[str, Any] | None:
    """For agents who may add accounts: the first of three fields. The query for the policy in force
    there, where the account would become an agent.
    """
    if account is None or adding(actor, account).reason or approval_needed(actor, account):
        return None
    return {"url": reverse("accounts:customer-new"), "below": account.account_id}


CONTACT = Card("accounts/customers/_contact.html", _contact, is_aside=True, order=120)
OWN_PHONES = Card("accounts/customers/_own_phones.html", _own_phones, is_aside=True, order=110)
NEW_CUSTOMER = Card("accounts/customers/_new.html", _new_customer, is_aside=True, order=10)

"""Every page has a way in: who may come to it is led there from the start page, and no link leads
to nothing.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import User
from accounts.logins.services.logins import login_lock
from accounts.logins.services.saved_views import view_save
from accounts.tree.services.accounts import account_lock
from billing.cards.services.batch_deeds import batch_block
from billing.cards.services.deeds import card_block
from tests.support.carding import card_of, cards
from tests.support.isolation import ROUTES
from tests.support.undoing import kept_for_a_module
from tests.support.urls_kinds import Audience
from tests.support.urls_registry import classified, is_former
from tests.support.ways_in import Walked, walked_from_the_start
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.walk, pytest.mark.slow]

# Where nobody is led by a page of the portal, and what leads there instead.
NOT_BY_A_PAGE = {
    "health-live": "monitoring",
    "health-ready": "monitoring",
    "csp-report": "browsers",
    "security-invitation": "a mail",
    "account_reset_password_from_key": "a mail",
    "account_reset_password_from_key_done": "a password that was changed by mail",
    "account_reset_password": "the sign-in page",
    "account_reset_password_done": "the form for a forgotten password",
    "account_login": "being signed out",
    "account_set_password": "a login without a password, made by another way to sign in",
    "mfa_authenticate": "the sign-in page",
    "mfa_login_webauthn": "the sign-in page",
    "account_reauthenticate": "a deed that asks for proof",
    "mfa_reauthenticate": "a deed that asks for proof",
    "mfa_reauthenticate_webauthn": "a deed that asks for proof",
    "mfa_deactivate_totp": "one's own app, once there is one",
    "mfa_view_recovery_codes": "one's own codes, once there are some",
    "mfa_download_recovery_codes": "one's own codes, once there are some",
    "view-as-end": "the bar of who views as another",
    "accounts:logo": "a published letterhead, whose documents show it",
    "tree-roots": "a tree longer than its first part",
    "job-retry": "a job that failed",
    "accounts:authorization-review": "boxes that were ticked, sent by their form",
    "phone-dids": "a phone with DIDs",
    "phone-password": "a phone that was just given its password",
    "billing:card-callers": "a card that opened an account",
    "billing:distribute-table": "accounts that were chosen in a list",
    "phones-import-errors": "a list of phones with errors",
    "phones-import-checked": "a list of phones that was handed in",
    "phones-import-passwords": "a list of phones that was entered",
    "billing:distribution": "a list of payments that was paid",
    "billing:distribution-export": "a list of payments that was paid",
    "billing:rate-compare-export": "two groups that were compared",
    "billing:rate-import-state": "a deck that is being read",
    "billing:rerating-state": "a re-rating that is at work",
    "billing:rerating-export": "a re-rating that found differences",
}  # fmt: skip
# What administrators have other pages for, and what is theirs of the pages of agents.
NOT_OF_ADMINISTRATORS = {"authorization-request-new", "accounts:customer-new"}
OF_THE_PLATFORM = {"accounts:export", "accounts:move-sub-accounts"}
# What an account without any of the eight is led to, by their names in the menu and on its page.
CUSTOMERS_OWN = {
    "accounts:detail", "billing:account-payments", "billing:statement", "accounts:number-sections",
    "billing:price", "number-test", "security",
}  # fmt: skip


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """A world in which things stand as they stand after a while: some locked, some not sold."""
    with kept_for_a_module(django_db_blocker):
        world = World(is_authorized=True)
        agent = world.account("agent")
        cards(agent, 2, "NEW0001", released=False)
        sold = cards(agent, 2, "OLD0001")
        card_block(actor=SYSTEM, card=card_of(sold), reason="Lost on the way")
        batch_block(actor=SYSTEM, batch=cards(agent, 2, "BAD0001"), reason="Torn")
        account_lock(actor=SYSTEM, account=world.account("customer_2"), reason="Does not pay")
        login_lock(actor=SYSTEM, user=world.logins["sub_agent"], reason="Left")
        for login in (world.logins["agent"], User.objects.get(username="staff-administrator")):
            view_save(actor=actor_for(login), of_list="accounts", name="Mine", asks={"q": "a"})
        yield world


@pytest.fixture(scope="module")
def walks(world: World) -> dict[str, Walked]:
    roles = ("administrator", "own agent", "customer")
    return {role: walked_from_the_start(world, role) for role in roles}


def named(*audiences: Audience) -> set[str]:
    """Addresses that these come to; the Django admin and what led to a page before are not."""
    return {
        route.name
        for route in ROUTES
        if (address := classified(route))
        and address.audience in audiences
        and not route.name.startswith("admin")
        and not is_former(route)
    }


def test_an_administrator_is_led_to_every_page(walks: dict[str, Walked]) -> None:
    pages = named(*Audience) - set(NOT_BY_A_PAGE) - NOT_OF_ADMINISTRATORS
    assert pages - walks["administrator"].names == set()


def test_an_agent_with_all_authorizations_is_led_to_every_page_of_the_portal(
    walks: dict[str, Walked],
) -> None:
    pages = named(Audience.PORTAL, Audience.SIGNED_IN) - set(NOT_BY_A_PAGE) - OF_THE_PLATFORM
    assert pages - walks["own agent"].names == set()


def test_nobody_else_is_led_to_a_page_of_administrators(walks: dict[str, Walked]) -> None:
    own = named(Audience.ADMINISTRATORS)
    assert len(own) > 20
    assert walks["own agent"].names & own == set()
    assert walks["customer"].names & own == set()


def test_a_customer_is_led_to_what_is_its_own(walks: dict[str, Walked]) -> None:
    assert walks["customer"].names >= CUSTOMERS_OWN


@pytest.mark.parametrize("role", ["administrator", "own agent", "customer"])
def test_no_link_leads_to_nothing(walks: dict[str, Walked], role: str) -> None:
    assert len(walks[role].names) > 40
    assert walks[role].dead_ends == set()


def test_what_no_page_leads_to_is_an_address_of_the_portal() -> None:
    assert set(NOT_BY_A_PAGE) - {route.name for route in ROUTES} == set()

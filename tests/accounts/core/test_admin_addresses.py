"""Every page of the Django admin opens for who may see everything there.

What the pages hold, and who may not come, is tested beside their packages and in the isolation
matrix; here no page is left out.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.gateways.services.capacity import ceiling_set
from accounts.jobs.services.beat import worker_seen
from accounts.logins.services.logins import login_lock
from accounts.mail.services.queue import mail_queue
from accounts.switches.services.refusals import door_refused
from accounts.tree.services.accounts import account_lock
from accounts.upkeep.services.checks import run_checks
from billing.carriers.services import carrier_policy_set
from tests.factories import AccountFactory, StaffFactory
from tests.factories.fixtures import signed_in
from tests.support.numbers import limit
from tests.support.pages import markup_of
from tests.support.undoing import kept_for_a_module
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.walk, pytest.mark.smoke]

MODELS = sorted(f"{one._meta.app_label}_{one._meta.model_name}" for one in site._registry)
# Deeds that are asked about on a page of their own; what is unlocked is locked.
DEEDS = {
    "accounts_account": ("lock", "unlock"),
    "accounts_user": ("lock", "unlock", "reset", "sign-out"),
    "usersessions_usersession": ("end",),
}
LOCKED = {"accounts_account": "?status__exact=locked", "accounts_user": "?is_active__exact=0"}


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[Client]:
    """A superuser's, where there is something of every kind."""
    with kept_for_a_module(django_db_blocker):
        world = World(is_authorized=True)
        limit(world.tree.agent, "allow 880")
        mail_queue("login.locked", [world.logins["customer"]])
        account_lock(actor=SYSTEM, account=world.tree.sibling, reason="x")
        login_lock(actor=SYSTEM, user=world.logins["sibling"], reason="x")
        worker_seen("worker", "default")
        door_refused(address="192.0.2.61", why="no_key")
        ceiling_set(actor=SYSTEM, account=world.tree.agent, calls=10)
        carrier_policy_set(actor=SYSTEM, account=world.tree.agent, guard="on", reason="x")
        assert list(run_checks())
        superuser = StaffFactory(username="staff-superuser", superuser=True, operator=True)
        one = signed_in(superuser)
        one.get("/security/")
        yield one


def test_there_is_every_kind() -> None:
    assert len(MODELS) == 24


def first(office: Client, model: str, only: str = "") -> Any:
    """The list of the model, and its first row."""
    page = office.get(reverse(f"admin:{model}_changelist") + only)
    return page, page.context["cl"].result_list[0]


@pytest.mark.parametrize("model", MODELS)
def test_lists_objects_and_their_histories_open(office: Client, model: str) -> None:
    page, one = first(office, model)
    assert f"{one.pk}/change/" in markup_of(page)
    for name in ("change", "history"):
        body = markup_of(office.get(reverse(f"admin:{model}_{name}", args=[one.pk])))
        assert f'href="{reverse(f"admin:{model}_changelist")}"' in body, name


@pytest.mark.parametrize("model", MODELS)
def test_addresses_of_django_s_past_lead_on(office: Client, model: str) -> None:
    _page, one = first(office, model)
    change = reverse(f"admin:{model}_change", args=[one.pk])
    answer = office.get(change.removesuffix("change/"))
    assert (answer.status_code, answer.headers["Location"]) == (302, change)


@pytest.mark.parametrize(
    ("model", "deed"), [(model, deed) for model, deeds in DEEDS.items() for deed in deeds]
)
def test_deeds_are_asked_about_first(office: Client, model: str, deed: str) -> None:
    _page, one = first(office, model, LOCKED[model] if deed == "unlock" else "")
    page = markup_of(office.get(reverse(f"admin:{model}_{deed}", args=[one.pk])))
    assert 'method="post"' in page
    assert 'type="submit"' in page


@pytest.mark.parametrize("deed", ["close", "delete"])
def test_the_end_of_an_account_is_asked_about_first(office: Client, deed: str) -> None:
    unused = AccountFactory(account_id="Never-Used")
    page = markup_of(office.get(reverse(f"admin:accounts_account_{deed}", args=[unused.pk])))
    assert "Never-Used" in page
    assert 'method="post"' in page


def test_the_frame_of_the_admin_opens(office: Client) -> None:
    assert "/admin/accounts/account/" in markup_of(office.get("/admin/"))
    assert "/admin/billing/wallet/" in markup_of(office.get("/admin/billing/"))
    catalogue = office.get("/admin/jsi18n/")
    assert catalogue.status_code == 200
    assert b"gettext" in catalogue.content
    assert office.get("/admin/password_change/done/").status_code == 200


def test_doors_of_the_admin_are_those_of_the_portal(office: Client) -> None:
    assert office.get("/admin/password_change/").headers["Location"] == "/security/password/change/"
    assert "Sign out" in markup_of(office.get("/admin/logout/"))
    assert Client().post("/admin/logout/").headers["Location"].startswith("/login/")

"""The logins of an account narrowed, counted and as a file: nothing that lets somebody in."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.logins.services.logins import login_create, login_lock
from tests.factories import ResellerTree, UserFactory
from tests.support.sheets import raw_of, read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

LIST, FILE = "/accounts/Customer-001/logins/", "/accounts/Customer-001/logins/export/?format=csv"


@pytest.fixture
def logins(reseller_tree: ResellerTree) -> None:
    """One with a second factor that signed in, one without, one that is invited, one locked."""
    account = reseller_tree.customer
    safe = UserFactory(account=account, username="safe", full_name="Kamal Uddin")
    User.objects.filter(pk=safe.pk).update(last_login=timezone.now())
    Authenticator.objects.create(user=safe, type=Authenticator.Type.TOTP, data={"secret": "s3cret"})
    UserFactory(account=account, username="bare")
    login_create(actor=SYSTEM, account=account, username="invited", by_mail=False)
    login_lock(actor=SYSTEM, user=UserFactory(account=account, username="shut"), reason="left us")


def listed(browser: Client, query: str) -> list[str]:
    answer = browser.get(f"{LIST}{query}")
    assert answer.status_code == 200
    return [line.key for line in answer.context["table"].lines]


@pytest.mark.usefixtures("logins")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["bare", "invited", "safe", "shut"]),
        ("?factor=none", ["bare", "invited"]),
        ("?factor=some", ["safe"]),
        ("?state=active", ["bare", "safe"]),
        ("?state=invited", ["invited"]),
        ("?state=locked", ["shut"]),
        ("?used=ever", ["safe"]),
        ("?used=never", ["bare", "invited", "shut"]),
        ("?used=now", []),
        ("?show=all&state=locked", ["shut"]),
    ],
)
def test_it_is_narrowed(admin: Client, query: str, names: list[str]) -> None:
    assert listed(admin, query) == names


@pytest.mark.usefixtures("logins")
def test_the_tab_of_those_without_second_factor_says_how_many(admin: Client) -> None:
    tabs = admin.get(LIST).context["views"]
    assert [(str(one["label"]), one["count"]) for one in tabs] == [
        ("All logins", ""), ("No second factor", "2"), ("Never signed in", ""), ("Locked", ""),
    ]  # fmt: skip


@pytest.mark.usefixtures("logins")
def test_the_file_holds_the_logins_of_the_page(admin: Client) -> None:
    rows = {one["User name"]: one for one in read_csv(admin.get(FILE))}
    assert list(rows) == ["bare", "invited", "safe", "shut"]
    assert (rows["safe"]["Full name"], rows["safe"]["Second factor"]) == ("Kamal Uddin", "yes")
    assert (rows["shut"]["State"], rows["shut"]["Why it is locked"]) == ("Locked", "left us")
    raw = raw_of(admin.get(FILE))
    assert b"safe" in raw
    for secret in (b"s3cret", b"argon2", b"md5$", b"pbkdf2"):
        assert secret not in raw


@pytest.mark.usefixtures("logins")
def test_who_only_reads_learns_what_the_page_says(
    reseller_tree: ResellerTree, client_of: Callable[[User], Client]
) -> None:
    desk = client_of(User.objects.get(username="bare"))
    rows = read_csv(desk.get(FILE))
    assert {one["Why it is locked"] for one in rows} == {""}
    assert "Password age" not in rows[0]
    foreign = client_of(UserFactory(account=reseller_tree.sibling))
    assert foreign.get(FILE).status_code == 404

"""One deed on many accounts: a preview first, the deed only when confirmed, nothing half done."""

import pytest

from accounts.access import SYSTEM
from accounts.models import Account
from accounts.services.accounts import account_lock
from accounts.services.ending import account_close
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(administrator, client_of):
    return client_of(administrator)


@pytest.fixture
def agent():
    agent = AccountFactory(account_id="Agent")
    for number in range(4):
        AccountFactory(account_id=f"C-{number}", parent=agent)
    AccountFactory(account_id="Other")
    return agent


def states() -> dict[str, str]:
    return dict(Account.objects.values_list("account_id", "status"))


def bulk(client, **fields):
    return client.post("/accounts/bulk/", {"agent_list": "Agent", **fields})


class TestLock:
    def test_the_preview_changes_nothing(self, admin, agent) -> None:
        answer = bulk(admin, deed="lock", account=["C-0", "C-1"])
        assert answer.status_code == 200
        assert "Lock 2 accounts" in answer.content.decode()
        assert set(states().values()) == {"active"}

    def test_confirmed_it_locks_and_leads_back_to_the_list(self, admin, agent) -> None:
        answer = bulk(
            admin, deed="lock", account=["C-0", "C-1"], confirmed="1", query="show=all&sort=name"
        )
        assert answer.status_code == 303
        assert answer.url == "/accounts/Agent/sub-accounts/?show=all&sort=name"
        assert states()["C-0"] == states()["C-1"] == "locked"
        assert states()["C-2"] == "active"

    def test_what_is_skipped_says_why(self, admin, agent) -> None:
        account_lock(actor=SYSTEM, account=Account.objects.get(account_id="C-0"))
        account_close(actor=SYSTEM, account=Account.objects.get(account_id="C-1"), reason="x")
        answer = bulk(admin, deed="lock", account=["C-0", "C-1", "C-2"])
        reasons = {one.account.account_id: str(one.reason) for one in answer.context["skipped"]}
        assert reasons == {"C-0": "It is locked already.", "C-1": "It is closed."}
        assert [one.account_id for one in answer.context["changing"]] == ["C-2"]

    def test_unlock_undoes_it(self, admin, agent) -> None:
        account_lock(actor=SYSTEM, account=Account.objects.get(account_id="C-0"))
        bulk(admin, deed="unlock", account=["C-0"], confirmed="1")
        assert states()["C-0"] == "active"

    def test_all_matching_follows_the_filters(self, admin, agent) -> None:
        bulk(admin, deed="lock", all="1", query="q=C-0", confirmed="1")
        assert [name for name, state in states().items() if state == "locked"] == ["C-0"]

    def test_foreign_and_unknown_ids_are_the_same_nothing(self, admin, agent) -> None:
        answer = bulk(admin, deed="lock", account=["Other", "No-Such", "Agent"], confirmed="1")
        assert answer.status_code == 303
        assert set(states().values()) == {"active"}

    def test_many_need_their_number_typed(self, admin, agent, monkeypatch) -> None:
        monkeypatch.setattr("accounts.views.bulk.MASS", 2)
        answer = bulk(admin, deed="lock", all="1", confirmed="1", typed="2")
        assert answer.status_code == 422
        assert set(states().values()) == {"active"}
        assert bulk(admin, deed="lock", all="1", confirmed="1", typed="4").status_code == 303


class TestMove:
    def test_without_an_agent_it_asks_for_one(self, admin, agent) -> None:
        answer = bulk(admin, deed="move", account=["C-0"])
        assert 'name="agent"' in answer.content.decode()

    def test_the_preview_names_who_becomes_what(self, admin, agent) -> None:
        answer = bulk(admin, deed="move", all="1", agent="other")
        plan = answer.context["plan"]
        assert plan.promoted.account_id == "Other"
        assert [one.account_id for one in plan.demoted] == ["Agent"]
        assert Account.objects.get(account_id="C-0").parent.account_id == "Agent"

    def test_confirmed_it_moves(self, admin, agent) -> None:
        answer = bulk(
            admin,
            deed="move",
            account=["C-0", "C-1"],
            agent="Other",
            checked_agent="Other",
            confirmed="1",
        )
        assert answer.status_code == 303
        assert Account.objects.get(account_id="C-0").parent.account_id == "Other"

    def test_another_agent_than_the_one_shown_is_shown_first(self, admin, agent) -> None:
        AccountFactory(account_id="Third")
        answer = bulk(
            admin,
            deed="move",
            account=["C-0"],
            agent="Third",
            checked_agent="Other",
            confirmed="1",
        )
        assert answer.status_code == 200
        assert Account.objects.get(account_id="C-0").parent.account_id == "Agent"

    def test_an_unknown_agent_is_an_error_in_words(self, admin, agent) -> None:
        answer = bulk(admin, deed="move", account=["C-0"], agent="No-Such")
        assert answer.status_code == 422
        assert "Agent ID must be an existing account in your scope." in answer.content.decode()


def test_agents_cannot_yet_and_read_why(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    answer = client.post(
        "/accounts/bulk/",
        {"agent_list": "Dhaka-Retail-Sub", "deed": "lock", "account": ["Customer-001"]},
    )
    assert answer.status_code == 403
    assert "Add/delete/modify account" in answer.content.decode()


def test_a_foreign_list_does_not_exist(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    answer = client.post("/accounts/bulk/", {"agent_list": "Sylhet-Retail-Sub", "deed": "lock"})
    assert answer.status_code == 404


def test_it_cannot_be_read(administrator, client_of) -> None:
    assert client_of(administrator).get("/accounts/bulk/").status_code == 405

"""One deed on many accounts: a preview first, the deed only when confirmed, nothing half done."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry
from accounts.kit.errors import Busy, NotAllowed, Refused
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.ending import account_close
from accounts.tree.services.moving import account_move
from accounts.tree.views.bulk_deeds import DEEDS
from tests.factories import AccountFactory, StaffFactory
from tests.support.pages import sent_by_form, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


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
    """The deed chosen in the list: the answer is the preview."""
    return client.post("/accounts/bulk/", {"agent_list": "Agent", "query": "", **fields})


def confirm(client, preview, **typed):
    """The button below the preview."""
    return client.post("/accounts/bulk/", {**sent_by_form(preview, "seen"), **typed})


def preview_and_confirm(client, **fields):
    return confirm(client, bulk(client, **fields))


def told(client, answer) -> str:
    return text_of(client.get(answer["Location"]))


class TestLock:
    def test_the_preview_changes_nothing(self, admin, agent) -> None:
        answer = bulk(admin, deed="lock", account=["C-0", "C-1"])
        assert answer.status_code == 200
        assert "Lock 2 accounts" in answer.content.decode()
        assert set(states().values()) == {"active"}

    def test_ids_that_are_no_text_are_nobodys(self, admin, agent) -> None:
        answer = bulk(admin, deed="lock", account=["C-0", "a\x00b", "a\ufffdb"])
        assert "Lock 1 account" in answer.content.decode()

    @pytest.mark.parametrize("query", ["q=%00", "cursor=%00", "created_from=9999-12-31"])
    def test_a_list_of_filters_that_mean_nothing_selects_nothing(self, admin, agent, query) -> None:
        answer = bulk(admin, deed="lock", all="1", query=query)
        assert answer.status_code in (200, 303)
        assert set(states().values()) == {"active"}

    def test_confirmed_it_locks_and_leads_back_to_the_list(self, admin, agent) -> None:
        answer = preview_and_confirm(
            admin, deed="lock", account=["C-0", "C-1"], query="show=all&sort=name"
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
        answer = preview_and_confirm(admin, deed="unlock", account=["C-0"])
        assert "1 account was unlocked." in told(admin, answer)
        assert states()["C-0"] == "active"

    def test_all_matching_follows_the_filters(self, admin, agent) -> None:
        preview_and_confirm(admin, deed="lock", all="1", query="q=C-0")
        assert [name for name, state in states().items() if state == "locked"] == ["C-0"]

    def test_foreign_and_unknown_ids_are_the_same_nothing(self, admin, agent) -> None:
        answer = bulk(admin, deed="lock", account=["Other", "No-Such", "Agent"])
        assert answer.status_code == 303
        assert set(states().values()) == {"active"}

    def test_the_reason_is_kept(self, admin, agent) -> None:
        confirm(admin, bulk(admin, deed="lock", account=["C-0"]), reason=" Unpaid ")
        assert AuditEntry.objects.get(action="account.lock").reason == "Unpaid"


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
        answer = preview_and_confirm(admin, deed="move", account=["C-0", "C-1"], agent="Other")
        assert "2 accounts were moved to Other." in told(admin, answer)
        assert Account.objects.get(account_id="C-0").parent.account_id == "Other"

    def test_another_agent_than_the_one_shown_is_shown_first(self, admin, agent) -> None:
        AccountFactory(account_id="Third")
        preview = bulk(admin, deed="move", account=["C-0"], agent="Other")
        answer = confirm(admin, preview, agent="Third")
        assert answer.status_code == 409
        assert "Move 1 account to Third" in text_of(answer)
        assert Account.objects.get(account_id="C-0").parent.account_id == "Agent"

    def test_the_agent_can_be_chosen_again(self, admin, agent) -> None:
        preview = bulk(admin, deed="move", account=["C-0"], agent="Other")
        answer = admin.post("/accounts/bulk/", sent_by_form(preview, "account"))
        assert 'name="agent"' in answer.content.decode()

    def test_no_agent_is_an_error_in_words(self, admin, agent) -> None:
        answer = bulk(admin, deed="move", account=["C-0"], agent=" ")
        assert answer.status_code == 422
        assert "Enter the new Agent ID." in text_of(answer)

    def test_an_unknown_agent_is_an_error_in_words(self, admin, agent) -> None:
        answer = bulk(admin, deed="move", account=["C-0"], agent="No-Such")
        assert answer.status_code == 422
        assert "Agent ID must be an existing account in your scope." in answer.content.decode()


class TestWhatWasSeen:
    """A confirmation is worth what the preview showed, and nothing else."""

    def nothing_happened(self, answer) -> bool:
        return answer.status_code == 409 and "locked" not in states().values()

    def test_without_a_preview_nothing_is_confirmed(self, admin, agent) -> None:
        answer = bulk(admin, deed="lock", account=["C-0"], reason="x", typed="1")
        assert answer.status_code == 200
        assert states()["C-0"] == "active"

    def test_a_match_that_came_later_is_shown_first(self, admin, agent) -> None:
        preview = bulk(admin, deed="lock", all="1")
        AccountFactory(account_id="C-4", parent=agent)
        again = confirm(admin, preview, reason="Unpaid")
        assert self.nothing_happened(again)
        assert "What you saw is out of date" in text_of(again)
        assert "Lock 5 accounts" in text_of(again)
        assert sent_by_form(again, "seen")["reason"] == ["Unpaid"]
        assert confirm(admin, again).status_code == 303
        assert states()["C-4"] == "locked"

    def test_a_match_that_went_is_not_taken_along(self, admin, agent) -> None:
        preview = bulk(admin, deed="lock", all="1", query="q=C-")
        other = Account.objects.get(account_id="Other")
        account_move(actor=SYSTEM, account=Account.objects.get(account_id="C-3"), parent=other)
        again = confirm(admin, preview)
        assert self.nothing_happened(again)
        assert "Lock 3 accounts" in text_of(again)

    def test_an_account_that_left_the_list_is_missed(self, admin, agent) -> None:
        preview = bulk(admin, deed="lock", account=["C-0", "C-1"])
        other = Account.objects.get(account_id="Other")
        account_move(actor=SYSTEM, account=Account.objects.get(account_id="C-1"), parent=other)
        again = confirm(admin, preview)
        assert self.nothing_happened(again)
        assert "What you saw is out of date" in text_of(again)
        assert [one.account_id for one in again.context["changing"]] == ["C-0"]

    def test_when_all_of_them_left_the_list_it_says_so(self, admin, agent) -> None:
        preview = bulk(admin, deed="lock", account=["C-1"])
        other = Account.objects.get(account_id="Other")
        account_move(actor=SYSTEM, account=Account.objects.get(account_id="C-1"), parent=other)
        assert "What you saw is out of date" in told(admin, confirm(admin, preview))
        assert states()["C-1"] == "active"

    def test_what_somebody_else_did_meanwhile_is_shown(self, admin, agent) -> None:
        preview = bulk(admin, deed="lock", account=["C-0", "C-1"])
        account_lock(actor=SYSTEM, account=Account.objects.get(account_id="C-1"))
        again = confirm(admin, preview)
        assert again.status_code == 409
        assert [one.account.account_id for one in again.context["skipped"]] == ["C-1"]
        assert states()["C-0"] == "active"

    def test_what_grew_below_is_shown(self, admin, agent) -> None:
        preview = bulk(admin, deed="lock", account=["C-0"])
        AccountFactory(parent=Account.objects.get(account_id="C-0"))
        again = confirm(admin, preview)
        assert self.nothing_happened(again)
        assert "With everything below them, 2 accounts are affected." in text_of(again)

    def test_another_deed_than_the_one_shown_is_not_done(self, admin, agent) -> None:
        account_lock(actor=SYSTEM, account=Account.objects.get(account_id="C-0"))
        preview = bulk(admin, deed="unlock", account=["C-0", "C-1"])
        assert confirm(admin, preview, deed="lock").status_code == 409
        assert states()["C-1"] == "active"

    def test_another_persons_preview_confirms_nothing(self, admin, agent, client_of) -> None:
        other = client_of(StaffFactory(username="second-admin", administrator=True))
        preview = bulk(other, deed="lock", account=["C-0"])
        assert self.nothing_happened(confirm(admin, preview))
        assert self.nothing_happened(confirm(admin, preview, seen="é"))


@pytest.mark.parametrize("deed", ["lock", "unlock", "move"])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("It stands against it.", code="rule"), 422),
        (NotAllowed("It stands against it.", code="not_authorized"), 403),
        (Busy(), 503),
    ],
)
def test_every_refusal_is_said_in_words_above_the_preview(
    admin, agent, monkeypatch, deed, error, status
) -> None:
    account_lock(actor=SYSTEM, account=Account.objects.get(account_id="C-1"))

    def refuse(**_kwargs) -> None:
        raise error

    monkeypatch.setattr("accounts.tree.views.bulk_deeds.accounts_set_status", refuse)
    monkeypatch.setattr("accounts.tree.views.bulk_deeds.accounts_move", refuse)
    answer = preview_and_confirm(admin, deed=deed, account=["C-0", "C-1"], agent="Other")
    assert answer.status_code == status
    assert str(error.message) in text_of(answer)
    assert sorted(sent_by_form(answer, "seen")["account"]) == ["C-0", "C-1"]


def test_more_than_can_be_done_at_once_are_refused(admin, agent, monkeypatch) -> None:
    monkeypatch.setitem(DEEDS, "lock", replace(DEEDS["lock"], most=3))
    answer = bulk(admin, deed="lock", all="1")
    assert answer.status_code == 422
    assert "At most 3 accounts can be changed at once" in text_of(answer)
    assert 'name="seen"' not in answer.content.decode()


@pytest.mark.parametrize("deed", ["lock", "unlock", "move"])
def test_a_preview_takes_no_more_queries_for_more_accounts(
    admin, agent, django_assert_max_num_queries, deed
) -> None:
    for one in Account.objects.filter(parent=agent):
        AccountFactory(parent=one)
    with CaptureQueriesContext(connection) as few:
        bulk(admin, deed=deed, account=["C-0"], agent="Other")
    with django_assert_max_num_queries(len(few)):
        bulk(admin, deed=deed, all="1", agent="Other")


def test_agents_cannot_yet_and_read_why(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    answer = client.post(
        "/accounts/bulk/",
        {
            "agent_list": "Dhaka-Retail-Sub",
            "query": "",
            "deed": "lock",
            "account": ["Customer-001"],
        },
    )
    assert answer.status_code == 403
    assert "Add/delete/modify account" in answer.content.decode()


def test_a_foreign_list_does_not_exist(reseller_tree, agent_login, client_of) -> None:
    client = client_of(agent_login(reseller_tree.agent))
    answer = client.post(
        "/accounts/bulk/", {"agent_list": "Sylhet-Retail-Sub", "query": "", "deed": "lock"}
    )
    assert answer.status_code == 404


def test_it_cannot_be_read(administrator, client_of) -> None:
    assert client_of(administrator).get("/accounts/bulk/").status_code == 405

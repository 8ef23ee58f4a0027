"""Who affects more than a hundred accounts types how many: on every page that can."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, User
from accounts.portal.forms.mass import MassForm
from accounts.tree.services.accounts import account_lock
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import AccountFactory
from tests.support.pages import field_error, markup_of, sent_by_form, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

# Big, its agent Mid, 50 customers below Mid and 60 more below Big itself.
BIG, BELOW_BIG, MID = 112, 111, 51
# Each page, what it sends besides the reason, and how many accounts it affects.
PAGES = [
    pytest.param("Big/lock", {}, BIG, id="lock"),
    pytest.param("Locked/unlock", {}, 101, id="unlock"),
    pytest.param("Big/move", {"parent": "Other"}, BIG, id="move"),
    pytest.param("Big/move-sub-accounts", {"parent": "Other"}, BELOW_BIG, id="move-sub-accounts"),
]


@pytest.fixture
def admin(administrator: User, client_of: Callable[[User], Client]) -> Client:
    drafts = [Draft("Big", "Big"), Draft("Mid", "Mid", "Big"), Draft("Other", "Other")]
    drafts += [Draft(f"M-{n}", "Customer", "Mid") for n in range(50)]
    drafts += [Draft(f"B-{n}", "Customer", "Big") for n in range(60)]
    drafts += [Draft("Locked", "Locked"), Draft("Hundred", "Hundred")]
    drafts += [Draft(f"L-{n}", "Customer", "Locked") for n in range(100)]
    drafts += [Draft(f"H-{n}", "Customer", "Hundred") for n in range(99)]
    accounts_load(actor=SYSTEM, drafts=drafts)
    account_lock(actor=SYSTEM, account=Account.objects.get(account_id="Locked"))
    return client_of(administrator)


def everything() -> list[tuple[Any, ...]]:
    """What a deed could have changed."""
    return list(Account.objects.order_by("pk").values_list("pk", "status", "parent", "version"))


@pytest.mark.parametrize(("page", "data", "affected"), PAGES)
class TestOnePage:
    def test_it_says_how_many_and_asks_for_the_number(
        self, admin: Client, page: str, data: dict[str, str], affected: int
    ) -> None:
        answer = admin.get(f"/accounts/{page}/", data)
        words = f"This affects {affected} accounts, those below included. Type {affected}"
        assert words in text_of(answer)

    @pytest.mark.parametrize("typed", [None, "", "1", "many", "-1", "112.5", "²"])
    def test_without_the_number_nothing_changes(
        self, admin: Client, page: str, data: dict[str, str], affected: int, typed: str | None
    ) -> None:
        before = everything()
        sent = {**data, "reason": "x"} | ({} if typed is None else {"typed": typed})
        answer = admin.post(f"/accounts/{page}/", sent)
        assert answer.status_code == 422
        asked = f"Type the number of accounts, {affected}, to confirm."
        if typed is None:
            asked = "This did not arrive. Open the form again and send it as a whole."
        assert field_error(answer, "typed") == asked
        assert everything() == before

    def test_with_the_number_it_is_done(
        self, admin: Client, page: str, data: dict[str, str], affected: int
    ) -> None:
        before = everything()
        sent = {**data, "reason": "x", "typed": f" {affected} "}
        assert admin.post(f"/accounts/{page}/", sent).status_code == 303
        assert everything() != before

    def test_so_many_take_a_reason_as_well(
        self, admin: Client, page: str, data: dict[str, str], affected: int
    ) -> None:
        before = everything()
        answer = admin.post(f"/accounts/{page}/", {**data, "reason": "", "typed": str(affected)})
        assert answer.status_code == 422
        assert field_error(answer, "reason") == "Give a reason."
        assert everything() == before

    def test_what_was_added_since_counts(
        self, admin: Client, page: str, data: dict[str, str], affected: int
    ) -> None:
        agent = Account.objects.get(account_id=page.partition("/")[0])
        AccountFactory(parent=agent)
        sent = {**data, "reason": "x", "typed": str(affected)}
        answer = admin.post(f"/accounts/{page}/", sent)
        assert f"{affected + 1}, to confirm" in field_error(answer, "typed")


@pytest.mark.parametrize(
    ("page", "data"),
    [("lock", {}), ("move", {"parent": "Other"}), ("move-sub-accounts", {"parent": "Other"})],
)
def test_a_hundred_take_no_number(admin: Client, page: str, data: dict[str, str]) -> None:
    url = f"/accounts/Hundred/{page}/"
    assert 'name="typed"' not in markup_of(admin.get(url, data))
    assert admin.post(url, {**data, "reason": "x"}).status_code == 303


class TestBulk:
    def preview(self, client: Client, *accounts: str, **data: str) -> Any:
        sent = {"agent_list": "", "query": "show=all", "account": accounts, **data}
        return client.post("/accounts/bulk/", sent)

    def confirm(self, client: Client, preview: Any, **typed: str) -> Any:
        return client.post("/accounts/bulk/", {**sent_by_form(preview, "seen"), **typed})

    def test_what_is_below_the_selected_ones_counts(self, admin: Client) -> None:
        preview = self.preview(admin, "Big", deed="lock")
        assert "With everything below them, 112 accounts are affected." in text_of(preview)
        before = everything()
        for typed in ("", "1"):
            answer = self.confirm(admin, preview, reason="x", typed=typed)
            assert answer.status_code == 422
            assert field_error(answer, "typed").startswith("Type the number of accounts, 112")
        assert everything() == before
        assert self.confirm(admin, preview, reason="x", typed="112").status_code == 303

    def test_what_is_selected_twice_counts_once(self, admin: Client) -> None:
        preview = self.preview(admin, "M-1", "Mid", "Big", "B-1", "Other", deed="lock")
        assert "This affects 113 accounts" in text_of(preview)

    def test_branches_beside_each_other_add_up(self, admin: Client) -> None:
        preview = self.preview(admin, "Mid", "Hundred", deed="lock")
        assert f"This affects {MID + 100} accounts" in text_of(preview)

    def test_what_is_skipped_does_not_count(self, admin: Client) -> None:
        preview = self.preview(admin, "Locked", "B-1", deed="lock")
        assert 'name="typed"' not in markup_of(preview)

    def test_unlocking_counts_alike(self, admin: Client) -> None:
        preview = self.preview(admin, "Locked", deed="unlock")
        assert self.confirm(admin, preview, reason="x").status_code == 422
        assert self.confirm(admin, preview, reason="x", typed="101").status_code == 303

    def test_moving_counts_alike(self, admin: Client) -> None:
        preview = self.preview(admin, "Big", deed="move", agent="Other")
        assert self.confirm(admin, preview, reason="x").status_code == 422
        assert self.confirm(admin, preview, reason="x", typed="112").status_code == 303
        assert Account.objects.get(account_id="Big").parent.account_id == "Other"

    def test_everything_that_matches_is_what_was_seen(self, admin: Client) -> None:
        preview = self.preview(admin, deed="lock", all="1", agent_list="Big")
        AccountFactory(parent=Account.objects.get(account_id="Big"))
        before = everything()
        again = self.confirm(admin, preview, reason="x", typed="111")
        assert again.status_code == 409
        assert "Lock 112 accounts" in text_of(again)
        assert everything() == before
        assert self.confirm(admin, again, reason="x", typed="112").status_code == 303


@pytest.mark.parametrize(
    "typed", ["1234", "1,234", "1 234", "1.234", "1'234", "\u0967\u0968\u0969\u096a"]
)
def test_the_number_may_be_grouped_and_written_as_people_do(typed: str) -> None:
    form = MassForm({"reason": "x", "typed": typed}, actor=SYSTEM, affected=1234)
    assert form.is_valid(), form.errors

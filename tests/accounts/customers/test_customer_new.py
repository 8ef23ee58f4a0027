"""A new customer in three fields: the account, its terms and its telephone, or nothing of it."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.actor import SYSTEM
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.phones.models import Phone
from billing.rates.services.groups import group_create
from billing.wallets.models import RateGroup
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant, phone
from tests.support.buying import buys_at
from tests.support.pages import field_error, just_signed_in, markup_of, words_of

pytestmark = pytest.mark.django_db

URL = "/accounts/new/customer/"
NUMBER = "8801711000101"
Browser = Callable[[User], Client]


@pytest.fixture
def desk(reseller_tree: ResellerTree) -> Client:
    """Dhaka's login, which may add accounts and phones."""
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT, Authorization.MANAGE_PHONE)
    return just_signed_in(UserFactory(account=reseller_tree.agent, username="dhaka"))


def sent(desk: Client, follow: bool = False, **fields: str) -> object:
    typed = {"name": "Corner Shop", "account_id": "", "number": "", **fields}
    return desk.post(URL, typed, follow=follow)


def test_the_account_and_its_phone_are_made_together(
    desk: Client, reseller_tree: ResellerTree
) -> None:
    page = words_of(sent(desk, True, account_id="Corner-Shop", number="+880 1711-000101"))
    assert "Corner-Shop and its phone" in page
    made = Account.objects.get(account_id="Corner-Shop")
    assert (made.name, made.parent) == ("Corner Shop", reseller_tree.agent)
    assert Phone.objects.get(number=NUMBER).account == made


def test_its_qr_code_is_there_to_hand_over(desk: Client) -> None:
    page = markup_of(sent(desk, True, number=NUMBER))
    assert f'alt="QR code to set up {NUMBER}"' in page
    assert 'href="/accounts/Dhaka-Retail-CornerShop/"' in page


def test_an_id_is_made_from_the_name(desk: Client) -> None:
    assert sent(desk).status_code == 303
    assert Account.objects.filter(account_id="Dhaka-Retail-CornerShop").exists()


def test_a_name_without_a_letter_makes_no_id(desk: Client) -> None:
    answer = sent(desk, name="***")
    assert answer.status_code == 422
    assert "Enter an Account ID." in field_error(answer, "account_id")


def test_without_a_number_there_is_no_phone(desk: Client) -> None:
    assert sent(desk)["Location"] == "/accounts/Dhaka-Retail-CornerShop/"
    assert not Phone.objects.exists()


def test_a_number_that_is_taken_makes_no_account_either(
    desk: Client, reseller_tree: ResellerTree
) -> None:
    phone(reseller_tree.customer, NUMBER)
    answer = sent(desk, number=NUMBER)
    assert answer.status_code == 422
    assert field_error(answer, "number")
    assert not Account.objects.filter(name="Corner Shop").exists()


def test_what_another_agent_has_is_not_available_and_nothing_is_told_of_it(
    desk: Client, reseller_tree: ResellerTree
) -> None:
    phone(reseller_tree.sibling_customer, NUMBER)
    answer = sent(desk, number=NUMBER)
    assert "is not available" in field_error(answer, "number")
    page = markup_of(answer, 422)
    assert "Sylhet" not in page
    assert "Customer-101" not in page


def test_an_id_that_is_taken_is_said_at_its_field(desk: Client) -> None:
    answer = sent(desk, account_id="Customer-201", number=NUMBER)
    assert "is not available" in field_error(answer, "account_id")
    assert not Phone.objects.exists()


def test_who_adds_no_phones_has_two_fields(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, Authorization.MANAGE_ACCOUNT)
    desk = just_signed_in(UserFactory(account=reseller_tree.agent))
    assert 'name="number"' not in markup_of(desk.get(URL))
    assert sent(desk).status_code == 303
    assert sent(desk, account_id="Other", number=NUMBER).status_code == 422


def test_a_customer_adds_nobody(client_of: Browser, reseller_tree: ResellerTree) -> None:
    assert client_of(UserFactory(account=reseller_tree.customer)).get(URL).status_code == 403


def test_where_an_approval_is_needed_the_long_form_asks_for_it(
    client_of: Browser, reseller_tree: ResellerTree
) -> None:
    grant(reseller_tree.customer, Authorization.MANAGE_ACCOUNT)
    client = client_of(UserFactory(account=reseller_tree.customer))
    assert client.get(URL)["Location"] == "/accounts/new/"
    assert sent(client)["Location"] == "/accounts/new/"
    assert not Account.objects.filter(name="Corner Shop").exists()


def test_administrators_add_at_the_top_level(admin: Client, reseller_tree: ResellerTree) -> None:
    assert "At the top level" in words_of(admin.get(URL))
    assert sent(admin, account_id="Corner-Shop").status_code == 303
    assert Account.objects.get(account_id="Corner-Shop").parent is None


class TestTheUsualTerms:
    @pytest.fixture
    def group(self, reseller_tree: ResellerTree) -> RateGroup:
        """What both of Dhaka's customers buy at."""
        group = group_create(actor=SYSTEM, name="Shops", owner=reseller_tree.agent)
        buys_at(reseller_tree.customer, group)
        buys_at(reseller_tree.customer_2, group)
        return group

    def test_a_new_one_buys_at_what_most_buy_at(self, desk: Client, group: RateGroup) -> None:
        group_create(actor=SYSTEM, name="Idle", owner=group.owner)
        assert "rate group Shops" in words_of(desk.get(URL))
        sent(desk)
        made = Account.objects.get(name="Corner Shop")
        assert made.wallet.rate_group == group

    def test_a_group_that_may_not_be_given_is_not_usual(
        self, desk: Client, reseller_tree: ResellerTree
    ) -> None:
        other = group_create(actor=SYSTEM, name="Foreign", owner=reseller_tree.sibling)
        buys_at(reseller_tree.customer, other)
        assert "Foreign" not in words_of(desk.get(URL))
        sent(desk)
        assert Account.objects.get(name="Corner Shop").wallet.rate_group is None

    def test_it_is_on_record(self, desk: Client, group: RateGroup) -> None:
        sent(desk, number=NUMBER)
        deeds = AuditEntry.objects.filter(account="Dhaka-Retail-CornerShop")
        actions = set(deeds.values_list("action", flat=True))
        assert actions == {"account.create", "wallet.terms", "phone.create"}


class TestTheNextNumber:
    def offered(self, desk: Client) -> str:
        page = markup_of(desk.get(URL))
        return page.partition('name="number"')[2].partition(">")[0]

    def test_it_follows_the_last_that_was_added(
        self, desk: Client, reseller_tree: ResellerTree
    ) -> None:
        phone(reseller_tree.customer, "8801711000110")
        phone(reseller_tree.customer_2, "8801711000100")
        assert 'value="8801711000101"' in self.offered(desk)

    def test_numbers_of_the_own_hierarchy_are_passed_over(
        self, desk: Client, reseller_tree: ResellerTree
    ) -> None:
        phone(reseller_tree.deep_customer, "8801711000101")
        phone(reseller_tree.customer, "8801711000100")
        assert 'value="8801711000102"' in self.offered(desk)

    def test_whether_others_have_it_is_not_told(
        self, desk: Client, reseller_tree: ResellerTree
    ) -> None:
        phone(reseller_tree.sibling_customer, "8801711000101")
        phone(reseller_tree.customer, "8801711000100")
        assert 'value="8801711000101"' in self.offered(desk)

    def test_without_phones_nothing_is_offered(self, desk: Client) -> None:
        assert "value=" not in self.offered(desk)

    def test_others_phones_are_not_counted_from(
        self, desk: Client, reseller_tree: ResellerTree
    ) -> None:
        phone(reseller_tree.sibling_customer, "8801711000100")
        assert "value=" not in self.offered(desk)


def test_the_name_comes_along_from_the_start_page(desk: Client) -> None:
    page = markup_of(desk.get(URL, {"name": "Corner Shop"}))
    assert 'value="Corner Shop"' in page
    assert 'value="Dhaka-Retail-CornerShop"' in page


def test_queries_do_not_grow_with_the_phones_there_are(
    desk: Client, reseller_tree: ResellerTree, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for at in range(12):
        below = AccountFactory(parent=reseller_tree.agent)
        phone(below, f"88017110002{at:02d}")
    desk.get(URL)
    with django_assert_max_num_queries(16):
        desk.get(URL)

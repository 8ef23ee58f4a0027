"""No way into an account that holds something is mailed to an address that an operator set."""

import pytest

from accounts.authorizations.services.grants import grants_set
from accounts.core.actor import SYSTEM, Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, LoginCode
from accounts.kit.errors import Refused
from accounts.logins.queries import opened_by_operators
from accounts.logins.services.logins import login_edit, login_reset
from tests.factories import grant
from tests.factories.fixtures import signed_in
from tests.support.mails import forget_mails
from tests.support.operators import (
    CHOSEN,
    addressed,
    again,
    ask_for_link,
    filled,
    link_mailed,
    opened,
    use_link,
)
from tests.support.pages import text_of

pytestmark = pytest.mark.django_db

A = Authorization


class TestAnAddressThatAnOperatorSet:
    def test_a_reset_mailed_there_leaves_the_mark(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(login_operator, account)
        issued = login_reset(actor=boss, user=login, by_mail=True)
        assert issued.mailed_to == "operator@x.example"
        assert opened_by_operators(account) == ["shop"]
        with pytest.raises(Refused):
            grants_set(
                actor=login_operator,
                account=account,
                codes=frozenset({A.PAY_OWN_ACCOUNT}),
                reason="x",
            )
        grant(account, A.PAY_OWN_ACCOUNT)
        assert not LoginCode.objects.filter(user=login, used_at=None).exists()

    @pytest.mark.parametrize("who", ["boss", "system", "operator"])
    def test_takes_no_reset_by_mail_where_the_account_holds_something(
        self, login_operator: Actor, boss: Actor, account: Account, who: str
    ) -> None:
        login = addressed(login_operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        actor = {"boss": boss, "system": SYSTEM, "operator": login_operator}[who]
        with pytest.raises(Refused, match="one-time code, or set its address") as caught:
            login_reset(actor=actor, user=login, by_mail=True)
        assert caught.value.field == "by_mail"
        assert not LoginCode.objects.filter(user=login, used_at=None).exists()

    def test_is_said_on_the_page(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        addressed(login_operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        browser = signed_in(boss.user)  # type: ignore[arg-type]
        at = f"/accounts/{account.account_id}/logins/shop/reset/"
        assert "removed in any case" in text_of(browser.get(at))
        answer = filled(browser, at, "way_in", way_in="mail")
        assert answer.status_code == 422
        assert "Reset it with a one-time code" in text_of(answer)
        assert "data-one-time-code" in filled(browser, at, "way_in", way_in="code").content.decode()
        assert opened_by_operators(account) == []

    def test_is_one_no_more_once_somebody_above_sets_another(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(login_operator, account)
        grant(account, A.PAY_OWN_ACCOUNT)
        login_edit(actor=boss, user=login, full_name="Shop")
        assert again(login).email_by_operator
        login_edit(actor=boss, user=login, email="shop@x.example")
        assert opened_by_operators(account) == ["shop"]
        assert login_reset(actor=boss, user=login).mailed_to == "shop@x.example"
        assert opened_by_operators(account) == []


class TestAForgottenPassword:
    def test_is_mailed_to_no_operators_address_where_the_account_holds_something(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(login_operator, account)
        login_reset(actor=boss, user=login, by_mail=False)
        grant(account, A.PAY_OWN_ACCOUNT)
        answer = ask_for_link()
        assert link_mailed() == ""
        assert text_of(answer) == text_of(ask_for_link("nobody@x.example"))

    def test_a_link_of_before_does_not_work(self, login_operator: Actor, account: Account) -> None:
        login = addressed(login_operator, account)
        ask_for_link()
        link = link_mailed()
        assert link
        grant(account, A.PAY_OWN_ACCOUNT)
        use_link(link)
        assert not again(login).check_password(CHOSEN)

    def test_nor_does_one_that_was_asked_for_after_a_reset_with_a_code(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        login = addressed(login_operator, account)
        login_reset(actor=boss, user=login, by_mail=False)
        ask_for_link()
        grant(account, A.PAY_OWN_ACCOUNT)
        use_link(link_mailed())
        assert not again(login).check_password(CHOSEN)

    def test_who_used_one_before_is_shut_out_by_the_grant(
        self, login_operator: Actor, boss: Actor, account: Account
    ) -> None:
        """Though somebody above had reset the login in between."""
        login = addressed(login_operator, account)
        login_reset(actor=boss, user=login, by_mail=False)
        ask_for_link()
        use_link(link_mailed())
        assert again(login).check_password(CHOSEN)
        assert opened_by_operators(account) == ["shop"]
        grant(account, A.PAY_OWN_ACCOUNT)
        assert not again(login).has_usable_password()

    def test_a_shut_login_waits_for_a_reset(self, login_operator: Actor, account: Account) -> None:
        login, _browser = opened(login_operator, account)
        login_edit(actor=SYSTEM, user=login, email="known@x.example")
        grant(account, A.PAY_OWN_ACCOUNT)
        forget_mails()
        ask_for_link("known@x.example")
        assert link_mailed() == ""

    def test_where_it_holds_nothing_it_works_as_ever(
        self, login_operator: Actor, account: Account
    ) -> None:
        login = addressed(login_operator, account)
        ask_for_link()
        use_link(link_mailed())
        assert again(login).check_password(CHOSEN)

"""What operators do to logins in tests, and the browsers in which they are in with them."""

import re
from typing import Any

from django.test import Client

from accounts.core.actor import Actor
from accounts.core.models import Account, User
from accounts.logins.queries import sessions_alive
from accounts.logins.services.logins import login_create, login_edit
from tests.factories import UserFactory
from tests.support.mails import forget_mails, mails_sent
from tests.support.pages import sent_by_form

CHOSEN = "A-long-pass-phrase-77"


def again(login: User) -> User:
    return User.objects.get(pk=login.pk)


def filled(browser: Client, at: str, holding: str, **typed: Any) -> Any:
    """The answer to the form of the page that holds a field, with this typed into it."""
    sent = sent_by_form(browser.get(at), holding)
    return browser.post(at, sent | {name: [value] for name, value in typed.items()}, follow=True)


def opened(operator: Actor, account: Account, username: str = "mallory") -> tuple[User, Client]:
    """A login that an operator made, with the browser in which the operator is in with it."""
    issued = login_create(actor=operator, account=account, username=username, by_mail=False)
    browser = Client()
    filled(browser, "/login/", "password", login=username, password=issued.code)
    filled(browser, "/security/password/choose/", "password1", password1=CHOSEN, password2=CHOSEN)
    login = again(issued.user)
    assert login.check_password(CHOSEN)
    assert sessions_alive(login).exists()
    return login, browser


def addressed(operator: Actor, account: Account) -> User:
    """An honest login whose address an operator changed."""
    login: User = UserFactory(account=account, username="shop", email="shop@x.example")
    login_edit(actor=operator, user=login, email="operator@x.example")
    forget_mails()
    return again(login)


def is_signed_in(browser: Client) -> bool:
    return browser.get("/security/").status_code == 200


def link_mailed() -> str:
    """The path of the link for a forgotten password that was mailed ("": none was)."""
    found = [
        re.search(r"https?://[^/\s]+(/security/password/reset/\S+)", one.body)
        for one in mails_sent()
    ]
    return next((one.group(1) for one in found if one), "")


def ask_for_link(address: str = "operator@x.example") -> Any:
    return Client().post("/security/password/reset/", {"email": address}, follow=True)


def use_link(link: str) -> None:
    browser = Client()
    answer = browser.get(link, follow=True)
    at = answer.redirect_chain[-1][0] if answer.redirect_chain else link
    browser.post(at, {"password1": CHOSEN, "password2": CHOSEN})

"""The hands of an agent that attacks: the same deeds by service and by page. Each says whether it
was permitted, and fails the test where the portal answers with anything but yes or a refusal.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.test import Client

from accounts.core.actor import Actor, actor_for
from accounts.core.models import Account, User
from accounts.kit.errors import DomainError
from accounts.tree.services.accounts import account_create
from accounts.tree.services.moving import account_move
from billing.distributions.lines import read, total
from billing.distributions.services.drafts import distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.handing_out.services.terms import terms_set
from billing.payments.services.paying import Payment, payment_make
from tests.support.answering import answered
from tests.support.distributing import check, confirm, draft
from tests.support.pages import just_signed_in
from tests.support.paying import form, page_of, pay

REFUSED = (403, 422)


@dataclass
class ServiceHands:
    """By the services."""

    login: User
    refusal: str = ""

    def limit(self, account: Account, limit: int) -> bool:
        return self._does(terms_set, account=account, credit_limit=Decimal(limit))

    def pay(self, account: Account, amount: int, **more: str) -> bool:
        return self._does(pay, account=account, amount=str(amount), **more)

    def deduct(self, account: Account, amount: int) -> bool:
        return self.pay(account, amount, kind="deduction")

    def make_zero(self, account: Account) -> bool:
        payment = Payment("make_zero")
        return self._does(
            payment_make, account=account, payment=payment, idempotency_key=str(uuid4())
        )

    def distribute(self, lines: str) -> bool:
        return self._does(_distributed, text=lines)

    def create(self, account_id: str, agent: Account, limit: int) -> bool:
        return self._does(_created, account_id=account_id, parent=agent, limit=limit)

    def move(self, account: Account, agent: Account) -> bool:
        return self._does(account_move, account=account, parent=agent)

    def _does(self, service: Any, **given: Any) -> bool:
        try:
            service(actor=actor_for(User.objects.get(pk=self.login.pk)), **given)
        except DomainError as refused:
            self.refusal = str(refused.message)
            return False
        return True


@dataclass
class PageHands:
    """By the pages, as a browser sends their forms."""

    login: User
    refusal: str = ""

    def __post_init__(self) -> None:
        self.browser: Client = just_signed_in(self.login)

    def limit(self, account: Account, limit: int) -> bool:
        url = f"/accounts/{account.account_id}/edit/"
        sent = answered(self.browser.get(url), {"credit_limit": str(limit)})
        answer = self.browser.post(url, sent)
        if answer.status_code == 200:  # Below what is used: it asks once more.
            answer = self.browser.post(url, answered(answer, {"confirmed": "1"}))
        return self._was_permitted(answer)

    def pay(self, account: Account, amount: int, kind: str = "recharge") -> bool:
        return self._pay(account, form(str(amount), kind))

    def make_zero(self, account: Account) -> bool:
        return self._pay(account, form("", "make_zero"))

    def _pay(self, account: Account, sent: dict[str, str]) -> bool:
        url = page_of(account)
        answer = self.browser.post(url, sent)
        if answer.status_code == 200:
            # The same amount once more, a moment later, is meant.
            confirmed = {**answered(answer, {"confirmed": "1"}), "again": "on"}
            answer = self.browser.post(url, confirmed)
        return self._was_permitted(answer)

    def deduct(self, account: Account, amount: int) -> bool:
        return self.pay(account, amount, "deduction")

    def distribute(self, lines: str) -> bool:
        page = check(self.browser, lines=lines, control_sum=str(total(read(lines, None))))
        if "seen" not in page.content.decode():
            self.refusal = page.content.decode()
            return False
        return self._was_permitted(confirm(self.browser, page))

    def create(self, account_id: str, agent: Account, limit: int) -> bool:
        url = f"/accounts/new/?agent={agent.account_id}"
        new = {"account_id": account_id, "name": "x", "credit_limit": str(limit)}
        return self._was_permitted(self.browser.post(url, answered(self.browser.get(url), new)))

    def move(self, account: Account, agent: Account) -> bool:
        url = f"/accounts/{account.account_id}/move/"
        sent = {"parent": agent.account_id, "reason": "nearer", "confirmed": "1"}
        return self._was_permitted(self.browser.post(url, sent))

    def _was_permitted(self, answer: Any) -> bool:
        if answer.status_code == 303:
            return True
        assert answer.status_code in REFUSED, (answer.status_code, answer.content.decode()[:2000])
        self.refusal = answer.content.decode()
        return False


def _distributed(actor: Actor, text: str) -> None:
    one = draft(actor, text)
    plan = distribution_preview(actor=actor, distribution=one)
    distribution_pay(actor=actor, distribution=one, expected=plan.digest, is_repeat_meant=True)


@transaction.atomic
def _created(actor: Actor, account_id: str, parent: Account, limit: int) -> None:
    new = account_create(actor=actor, account_id=account_id, name="x", parent=parent)
    terms_set(actor=actor, account=new, credit_limit=Decimal(limit))

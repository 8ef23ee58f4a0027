"""Distributions, as tests hand them in and pay them by service and by page."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.core.actor import Actor
from billing.distributions.lines import read, total
from billing.distributions.models import Distribution
from billing.distributions.services.drafts import distribution_draft, distribution_preview
from billing.distributions.services.paying import distribution_pay
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_problems
from tests.support.jobs import work_off
from tests.support.pages import sent_by_form, text_of

START = "/payments/distribute/"
LIST = "Customer-001,50,R-1\nCustomer-002,25.50,R-2"


def draft(actor: Actor, text: str, control_sum: str = "", **more: Any) -> Distribution:
    """A list handed in; its control sum is right unless another one is given."""
    added = Decimal(control_sum) if control_sum else total(read(text, more.get("each")))
    key = more.pop("key", None) or uuid4()
    return distribution_draft(actor=actor, key=key, text=text, control_sum=added, **more)


def paid(actor: Actor, one: Distribution, **more: Any) -> Distribution:
    """Check and pay at once."""
    plan = distribution_preview(actor=actor, distribution=one)
    assert plan.is_ready, (plan.refusals, plan.wrong)
    one = distribution_pay(actor=actor, distribution=one, expected=plan.digest, **more)
    if one.posted_at is None:
        work_off()
        one.refresh_from_db()
    return one


def assert_nothing_paid() -> None:
    assert not Transaction.objects.exclude(batch="").exists()
    assert ledger_problems() == []


def problems(actor: Actor, text: str) -> dict[int, str]:
    """What is wrong with which line."""
    plan = distribution_preview(actor=actor, distribution=draft(actor, text))
    return {one.number: one.problem for one in plan.wrong}


def form(lines: str = LIST, control_sum: str = "75.50", **more: Any) -> dict[str, Any]:
    """What the first page sends."""
    fields = {"each": "", "method": "", "memo": "", "idempotency_key": str(uuid4())}
    fields["boxes"] = "file"
    return {"lines": lines, "control_sum": control_sum, **fields, **more}


def check(browser: Client, **more: Any) -> Any:
    """The check page of a list that was handed in."""
    answer = browser.post(START, form(**more))
    assert answer.status_code == 303, text_of(answer)[:2000]
    return browser.get(answer["Location"])


def confirm(browser: Client, page: Any, **typed: str) -> Any:
    sent = {name: values[0] for name, values in sent_by_form(page, "seen").items()}
    sent.pop("again", None)
    return browser.post(page.request["PATH_INFO"], {**sent, **typed})


def lists_of(many: list[str], amount: str = "1") -> str:
    return "\n".join(f"{name},{amount}" for name in many)

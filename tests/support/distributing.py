"""Distributions, as tests hand them in and pay them by service."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from accounts.access import Actor
from billing.distribution import read, total
from billing.models import Distribution
from billing.services.distributing import distribution_pay
from billing.services.distributions import distribution_draft, distribution_preview


def draft(actor: Actor, text: str, control_sum: str = "", **more: Any) -> Distribution:
    """A list handed in; its control sum is right unless another one is given."""
    added = Decimal(control_sum) if control_sum else total(read(text, more.get("each")))
    key = more.pop("key", None) or uuid4()
    return distribution_draft(actor=actor, key=key, text=text, control_sum=added, **more)


def paid(actor: Actor, one: Distribution, **more: Any) -> Distribution:
    """Check and pay at once."""
    plan = distribution_preview(actor=actor, distribution=one)
    assert plan.is_ready, (plan.refusals, plan.wrong)
    return distribution_pay(actor=actor, distribution=one, expected=plan.digest, **more)


def problems(actor: Actor, text: str) -> dict[int, str]:
    """What is wrong with which line."""
    plan = distribution_preview(actor=actor, distribution=draft(actor, text))
    return {one.number: one.problem for one in plan.wrong}

"""Statements that every question of a switch asks are made once: each compared with the queryset it
is made of.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.kit.prepared import padded
from billing.carriers import queries as carriers
from billing.carriers.services import carrier_policy_set
from billing.rates import queries as rates
from billing.rates.queries import plain
from tests.factories import GatewayFactory
from tests.factories.rates import rate
from tests.support.prepared import agree, agree_in_objects
from tests.support.switching import SWITCH, answered, asked
from tests.vosportal.switch.conftest import NUMBER, Switched
from vosportal.switch.queries import callers, routes
from vosportal.switch.services import answering

pytestmark = pytest.mark.django_db


def test_what_a_call_was_answered(switched: Switched) -> None:
    asked()
    agree_in_objects(answering._before, answering._BEFORE, (), SWITCH, "c-1", "")


def test_who_calls(switched: Switched) -> None:
    GatewayFactory(
        account=switched.tree.customer, name="Mine", direction="mapping",
        addresses=["203.0.113.5"],
    )  # fmt: skip
    assert agree(callers._by_number, callers._BY_NUMBER, (), switched.phone.number)
    agree_in_objects(callers._by_name, callers._BY_NAME, (), "mine")
    assert callers.caller_named({"gateway": "MINE"}) == callers.caller_named(
        {"address": "203.0.113.5"}
    )
    one = callers.network("203.0.113.5")
    along = ("gateway",)
    agree_in_objects(callers._by_range, callers._BY_RANGE, (), one.first, one.last, along=along)


def test_the_rates_of_a_number(switched: Switched) -> None:
    now = timezone.now()
    rate(switched.groups.agent, "8801", "0.05", since=now + timedelta(minutes=1))
    agent = switched.groups.agent.pk
    groups = padded(sorted([agent, switched.groups.customer.pk]))
    values = (now, *groups, *padded(["8801", "880", "88"]))
    found = agree_in_objects(rates._fitting_one, rates._FITTING, len(groups), *values)
    assert {one.prefix for one in found} == {"880", "8801"}
    assert agree(plain._of_number, plain._OF_NUMBER, len(groups), *values)
    stored = [one.plain for one in rates.rates_for([agent], NUMBER, now)[agent]]
    assert {one.prefix for one in stored} == {"880", "8801"}
    assert plain.plain_rates_for([agent], NUMBER, now) == {agent: stored}


def test_the_ways_out(switched: Switched) -> None:
    asked()
    answered()
    (row,) = agree(routes._carrying, routes._CARRYING, (), NUMBER)
    assert row[1] == "rt-one"
    assert agree(routes._carrying, routes._CARRYING, (), "494012345") == []


def test_the_rules_about_carriers(switched: Switched) -> None:
    carrier_policy_set(
        actor=SYSTEM, account=switched.tree.agent, uses="kept", carriers=[switched.carrier],
        gateways=[switched.route], guard="on", reason="Why",
    )  # fmt: skip
    pks = padded([switched.tree.customer.pk, switched.tree.agent.pk, switched.tree.top.pk])
    found = agree(carriers._rules, carriers._RULES, (), *pks)
    assert {row[3:] for row in found} == {
        (switched.carrier.pk, None), (None, switched.route.pk),
    }  # fmt: skip

"""What every level is and says of a number is read at once: the same as where each of it is asked
for, and in as many statements whatever the depth, the rules, the calls and the gateways.
"""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.actor import SYSTEM
from accounts.core.querysets import chains
from accounts.gateways.services.capacity import ceiling_set
from accounts.numbers.queries import number_chain
from accounts.numbers.verdict import Purpose
from accounts.switches.services.switches import IssuedKey, switch_seen
from billing.wallets.models import RateGroup, Wallet
from tests.factories import GatewayFactory, phone
from tests.factories.rates import LONG_AGO
from tests.factories.switches import ask
from tests.support.buying import buys_at
from tests.support.numbers import ALLOCATION, limit
from tests.support.paying import pay
from tests.support.sabotage import plant
from tests.support.switching import running_call
from tests.vosportal.switch.conftest import NUMBER, Switched
from vosportal.switch.queries.callers import Caller, by_gateway, by_phone
from vosportal.switch.queries.levels import levels_of

pytestmark = pytest.mark.django_db

# What is known and what is not, short and long, on both sides of every end of the rules below.
NUMBERS = [
    "8", "88", "880", "8801", "8801700", "8801701", "8801799", "8801800", "88017001", NUMBER,
    "33142685300", "3314268530", "123456789012345",
]  # fmt: skip
RULES = (
    "allow 88", "block 8801", "allow 8801700-8801799", "block 8801701-8801701", "allow 880171100",
    "block 33142685300-33142685300",
)  # fmt: skip


@pytest.mark.parametrize("own", [(), RULES, RULES[:2], ("block 33",), ("allow 8801700-8801799",)])
@pytest.mark.parametrize("platform", [(), RULES[1:3], ("allow 880",)])
def test_each_level_judges_as_where_all_its_rules_are_read(
    switched: Switched, own: tuple[str, ...], platform: tuple[str, ...]
) -> None:
    limit(switched.tree.customer, *own)
    limit(switched.tree.top, "allow 8", "allow 33", "block 8801702")
    limit(switched.tree.agent, "allow 1", purpose=ALLOCATION)
    limit(None, *platform)
    pk = switched.tree.customer.pk
    chain = number_chain(pk, Purpose.DESTINATION)
    for number in NUMBERS:
        levels = levels_of(Caller(pk), number)
        found = [levels.platform_passes, *(one.passes for one in levels.all[::-1])]
        assert found == [one.level.passes(number) for one in chain.levels], number


def test_a_level_is_what_its_account_is_and_has(switched: Switched) -> None:
    tree = switched.tree
    Wallet.objects.filter(pk=tree.agent.pk).update(
        credit_limit=Decimal("2.5"), held=Decimal("0.000001")
    )
    Wallet.objects.filter(pk=tree.top.pk).update(is_unlimited=True, payment_mode="postpaid")
    RateGroup.objects.filter(pk=switched.groups.agent.pk).update(time_zone="Asia/Dhaka")
    plant(tree.customer, ctd_billing_model="flow")
    ceiling_set(actor=SYSTEM, account=tree.top, calls=7)
    buys_at(tree.top, None)
    found = levels_of(Caller(tree.customer.pk), NUMBER).all
    assert [one.link for one in found] == [*chains([tree.customer.pk])[tree.customer.pk][::-1]]
    assert [one.is_flow for one in found] == [True, False, False]
    groups = switched.groups
    assert [one.group for one in found] == [groups.customer.pk, groups.agent.pk, None]
    assert found[1].zone.key == "Asia/Dhaka"
    assert [one.available for one in found] == [Decimal(10), Decimal("12.499999"), None]
    assert [one.ceiling for one in found] == [None, None, 7]


def test_of_an_account_that_is_not_there_there_are_no_levels(switched: Switched) -> None:
    assert not levels_of(Caller(0), NUMBER).all


def test_the_calls_of_what_it_comes_in_by_are_counted(switched: Switched) -> None:
    account = switched.tree.customer
    GatewayFactory(account=account, name="Mine", direction="mapping", addresses=["203.0.113.5"])
    running_call(account, "one", phone=switched.phone.number)
    running_call(account, "two", phone=switched.phone.number)
    running_call(account, "three", gateway="Mine")
    counted = {
        "phone": by_phone(switched.phone.number), "gateway": by_gateway("Mine"),
        "an account": Caller(account.pk),
    }  # fmt: skip
    found = {name: levels_of(one, NUMBER).calls for name, one in counted.items() if one}
    assert found == {"phone": 2, "gateway": 1, "an account": 0}


def _asked(issued: IssuedKey, number: str) -> list[str]:
    """The statements of one question over HTTP that is answered with yes."""
    switch_seen(switch=issued.switch, address="127.0.0.1")
    with CaptureQueriesContext(connection) as caught:
        answer = ask(issued.key.text, "authorize", {
            "call_id": number, "phone": number, "callee": NUMBER,
        }).json()  # fmt: skip
    assert answer["allowed"] is True, answer
    # Of tests alone, which are in a transaction already.
    return [one["sql"] for one in caught if "SAVEPOINT" not in one["sql"]]


def test_a_question_takes_as_many_statements_whatever_there_is(
    switched: Switched, issued: IssuedKey
) -> None:
    few = _asked(issued, switched.phone.number)
    tree = switched.tree
    for at, account in enumerate((tree.sub_agent, tree.deep_customer)):
        buys_at(account, (switched.groups.agent, switched.groups.customer)[at], since=LONG_AGO)
        pay(account, "10")
        limit(account, "allow 880", *(f"block 88018{one:02}" for one in range(50)))
    limit(None, *(f"block 88019{one:02}" for one in range(50)))
    for at in range(5):
        GatewayFactory(
            account=switched.carrier, name=f"rt-{at}", direction="routing",
            addresses=[f"198.51.100.{20 + at}", f"198.51.100.{30 + at}"],
        )  # fmt: skip
    line = phone(tree.deep_customer, "8801819000002", max_calls=500)
    for at in range(5):
        running_call(tree.deep_customer, f"up-{at}", phone=line.number)
    many = _asked(issued, line.number)
    if connection.vendor == "postgresql":
        # The key, who calls, the levels, their rates, two for the routes, the turn of the phone,
        # the money and the call, the disk.
        assert len(few) == len(many) == 9, many
    else:
        # There the money is moved level by level.
        assert len(many) - len(few) == 1, many
        assert len([one for one in many if one.lstrip().startswith(("SELECT", "WITH"))]) == 7

"""What pages of lists and dashboards ask by statements that are made once, each compared with the
queryset it is made of (the list of all of them: test_prepared.py).
"""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.core import reach
from accounts.core.actor import NOBODY
from accounts.core.scope import Scope
from accounts.logins import queries as logins
from accounts.numbers import queries as numbers
from accounts.numbers.models import NumberRule
from accounts.numbers.verdict import Purpose
from accounts.tree.queries import below
from billing.handing_out.queries import policies
from billing.ledger.models import Entry
from billing.ledger.queries import entries
from billing.ledger.queries.entries import Nearest
from billing.wallets import queries as wallets
from billing.wallets.models import PaymentPolicy, Wallet
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support.paying import pay
from tests.support.prepared import agree, agree_in_objects
from vosportal import dashboard

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(reseller_tree: ResellerTree) -> ResellerTree:
    grant(reseller_tree.agent)
    AccountFactory(account_id="Expired", valid_until=timezone.now() - timedelta(days=1))
    return reseller_tree.refresh()


@pytest.mark.parametrize("everything", [True, False])
def test_the_account_of_an_address(tree: ResellerTree, everything: bool) -> None:
    own = () if everything else (tree.agent.pk,)
    statement, build = reach._ACCOUNT, reach._account
    (found,) = agree_in_objects(
        build, statement, everything, *own, "customer-001", along=("detail", "parent")
    )
    assert found == tree.customer
    foreign = statement.objects(everything, *own, tree.other_customer.account_id.lower())
    assert bool(foreign) is everything


@pytest.mark.parametrize("everything", [True, False])
def test_those_that_are_reached(tree: ResellerTree, everything: bool) -> None:
    own = () if everything else (tree.agent.pk,)
    pks = (tree.top.pk, tree.agent.pk, tree.customer.pk, tree.other_customer.pk)
    found = reach._AMONG.rows(everything, *own, *pks)
    assert sorted(found) == sorted(reach._among(everything, *own, *pks))
    assert len(found) == (4 if everything else 2)


def test_the_sizes_of_trees(tree: ResellerTree) -> None:
    for everything, own in ((True, ()), (False, (tree.top.pk,)), (False, (tree.agent.pk,))):
        agree(reach._trees, reach._TREES, everything, *own)


def test_what_lies_below(tree: ResellerTree) -> None:
    shape = ("requests",)
    for everything, own in ((True, ()), (False, (tree.top.pk,))):
        values = ((everything, shape), *own, tree.agent.pk)
        found = below._BELOW.rows(*values)
        assert sorted(found) == sorted(below._below(*values))


def test_what_reaches_nothing_finds_nothing(tree: ResellerTree) -> None:
    assert reach.own_key(Scope.NOTHING) == (0,)
    assert reach.reached_among(NOBODY, [tree.customer.pk]) == set()
    assert reach.account_reached(NOBODY, tree.customer.account_id) is None
    assert reach.count_of_trees(Scope.NOTHING) == (0, 0)
    assert Nearest(Scope.NOTHING)(None, down=True, limit=3) == []


def test_the_figures_of_dashboards(tree: ResellerTree) -> None:
    now, since = timezone.now(), timezone.now() - timedelta(days=7)
    asked = (("expired", (("status", "expired"),)), ("soon", (("expires_within", 14),)))
    for everything, own in ((True, ()), (False, (tree.top.pk,))):
        shape = dashboard._Figures(everything, asked, (14,))
        values = (*own, now, since, now + timedelta(days=14))
        found = dashboard._FIGURES.rows(shape, *values)
        assert sorted(found) == sorted(dashboard._figures(shape, *values))


def test_new_accounts_per_day(tree: ResellerTree) -> None:
    since = timezone.now() - timedelta(days=7)
    for zone in (ZoneInfo("Asia/Dhaka"), ZoneInfo("America/Lima")):
        for everything, own in ((True, ()), (False, (tree.top.pk,))):
            shape = dashboard._PerDay(everything, zone)
            assert agree(dashboard._per_day, dashboard._PER_DAY, shape, *own, since)


def test_the_accounts_changed_last(tree: ResellerTree) -> None:
    for everything, own in ((True, ()), (False, (tree.top.pk,))):
        shape = (everything, 5)
        build, statement = dashboard._changed, dashboard._CHANGED
        agree_in_objects(build, statement, shape, *own)


def test_the_poorest_accounts(tree: ResellerTree) -> None:
    Wallet.objects.filter(pk=tree.customer.pk).update(low_balance_threshold=Decimal(5))
    for everything, own in ((True, ()), (False, (tree.top.pk,))):
        build, statement = wallets._poorest, wallets._POOREST
        agree_in_objects(build, statement, (everything, 7), *own, along=("wallet",))


def test_the_logins_of_an_account(tree: ResellerTree) -> None:
    UserFactory(account=tree.agent)
    UserFactory(account=tree.agent)
    found = agree_in_objects(logins._logins, logins._LOGINS, (), tree.agent.pk)
    assert [one.has_second_factor for one in found] == [False] * len(found)
    ((pk, count),) = agree(logins._count, logins._COUNT, (), tree.agent.pk)
    assert (pk, count) == (tree.agent.pk, len(found))
    assert logins.count_of_logins(tree.customer) == 0


def test_rules_of_destinations(tree: ResellerTree) -> None:
    assert numbers.has_destination_rules(tree.agent) is False
    NumberRule.objects.create(
        account=tree.agent, purpose=Purpose.DESTINATION, effect="block", begin="1", end="1"
    )
    assert numbers.has_destination_rules(tree.agent) is True
    agree(numbers._destination, numbers._DESTINATION, (), tree.agent.pk)


def test_the_policies_of_payments(tree: ResellerTree) -> None:
    PaymentPolicy.objects.create(account=tree.agent, per_payment=Decimal("7.5"))
    pks = (tree.top.pk, tree.agent.pk)
    (found,) = agree_in_objects(policies._policies, policies._POLICIES, (), *pks)
    assert found.per_payment == Decimal("7.5")


def test_the_entries_of_the_ledger(tree: ResellerTree) -> None:
    made = [pay(one, "7") for one in (tree.customer, tree.agent, tree.other_customer)]
    agree(entries._newest, entries._NEWEST, ())
    for down, end in ((True, 0), (False, 10**6)):
        shape = entries._Stretch(False, down, 5)
        for beside in ((), (made[1].entries.all()[0].pk,)):
            values = (tree.top.pk, end, *beside)
            agree(entries._stretch_keys, entries._STRETCH_KEYS, shape, *values)
    pks = [one.pk for one in Entry.objects.filter(wallet__isnull=False)]
    paths = ("wallet", "wallet.account", "transaction")
    agree_in_objects(entries._of_keys, entries._OF_KEYS, (), *pks, along=paths)
    keys = [one.pk for one in made]
    assert sorted(entries._SIDES.rows((), *keys)) == sorted(entries._sides((), *keys))

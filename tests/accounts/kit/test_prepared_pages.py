"""What pages of lists and dashboards ask by statements that are made once, each compared with the
queryset it is made of (the list of all of them: test_prepared.py).
"""

from datetime import timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.availability import queries as availability
from accounts.core import reach
from accounts.core.actor import NOBODY, actor_for
from accounts.core.models import Account, AccountDetail, AvailabilityDay, Logo
from accounts.core.scope import Scope
from accounts.jobs import queries as jobs
from accounts.jobs.models import Worker
from accounts.kit.errors import NotInScope
from accounts.logins import queries as logins
from accounts.logins.services import session_store
from accounts.logins.services.saved_views import view_save
from accounts.logins.services.session_store import SessionStore
from accounts.numbers import queries as numbers
from accounts.numbers.models import NumberRule
from accounts.numbers.verdict import Purpose
from accounts.phones import queries as phones
from accounts.phones.models import Phone
from accounts.portal.registry import registry
from accounts.switches import queries as switches
from accounts.switches.models import Registration
from accounts.tree.queries import below, letterhead
from accounts.upkeep import queries as upkeep
from accounts.upkeep.models import CheckResult
from billing.handing_out.queries import agents, policies
from billing.holds import queries as holds
from billing.holds.models import Hold, RunningCall
from billing.ledger.models import Entry
from billing.ledger.queries import entries, folding, settlements, whole
from billing.ledger.queries.entries import Nearest
from billing.payments import queries as payments
from billing.reports.queries import accounts as of_reports
from billing.wallets import queries as wallets
from billing.wallets.models import Funding, PaymentPolicy, Wallet
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.phones import phone
from tests.support.paying import pay
from tests.support.prepared import agree, agree_in_objects
from tests.support.switching import running_call
from vosportal import dashboard

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


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
    for zone in (ZoneInfo("Asia/Dhaka"), ZoneInfo("America/Lima")):
        for everything, own in ((True, ()), (False, (tree.top.pk,))):
            shape = dashboard._Shape(everything, asked, (14,), zone)
            values = (*own, now, since, now + timedelta(days=14))
            found = dashboard._FIGURES.rows(shape, *values)
            assert any(day is not None for _name, day, _count in found)
            assert sorted(found, key=str) == sorted(dashboard._figures(shape, *values), key=str)


def test_what_is_counted_for_notes(tree: ResellerTree) -> None:
    Wallet.objects.filter(pk=tree.customer.pk).update(rate_group=None)
    notes = registry.counted_notes
    values = [value for one in notes for value in one.values()]
    shape = tuple((one.name, len(one.values())) for one in notes)
    of_all = dashboard._Shape(True, (), (), ZoneInfo("UTC"), shape)
    given = (timezone.now(), timezone.now(), *values)
    found = dashboard._FIGURES.rows(of_all, *given)
    assert ("accounts without a group", None, 1) in found
    assert sorted(found, key=str) == sorted(dashboard._figures(of_all, *given), key=str)


def test_workers_and_checks_and_alerts(tree: ResellerTree) -> None:
    now = timezone.now()
    Worker.objects.create(name="one", queues="default", seen_at=now)
    assert agree(jobs._seen, jobs._SEEN, (), now - timedelta(minutes=1)) == [("default",)]
    for at in range(2):
        CheckResult.objects.create(name="tree", seconds=1, is_sound=bool(at))
    (latest,) = agree_in_objects(upkeep._latest, upkeep._LATEST, ())
    assert latest.is_sound
    AvailabilityDay.objects.create(account=tree.agent, day=now.date(), named=9)
    (found,) = agree_in_objects(availability._many, availability._MANY, (), now.date())
    assert found.named == 9


def test_a_session(tree: ResellerTree) -> None:
    store = SessionStore()
    store["kept"] = "here"
    store.save()
    now = timezone.now()
    build, statement = session_store._session, session_store._SESSION
    assert len(agree(build, statement, (), store.session_key, now)) == 1
    assert statement.rows((), store.session_key, now + timedelta(days=9)) == []
    assert SessionStore(store.session_key)["kept"] == "here"


def test_balances_and_covers(tree: ResellerTree) -> None:
    pay(tree.customer, "7")
    PaymentPolicy.objects.create(account=tree.top, funding=Funding.COVERED)
    now = timezone.now()
    values = (now - timedelta(days=1), now, 0, tree.agent.pk, tree.top.pk, tree.agent.pk)
    (one,) = agree_in_objects(agents._balance, agents._BALANCE, (), *values)
    assert one.is_bound
    for everything, own in ((True, ()), (False, (tree.agent.pk,))):
        build, statement = agents._few_handing, agents._HANDING
        found = agree_in_objects(build, statement, everything, *own, now, along=("account",))
        assert tree.agent.pk in [one.pk for one in found]


def test_own_top_ups(tree: ResellerTree) -> None:
    """That they are found: tests/billing/ledger/test_clock.py."""
    since = timezone.now() - timedelta(days=1)
    build, statement = payments._own_top_ups, payments._OWN_TOP_UPS
    assert statement.objects((), since, since) == list(build((), since, since)) == []


def test_runs_of_calls(tree: ResellerTree) -> None:
    pay(tree.customer, "7")
    keys = [one.pk for one in Entry.objects.filter(wallet__isnull=False)]
    assert agree(folding._runs, folding._RUNS, ZoneInfo("Asia/Dhaka"), *keys)


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


def test_the_views_of_a_login() -> None:
    login, other = UserFactory(), UserFactory()
    for one, name in ((login, "Second"), (login, "First"), (other, "Foreign")):
        view_save(actor=actor_for(one), of_list="phones", name=name, asks={"q": "a/b"})
    found = agree_in_objects(logins._views, logins._VIEWS, (), login.pk, "phones")
    assert [(one.name, one.asks) for one in found] == [
        ("Second", {"q": "a/b"}), ("First", {"q": "a/b"})
    ]  # fmt: skip
    assert logins.saved_views_of(login, "gateways") == []


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


def test_whole_histories(tree: ResellerTree) -> None:
    made = [pay(one, "7") for one in (tree.customer, tree.agent, tree.customer)]
    zone, place = ZoneInfo("Asia/Dhaka"), made[1].pk
    for everything, own in ((True, ()), (False, (tree.customer.pk,))):
        for down in (True, False):
            for values in ((*own,), (*own, place)):
                shape = whole._Page(everything, down, 5, zone)
                found = whole._LINES.objects(shape, *values)
                rows = list(whole._lines(shape, *values))
                assert [one.sort_key for one in found] == [one.pk for one in rows]
                assert [one.amount for one in found] == [one.amount for one in rows]


def test_the_sums_of_whole_histories(tree: ResellerTree) -> None:
    for account, amount in ((tree.customer, "7"), (tree.agent, "2.5"), (tree.other_customer, "30")):
        pay(account, amount)
    for scope, with_below in (
        (Scope.EVERYTHING, True),
        (Scope.of(tree.agent.pk), False),
        (Scope.of(tree.agent.pk), True),
        (Scope.NOTHING, True),
        (Scope.NOTHING, False),
    ):
        rows = Entry.objects.filter(wallet__isnull=False)
        if not scope.everything:
            rows = rows.filter(wallet__account__in=Account.objects.within(scope))
        if not with_below:
            rows = rows.filter(wallet=scope.account_pk)
        summed = whole.totals_of_all(scope, with_below=with_below, most=100)
        assert summed == entries.totals(rows)
    assert whole.totals_of_all(Scope.EVERYTHING, with_below=True, most=1).count == 1


def test_former_transfers_may_be_there(tree: ResellerTree) -> None:
    agree(settlements._covered, settlements._COVERED, ())
    PaymentPolicy.objects.create(account=tree.agent, funding=Funding.COVERED)
    assert settlements.may_have_former_transfers()


def test_phones_by_their_numbers(tree: ResellerTree) -> None:
    for at, account in enumerate((tree.customer, tree.agent, tree.other_customer, tree.customer)):
        phone(account, f"88018{at:05}", dids=[f"88019{at:05}"])
    own = tree.agent.pk
    cases = list(product((True, False), repeat=4))
    assert len(cases) == 16
    for everything, of_one, is_all, down in cases:
        of = (own,) if of_one else ()
        for place in ((), ("8801800001",)):
            shape = phones._Listed(everything, of_one, is_all, down, 3)
            values = (*(() if everything else (tree.top.pk,)), *of, *place)
            found = phones._LISTED.objects(shape, *values)
            plain = list(phones._listed(shape, *values))
            assert [(one.number, one.account) for one in found] == [
                (one.number, one.account) for one in plain
            ]
    every = list(Phone.objects.all())
    agree(phones._numbers, phones._NUMBERS, (), *(one.pk for one in every))
    assert phones.dids_of(every) == {one.pk: one.dids for one in every}


def test_calls_that_are_up(tree: ResellerTree) -> None:
    for everything, own in ((True, ()), (False, (tree.agent.pk,)), (False, (0,))):
        assert agree(holds._up_and_lost, holds._UP_AND_LOST, everything, *own) == [(1, 0, 0)]


def test_calls_that_hold_money(tree: ResellerTree) -> None:
    for account, above in ((tree.customer, tree.agent), (tree.other_customer, tree.top)):
        call = running_call(account, call_id=account.account_id)
        Hold.objects.create(call=call, level=1, account=above, group_id=1, amount=2)
    Hold.objects.filter(level=0).update(amount=1)
    RunningCall.objects.filter(account=tree.other_customer).update(ended_at=timezone.now())
    sums = set()
    for with_all in (True, False):
        for account in (tree.agent, tree.customer, tree.top, tree.other_customer):
            found = sorted(holds._HOLDING.rows(with_all, account.pk))
            assert found == sorted(holds._holding(with_all, account.pk))
            sums.add(str(found))
    assert len(sums) > 3


@pytest.mark.parametrize("everything", [True, False])
def test_the_accounts_a_report_names(tree: ResellerTree, everything: bool) -> None:
    values = () if everything else (tree.agent.pk, tree.agent.pk)
    agree_in_objects(of_reports._named, of_reports._NAMED, everything, *values)


def test_the_own_account_of_a_customer(tree: ResellerTree) -> None:
    actor = actor_for(UserFactory(account=tree.customer))
    along = ("detail", "wallet")
    (found,) = agree_in_objects(wallets._own, wallets._OWN, (), tree.customer.pk, along=along)
    assert found == tree.customer == wallets.own_with_wallet(actor)
    assert wallets.own_with_wallet(actor).reached_by == actor.scope
    with pytest.raises(NotInScope):
        wallets.own_with_wallet(NOBODY)


def test_who_published_a_letterhead(tree: ResellerTree) -> None:
    for account, logo in ((tree.top, ""), (tree.agent, "digest")):
        about = AccountDetail.objects.filter(account=account)
        about.update(company=f"{account} Ltd", is_published=True)
        if logo:
            Logo.objects.create(account=account, digest=logo, image=b"picture")
    pks = (tree.top.pk, tree.agent.pk, tree.sub_agent.pk)
    found = agree_in_objects(letterhead._of_levels, letterhead._PUBLISHED, (), *pks)
    assert {one.logo for one in found} == {None, "digest"}
    assert letterhead.letterhead_below(pks).name == f"{tree.agent} Ltd"
    assert letterhead.letterhead_below(pks[:1]).name == f"{tree.top} Ltd"
    assert letterhead.letterhead_below(()).level is None


def test_what_was_paid_last(tree: ResellerTree) -> None:
    assert entries.last_payment(tree.customer) is None
    for amount in ("7", "9"):
        pay(tree.customer, amount)
    pay(tree.customer, "2", "deduction")
    (found,) = agree_in_objects(entries._paid, entries._PAID, (), tree.customer.pk)
    assert found.amount == Decimal(9)


def test_what_switches_told_of_phones(tree: ResellerTree) -> None:
    mine = [phone(tree.customer, f"88018{at:05}") for at in range(3)]
    for one in mine[:2]:
        now = timezone.now()
        Registration.objects.create(phone=one, address="192.0.2.1", since=now, until=now)
    pks = [one.pk for one in mine]
    agree_in_objects(switches._told_of, switches._TOLD_OF, (), *pks)
    assert switches.registrations_of(mine).keys() == set(pks[:2])
    assert switches.registrations_of([]) == {}

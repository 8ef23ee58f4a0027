"""Statements that are made once answer what their querysets would, whatever the values."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.types.numeric import Int8

from accounts.core import actor as access
from accounts.core import locks, querysets, versions
from accounts.core.models import Account, User
from accounts.core.scope import Scope
from accounts.kit.prepared import Prepared, padded
from accounts.logins.services import sign_in
from accounts.switches import queries as switches
from accounts.tree.queries import sidebar as tree_rows
from billing.handing_out.queries import cover
from billing.wallets import queries as wallets
from tests.architecture.law import APPS
from tests.architecture.sources import sources
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.switches import new_switch
from tests.support.paying import pay
from tests.support.prepared import UNEQUAL, agree
from vosportal import navigation

pytestmark = pytest.mark.django_db


def named(_shape: Any, *pks: int) -> "QuerySet[Account]":
    return Account.objects.filter(pk__in=pks).order_by("pk").annotate(key=Lower("account_id"))


def test_each_execution_brings_its_own_values(reseller_tree: ResellerTree) -> None:
    statement = Prepared(named)
    for one in (reseller_tree.agent, reseller_tree.customer):
        (found,) = statement.objects((), one.pk)
        assert (found, found.key, found.name) == (one, one.account_id.lower(), one.name)


def test_words_and_numbers_that_never_change_may_be_part_of_the_text() -> None:
    """A plan that the server keeps knows them then: it finds indexes of those rows alone."""
    name = "O'Hara's %s, 100 %"
    found = AccountFactory(name=name)
    AccountFactory(name=name.replace("'", ""))
    given = []

    def seen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        given.append(list(params))
        return execute(sql, params, many, context)

    def build(_shape: Any, pk: int) -> "QuerySet[Account]":
        rows = Account.objects.filter(pk=pk, name=name, status="active", level__gt=-1)
        return rows.annotate(said=Value("50 %"), at=Value(-7))

    for is_spelled_out in (True, False):
        statement = Prepared(build, is_spelled_out=is_spelled_out)
        with connection.execute_wrapper(seen):
            (one,) = statement.objects((), found.pk)
        assert (one, one.said, one.at) == (found, "50 %", -7)
    assert given[0] == [found.pk]
    assert len(given[1]) > 1


def test_the_text_is_made_once_for_a_shape_and_a_number_of_values(
    reseller_tree: ResellerTree,
) -> None:
    made = []

    def build(shape: Any, *pks: int) -> "QuerySet[Account]":
        made.append((shape, len(pks)))
        return named(shape, *pks)

    statement = Prepared(build)
    for shape, pks in (("a", (1,)), ("a", (2,)), ("b", (1,)), ("a", (1, 2)), ("a", (3, 4))):
        statement.rows(shape, *pks)
    # Each of them twice, to see what follows from the values.
    assert made == [("a", 1)] * 2 + [("b", 1)] * 2 + [("a", 2)] * 2


def test_many_values_are_asked_about_as_well(reseller_tree: ResellerTree) -> None:
    statement = Prepared(named)
    pks = [reseller_tree.agent.pk, *range(900_000, 900_400)]
    assert statement.objects((), *pks) == [reseller_tree.agent]
    keys = Prepared(lambda _shape, *pks: Account.objects.filter(pk__in=pks).values_list("pk"))
    assert keys.rows((), *pks) == [(reseller_tree.agent.pk,)]


def test_keys_of_a_list_are_one_value_for_postgresql(reseller_tree: ResellerTree) -> None:
    """Small ones like large ones: the server keeps one plan for all of them."""
    given = []

    def seen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        given.append([[type(one) for one in some] for some in params if isinstance(some, list)])
        return execute(sql, params, many, context)

    statement = Prepared(
        lambda _shape, first, *pks: (
            Account.objects.filter(pk__among=pks, pk__gte=first).order_by("pk").values_list("pk")
        )
    )
    agent, customer = sorted((reseller_tree.agent.pk, reseller_tree.customer.pk))
    with connection.execute_wrapper(seen):
        assert statement.rows((), 1, customer, agent) == [(agent,), (customer,)]
        assert statement.rows((), customer, customer, agent) == [(customer,)]
        assert statement.rows((), 1, agent, 2**40) == [(agent,)]
    assert given == [[[Int8, Int8]] if connection.vendor == "postgresql" else []] * 3
    assert statement.rows((), 1, agent, *range(900_000, 900_400)) == [(agent,)]


def test_a_list_that_does_not_hold_what_it_was_given_is_refused() -> None:
    statement = Prepared(
        lambda _shape, *pks: Account.objects.filter(pk__among=[one + 1 for one in pks])
    )
    with pytest.raises(ValueError, match="not found"):
        statement.rows((), 4, 7)


def test_moments_are_read_and_given_as_the_database_keeps_them(
    reseller_tree: ResellerTree,
) -> None:
    until = timezone.now() + timedelta(days=3)
    AccountFactory(account_id="Ends", valid_until=until)
    statement = Prepared(
        lambda _shape, limit: Account.objects.filter(valid_until__lte=limit).values_list(
            "account_id", "valid_until"
        )
    )
    assert statement.rows((), until) == [("Ends", until)]
    assert statement.rows((), until - timedelta(seconds=1)) == []


def test_something_is_asked_of_the_rows(reseller_tree: ResellerTree) -> None:
    counted = Prepared(
        lambda most, *pks: Account.objects.filter(pk__in=pks).order_by().values_list("pk")[:most],
        around="SELECT COUNT(*) FROM ({}) AS found",
    )
    pks = (reseller_tree.agent.pk, reseller_tree.customer.pk)
    assert counted.rows(5, *pks) == [(2,)]
    assert counted.rows(1, *pks) == [(1,)]
    assert counted.rows(5, *range(900_000, 900_400), *pks) == [(2,)]


def test_what_can_hold_nothing_asks_nothing(reseller_tree: ResellerTree) -> None:
    statement = Prepared(lambda _shape: Account.objects.filter(pk__in=[]))
    with CaptureQueriesContext(connection) as caught:
        assert statement.rows(()) == []
        assert statement.objects(()) == []
    assert len(caught) == 0


def test_a_queryset_that_decides_by_a_value_is_refused() -> None:
    statement = Prepared(
        lambda _shape, pk: Account.objects.filter(name="even" if pk % 2 == 0 else "odd")
    )
    with pytest.raises(ValueError, match="not found"):
        statement.rows((), 4)


def test_a_value_that_is_changed_on_its_way_is_refused() -> None:
    statement = Prepared(lambda _shape, pk: Account.objects.filter(pk__gt=pk - 1))
    with pytest.raises(ValueError, match="not found"):
        statement.rows((), 4)


def test_a_queryset_that_asks_what_time_it_is_is_refused() -> None:
    statement = Prepared(lambda _shape: Account.objects.filter(valid_until__lte=timezone.now()))
    with pytest.raises(ValueError, match="the time of its making"):
        statement.rows(())


def test_a_value_that_is_changed_on_its_way_is_refused_beside_itself() -> None:
    statement = Prepared(
        lambda _shape, now: Account.objects.filter(
            valid_until__gt=now, valid_until__lte=now + timedelta(days=1)
        )
    )
    with pytest.raises(ValueError, match="follows from a value"):
        statement.rows((), timezone.now())


def test_texts_are_values_as_well(reseller_tree: ResellerTree) -> None:
    statement = Prepared(lambda _shape, name: Account.objects.called(name).values_list("pk"))
    for one in (reseller_tree.agent, reseller_tree.customer):
        assert statement.rows((), one.account_id.lower()) == [(one.pk,)]
    assert statement.rows((), "") == []


def test_what_is_selected_along_comes_with_each_object(reseller_tree: ResellerTree) -> None:
    statement = Prepared(
        lambda _shape, *pks: (
            Account.objects.filter(pk__in=pks)
            .select_related("detail", "parent__parent")
            .order_by("pk")
        )
    )
    top, agent, customer = reseller_tree.top, reseller_tree.agent, reseller_tree.customer
    found = statement.objects((), top.pk, agent.pk, customer.pk)
    with CaptureQueriesContext(connection) as caught:
        assert [one.parent for one in found] == [None, top, agent]
        assert found[2].parent.parent == top
        assert [one.detail.pk for one in found] == [top.pk, agent.pk, customer.pk]
        assert found[0].detail.account is found[0]
    assert len(caught) == 0


@pytest.mark.parametrize(
    ("pks", "padded_to"),
    [
        ([], []),
        ([7], [7]),
        ([7, 9], [7, 9]),
        ([7, 9, 4], [7, 9, 4, 4]),
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 5, 5, 5]),
    ],
)
def test_keys_are_padded_to_a_power_of_two(pks: list[int], padded_to: list[int]) -> None:
    assert padded(pks) == padded_to


class TestThoseOfThePortal:
    """Each compared with the queryset it is made of."""

    @pytest.fixture
    def tree(self, reseller_tree: ResellerTree) -> ResellerTree:
        grant(reseller_tree.agent)
        AccountFactory(account_id="Expired", valid_until=timezone.now() - timedelta(days=1))
        return reseller_tree.refresh()

    def test_all_of_them_are_compared_here(self) -> None:
        made = [one.read_text() for app in APPS for one in sources(app)]
        names = re.findall(r"^([\w, ]+) = Prepared\(", "\n".join(made), re.MULTILINE)
        assert set(", ".join(names).split(", ")) == {
            "_ACCOUNT", "_ACCOUNT_DAYS", "_AGENT", "_AMONG", "_BALANCE", "_BEFORE", "_BELOW",
            "_BY_KEY", "_BY_NAME", "_BY_NUMBER", "_BY_RANGE", "_CARRYING", "_CHANGED", "_COUNT",
            "_COUNTS", "_COVERED", "_COVERS", "_CURRENT", "_DESTINATION", "_ENDING", "_FIGURES",
            "_FIRST", "_FITTING", "_FRESH", "_GRANTS", "_HANDING", "_HOLDING", "_LAST",
            "_LATEST", "_LIMITED", "_LINES", "_LISTED", "_LOGIN", "_LOGINS", "_LOGIN_OF_SESSION",
            "_MANY", "_NAMED", "_NEWEST", "_NUMBERS", "_OF_AGENT", "_OF_KEYS", "_OF_LEGS",
            "_OF_NUMBER", "_OF_PLATFORM", "_OF_VIEWS", "_OWN", "_OWN_TOP_UPS", "_PAID",
            "_PLACEMENTS", "_PLATFORM", "_POLICIES", "_POOREST", "_PUBLISHED", "_ROWS", "_RULES",
            "_RUNS", "_SEEN", "_SESSION", "_SIDES", "_SOLD_BELOW", "_STRETCH_KEYS", "_SUMMED",
            "_TODAY", "_TOLD_OF", "_TREES", "_UP_AND_LOST", "_VIEWS", "_WAITING",
        }  # fmt: skip

    @pytest.mark.parametrize("customers", [True, False])
    def test_the_rows_of_the_tree(self, tree: ResellerTree, customers: bool) -> None:
        forest = ((True, 50), (False, 50), (False, 2))
        own = tree.agent.pk
        for after in (None, (1, "Customer-001"), (2, "D")):
            shape = tree_rows._Rows(True, customers, forest, True, after)
            values = (tree.top.pk, own, tree.customer.pk)
            agree(tree_rows._rows, tree_rows._ROWS, shape, *values)
            shape = tree_rows._Rows(False, customers, forest, False, after)
            values = (own, own, tree.sub_agent.pk, tree.deep_customer.pk)
            assert agree(tree_rows._rows, tree_rows._ROWS, shape, *values)

    def test_the_counts_of_the_tree(self, tree: ResellerTree) -> None:
        for everything, own in ((True, ()), (False, (tree.top.pk,))):
            for pk in (tree.top.pk, tree.agent.pk):
                found = agree(tree_rows._counts, tree_rows._COUNTS, everything, *own, pk)
                rows = tree_rows.read_rows(Scope.of(pk), {None: 9}, customers=False)
                (row,) = [one for one in rows if one.pk == pk]
                assert tree_rows.counted(found[0][0]) == tree_rows.counted(row.below)

    def test_the_version_of_the_tree(self, tree: ResellerTree) -> None:
        for shape, values in ((True, ()), (False, (tree.agent.pk,))):
            found = versions._CURRENT.rows(shape, *values)
            assert found == [(n,) for n in versions._current(shape, *values)]

    def test_the_grants_of_a_way(self, tree: ResellerTree) -> None:
        pks = (tree.top.pk, tree.agent.pk)
        found = querysets._GRANTS.rows((), *pks)
        assert found
        assert sorted(found) == sorted(querysets._grants((), *pks))

    def test_the_accounts_under_a_lock(self, tree: ResellerTree) -> None:
        pks = (tree.top.pk, tree.deep_customer.pk)
        found = locks._PLACEMENTS.rows((), *pks)
        assert sorted(found) == sorted(locks._placed((), *pks))
        by_key = {one.pk: vars(one) for one in locks._FRESH.objects((), *pks)}
        assert by_key.keys() == set(pks)
        rows = list(locks._locked((), *pks))
        assert len(rows) == 2
        for one in rows:
            assert {**by_key[one.pk], **UNEQUAL} == {**vars(one), **UNEQUAL}

    def test_the_login_of_an_actor(self, tree: ResellerTree) -> None:
        login = UserFactory(account=tree.agent)
        (found,) = access._LOGIN.objects((), login.pk)
        assert {**vars(found), **UNEQUAL} == {**vars(access._login((), login.pk)[0]), **UNEQUAL}

    def test_what_waits(self, tree: ResellerTree) -> None:
        login = UserFactory(account=tree.agent)
        limit = timezone.now() + timedelta(days=1)
        for shape, values in (
            ((("approvals", 0), ("reviews", 1), ("jobs", 1)), (limit, login.pk)),
            (
                (("approvals", 1), ("reviews", 2), ("jobs", 1)),
                (tree.top.pk, tree.top.pk, limit, login.pk),
            ),
            ((("approvals", 1), ("jobs", 1)), (tree.top.pk, login.pk)),
        ):
            found = navigation._WAITING.rows(shape, *values)
            assert sorted(found) == sorted(navigation._counted(shape, *values))

    def test_the_login_of_a_session(self, tree: ResellerTree) -> None:
        login = UserFactory(account=tree.agent, time_zone="Asia/Dhaka")
        (found,) = sign_in._LOGIN_OF_SESSION.objects((), login.pk)
        (plain,) = sign_in._login_of_session((), login.pk)
        assert isinstance(found, User)
        assert {**vars(found), **UNEQUAL} == {**vars(plain), **UNEQUAL}
        assert (found._state.adding, found._state.db) == (plain._state.adding, plain._state.db)

    def test_the_switch_of_a_key(self) -> None:
        switch = new_switch().switch
        new_switch("sw-2")
        (found,) = switches._BY_KEY.objects((), switch.key_id)
        assert {**vars(found), **UNEQUAL} == {
            **vars(switches._by_key((), switch.key_id)[0]),
            **UNEQUAL,
        }

    @pytest.mark.parametrize("counts_unlimited", [True, False])
    def test_the_covers_of_agents(self, tree: ResellerTree, counts_unlimited: bool) -> None:
        pay(tree.customer, "7")
        values = (timezone.now(), tree.top.pk, tree.agent.pk, tree.customer.pk)
        found = cover._COVERS.objects(counts_unlimited, *values)
        assert len(found) == 3
        plain = {one.pk: vars(one) for one in cover._covers(counts_unlimited, *values)}
        for one in found:
            assert {**vars(one), **UNEQUAL} == {**plain[one.pk], **UNEQUAL}

    def test_the_wallets_of_lists(self, tree: ResellerTree) -> None:
        pay(tree.customer, "7")
        own = 0
        values = (timezone.now() - timedelta(days=1), own, tree.customer.pk, tree.agent.pk)
        found = wallets._TODAY.objects(None, *values)
        assert len(found) == 2
        plain = {one.pk: vars(one) for one in wallets._with_today(None, *values)}
        for one in found:
            assert {**vars(one), **UNEQUAL} == {**plain[one.pk], **UNEQUAL}

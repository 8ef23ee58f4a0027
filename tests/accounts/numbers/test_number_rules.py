"""The rules of a whole chain, kept in the database: verdicts, who may change them, what is
refused.
"""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.numbers.models import NumberRule
from accounts.numbers.queries import number_verdict, number_verdicts, rules_of
from accounts.numbers.rules import RuleDraft, first_overlap
from accounts.numbers.services import fingerprint, number_rules_set
from accounts.numbers.verdict import Rule, Section
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.support.examples import examples
from tests.support.naive_numbers import naive, numbers, sections
from tests.support.numbers import ALLOCATION, DESTINATION, draft, limit

MANAGE = Authorization.MANAGE_ACCOUNT

drafts = st.lists(
    st.builds(RuleDraft, sections(), st.booleans()),
    max_size=6,
    unique_by=lambda one: (one.section, one.is_allow),
)


def allowed(account: Account, number: str, **more: Any) -> bool:
    return number_verdict(account.pk, number, **more).is_allowed


@pytest.fixture
def manager(reseller_tree: ResellerTree) -> User:
    """A login of the top agent, which may manage accounts."""
    grant(reseller_tree.top, MANAGE)
    return UserFactory(account=reseller_tree.top)


# --- Verdicts ---------------------------------------------------------------------------------


@pytest.mark.wide
@examples(60)
@given(
    parents=st.lists(st.integers(0, 5), min_size=5, max_size=5),
    rules=st.lists(drafts, min_size=7, max_size=7),
    # The way out alone is no number.
    asked=st.lists(numbers.filter(lambda one: one != "00"), min_size=1, max_size=12),
)
def test_verdicts_of_random_trees_are_those_of_the_definition(
    db: Any, parents: list[int], rules: list[list[RuleDraft]], asked: list[str]
) -> None:
    with transaction.atomic():
        made: list[Account] = [AccountFactory()]
        above: dict[int, int | None] = {0: None}
        for at, wanted in enumerate(parents, 1):
            above[at] = wanted % at
            made.append(AccountFactory(parent=Account.objects.get(pk=made[wanted % at].pk)))
        levels: dict[int | None, list[Rule]] = {}
        for at, wanted_rules in zip([None, *above], rules, strict=True):
            account = None if at is None else made[at]
            number_rules_set(actor=SYSTEM, account=account, drafts={DESTINATION: wanted_rules})
            levels[at] = [one.rule for one in wanted_rules]
        assert len(made) == 6
        for at, account in enumerate(made):
            way: list[int | None] = [at]
            while way[-1] is not None:
                way.append(above[way[-1]])
            verdicts = number_verdicts(account.pk, asked)
            assert len(verdicts) == len(asked)
            for verdict in verdicts:
                assert verdict.is_allowed == all(naive(levels[one], verdict.number) for one in way)
        transaction.set_rollback(True)


def test_every_level_up_to_the_platform_must_let_it_pass(reseller_tree: ResellerTree) -> None:
    limit(reseller_tree.top, "allow 880", "allow 91")
    limit(reseller_tree.agent, "allow 880", "allow 44")
    limit(None, "block 881", "block 88017119")
    customer = reseller_tree.customer
    assert allowed(customer, "+880 1711 000000")
    assert not allowed(customer, "+44 20 7946 0000")  # the top does not allow it
    assert not allowed(customer, "00 91 11 2345 6789")  # the agent does not allow it
    assert not allowed(customer, "8801711900000")  # the platform blocks it
    assert allowed(reseller_tree.sibling_customer, "00 91 11 2345 6789")
    assert allowed(reseller_tree.other_customer, "+44 20 7946 0000")
    assert not allowed(reseller_tree.other_customer, "008816212345678")


def test_what_is_no_number_is_refused_with_the_reason(reseller_tree: ResellerTree) -> None:
    verdict = number_verdict(reseller_tree.customer.pk, "letters")
    assert not verdict.is_allowed
    assert verdict.number == ""
    assert "digits only" in verdict.problem


def test_emergency_numbers_get_no_exception(reseller_tree: ResellerTree) -> None:
    assert allowed(reseller_tree.customer, "112")
    limit(reseller_tree.top, "allow 880")
    assert not allowed(reseller_tree.customer, "112")
    assert not allowed(reseller_tree.customer, "911")


def test_the_purposes_are_apart(reseller_tree: ResellerTree) -> None:
    limit(reseller_tree.top, "allow 880171", purpose=ALLOCATION)
    limit(reseller_tree.top, "allow 44")
    customer = reseller_tree.customer
    assert allowed(customer, "8801711000000", purpose=ALLOCATION)
    assert not allowed(customer, "442079460000", purpose=ALLOCATION)
    assert allowed(customer, "442079460000")


def test_many_numbers_cost_one_query(reseller_tree: ResellerTree) -> None:
    limit(reseller_tree.top, "allow 880")
    asked = [f"88017110000{n:02}" for n in range(100)] + ["442079460000", "x"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = number_verdicts(reseller_tree.deep_customer.pk, asked)
    assert len(queries) == 1
    assert [one.is_allowed for one in found] == [True] * 100 + [False, False]


def test_an_unknown_account_has_no_verdict(db: Any) -> None:
    with pytest.raises(NotInScope):
        number_verdict(4711, "880")


# --- Who may change them ------------------------------------------------------------------------


def set_by(login: User, account: Account | None, *rules: str, **more: Any) -> None:
    number_rules_set(
        actor=actor_for(login),
        account=account,
        drafts={DESTINATION: [draft(one) for one in rules]},
        **more,
    )


def test_an_agent_with_authorization_1_limits_its_sub_accounts(
    reseller_tree: ResellerTree, manager: User
) -> None:
    set_by(manager, reseller_tree.customer, "allow 880")
    assert not allowed(reseller_tree.customer, "44")


def test_never_the_own_account(reseller_tree: ResellerTree, manager: User) -> None:
    with pytest.raises(NotAllowed):
        set_by(manager, reseller_tree.top, "allow 880")


def test_not_without_authorization_1(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.top, *(set(Authorization) - {MANAGE}))
    with pytest.raises(NotAllowed):
        set_by(UserFactory(account=reseller_tree.top), reseller_tree.agent, "allow 880")


def test_foreign_accounts_do_not_exist(reseller_tree: ResellerTree, manager: User) -> None:
    with pytest.raises(NotInScope):
        set_by(manager, reseller_tree.other_customer, "allow 880")


def test_the_platform_is_for_administrators(
    reseller_tree: ResellerTree, manager: User, administrator: User, operator: User
) -> None:
    set_by(administrator, None, "block 881")
    for login in (manager, operator):
        with pytest.raises(NotAllowed):
            set_by(login, None, "block 882")
    assert [str(one) for one in rules_of(None)] == ["block 881"]


def test_closed_accounts_are_never_changed(db: Any) -> None:
    with pytest.raises(Refused) as refused:
        limit(AccountFactory(status="closed"), "allow 880")
    assert refused.value.code == "closed"


# --- Changes ------------------------------------------------------------------------------------


def test_only_the_difference_is_written_and_recorded(reseller_tree: ResellerTree) -> None:
    limit(reseller_tree.agent, "allow 880", "allow 91")
    kept = NumberRule.objects.get(begin="880")
    limit(reseller_tree.agent, "allow 880", "block 8801900")
    assert NumberRule.objects.get(begin="880").pk == kept.pk
    entry = AuditEntry.objects.latest("pk")
    assert entry.action == "numbers.set"
    assert entry.account == "Dhaka-Retail-Sub"
    assert entry.before == {"destination": ["allow 91"]}
    assert entry.after == {"destination": ["block 8801900"]}


def test_a_changed_note_is_recorded(reseller_tree: ResellerTree) -> None:
    limit(reseller_tree.agent, "allow 880")
    with_note = RuleDraft(Section("880"), note=" local \n resale ")
    number_rules_set(actor=SYSTEM, account=reseller_tree.agent, drafts={DESTINATION: [with_note]})
    assert AuditEntry.objects.latest("pk").after == {"destination": ["allow 880 (local resale)"]}


def test_saving_what_is_there_records_nothing(reseller_tree: ResellerTree) -> None:
    limit(reseller_tree.agent, "allow 880")
    before = AuditEntry.objects.count()
    limit(reseller_tree.agent, "allow 880")
    assert AuditEntry.objects.count() == before


def test_who_saw_other_rules_does_not_overwrite(reseller_tree: ResellerTree, manager: User) -> None:
    seen = fingerprint(rules_of(reseller_tree.agent))
    set_by(manager, reseller_tree.agent, "allow 880", expected=seen)
    with pytest.raises(Clash):
        set_by(manager, reseller_tree.agent, "allow 91", expected=seen)
    assert [str(one) for one in rules_of(reseller_tree.agent)] == ["allow 880"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (["allow 880171", "allow 8801711"], "overlap"),
        (["allow 8801700-8801799", "allow 8801750-8801760"], "overlap"),
        (["allow 8801700-8801799", "allow 88017"], "overlap"),
        (["allow 880", "block 8801"], "only_allow"),
    ],
)
def test_allocation_that_makes_no_sense_is_refused(db: Any, rules: list[str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        limit(AccountFactory(), *rules, purpose=ALLOCATION)
    assert refused.value.code == code


def test_allocation_side_by_side(db: Any) -> None:
    limit(AccountFactory(), "allow 880", "allow 1000-1999", "allow 2000-2999", purpose=ALLOCATION)


@examples(300)
@given(st.lists(sections(), max_size=6, unique=True))
def test_an_overlap_is_found_wherever_there_is_one(some: list[Section]) -> None:
    pairs = [(a, b) for at, a in enumerate(some) for b in some[at + 1 :]]
    found = first_overlap(some)
    assert (found is not None) == any(a.overlaps(b) for a, b in pairs)
    assert found is None or found[0].overlaps(found[1])


def test_too_many_rules_are_refused(db: Any) -> None:
    with pytest.raises(Refused) as refused:
        limit(AccountFactory(), *(f"allow {n}" for n in range(10_000, 12_001)))
    assert refused.value.code == "too_many"


@pytest.mark.parametrize(
    "values",
    [
        {"begin": ""},
        {"begin": "20", "end": "10"},
        {"begin": "1", "end": "99"},
        {"effect": "maybe"},
        {"purpose": "allocation", "effect": "block"},
    ],
)
def test_the_database_refuses_what_no_rule_can_be(db: Any, values: dict[str, str]) -> None:
    row = {"purpose": "destination", "effect": "allow", "begin": "880", **values}
    with pytest.raises(IntegrityError), transaction.atomic():
        NumberRule.objects.bulk_create([NumberRule(**row)])


@pytest.mark.parametrize("account", [True, False])
def test_a_rule_exists_once(db: Any, account: bool) -> None:
    row = {"purpose": "destination", "effect": "allow", "begin": "880"}
    owner = AccountFactory() if account else None
    with pytest.raises(IntegrityError), transaction.atomic():
        NumberRule.objects.bulk_create([NumberRule(account=owner, **row) for _ in range(2)])

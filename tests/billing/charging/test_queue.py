"""What waits in the queue is tried again, given to somebody, corrected or written off
(docs/domain.md 7).
"""

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account, AuditEntry
from accounts.jobs.models import Job
from accounts.kit.errors import Clash, NotAllowed, NotInScope, Refused
from accounts.tree.rules.ending import close_blockers, delete_refusal
from billing.calls.models import CallRecord
from billing.charging.queries.integrity import calls_found
from billing.charging.queries.queue import records_seen
from billing.charging.services.queue import (
    AT_ONCE,
    EDITABLE,
    record_again,
    record_assign,
    record_correct,
    record_write_off,
    records_again,
)
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory, grant
from tests.factories.calls import cdr, charged, charges, legs, taken, waits
from tests.factories.rates import LONG_AGO, rate
from tests.factories.trees import ResellerTree
from tests.support.buying import buys_at
from tests.support.jobs import work_off
from tests.support.sabotage import plant

pytestmark = pytest.mark.django_db
LONDON = "442071838750"


@pytest.fixture
def administrator(db: None) -> Actor:
    return actor_for(StaffFactory(username="mender", administrator=True))


def agent_of(account: Account, *codes: str) -> Actor:
    grant(account, *codes)
    return actor_for(UserFactory(account=account))


def the_record() -> CallRecord:
    return CallRecord.objects.waiting().get()


def test_a_rate_that_was_missing_is_entered_and_the_call_is_charged_to_every_level(
    tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr(account="Customer-001", callee=LONDON))
    assert waits() == [("no_rate", "Customer-001")]
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "44", "0.10", since=LONG_AGO)
    tried = record_again(actor=SYSTEM, record=the_record())
    assert (tried.count, tried.charged, tried.waiting) == (1, 1, 0)
    assert [amount for _name, _prefix, amount in charges()] == [Decimal("0.10")] * 3
    assert waits() == []
    assert calls_found().is_sound


def test_what_cannot_be_charged_yet_waits_again_for_what_is_missing_now(
    tree: ResellerTree, groups: Groups
) -> None:
    charged(cdr(account="Customer-001", callee=LONDON))
    rate(groups.customer, "44", "0.10", since=LONG_AGO)
    tried = record_again(actor=SYSTEM, record=the_record())
    assert (tried.count, tried.charged, tried.waiting) == (1, 0, 1)
    assert waits() == [("no_rate", "Dhaka-Retail-Sub")]


def test_all_of_a_reason_are_charged_again(tree: ResellerTree, groups: Groups) -> None:
    charged(
        cdr("a", account="Customer-001", callee=LONDON),
        cdr("b", account="Customer-001", callee=LONDON),
        cdr("c", account="Nobody-9"),
    )
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "44", "0.10", since=LONG_AGO)
    lacking = CallRecord.objects.waiting().filter(reason="no_rate")
    tried = records_again(actor=SYSTEM, records=lacking)
    assert (tried.count, tried.charged, tried.waiting) == (2, 2, 0)
    assert waits() == [("nobody", "")]
    assert [one.after for one in AuditEntry.objects.filter(action="call_queue.again")] == [
        {"records": 2}
    ]


@pytest.mark.wide
def test_thousands_of_one_reason_are_charged_again_by_a_job(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    count = 3 * AT_ONCE
    charged(*(cdr(f"c-{at}", account="Customer-001", callee=LONDON) for at in range(count)))
    # What came in since is the charger's.
    taken(cdr("later", account="Customer-001"))
    for group in (groups.customer, groups.agent, groups.top):
        rate(group, "44", "0.10", since=LONG_AGO)
    tried = records_again(actor=administrator, records=CallRecord.objects.waiting())
    assert tried.count == count
    assert tried.job is not None
    work_off()
    job = Job.objects.get(pk=tried.job.pk)
    assert (job.state, job.done, job.total) == ("done", count, count)
    assert not CallRecord.objects.waiting().exists()
    assert len(legs()) >= count


def test_nothing_is_charged_again_where_nothing_waits(tree: ResellerTree, groups: Groups) -> None:
    with pytest.raises(Refused) as caught:
        records_again(actor=SYSTEM, records=CallRecord.objects.waiting())
    assert caught.value.code == "nothing_waits"


def test_a_call_that_names_nobody_is_given_to_an_account(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Nobody-9"))
    tried = record_assign(
        actor=administrator, record=the_record(), account=tree.customer, reason="Its old name"
    )
    assert tried.charged == 1
    assert [name for name, _prefix, _amount in charges()] == [
        "Customer-001",
        "Dhaka-Retail-Sub",
        "BD-Wholesale-Agent",
    ]
    entry = AuditEntry.objects.get(action="call_record.assign")
    assert (entry.after, entry.reason) == ({"assigned_to": "Customer-001"}, "Its old name")
    # Whoever may read entries of the account learns nothing of what the record named.
    assert entry.account == ""


def test_a_closed_account_is_given_no_call(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Nobody-9"))
    plant(tree.customer, status="closed")
    with pytest.raises(Refused) as caught:
        record_assign(actor=administrator, record=the_record(), account=tree.customer, reason="Why")
    assert (caught.value.code, caught.value.field) == ("closed", "account")


def test_columns_are_corrected_and_what_came_is_kept(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Customer-001", duration="500"))
    assert waits() == [("absurd", "")]
    came = the_record().as_it_came
    tried = record_correct(
        actor=administrator,
        record=the_record(),
        columns={"duration": "60", "account": "Customer-001"},
        reason="A wrong counter",
    )
    assert tried.charged == 1
    assert charges()[0] == ("Customer-001", "880", Decimal("0.06"))
    entry = AuditEntry.objects.get(action="call_record.correct")
    assert (entry.before, entry.after) == ({"cdr_duration": "500"}, {"cdr_duration": "60"})
    # The same record again changes nothing.
    assert charged(came).repeated == 1


@pytest.mark.parametrize(
    ("columns", "code", "field"),
    [
        ({"call_id": "other"}, "stays", "call_id"),
        ({"callee": ""}, "needed", "callee"),
        ({"caller": "4" * 65}, "too_long", "caller"),
        ({"setup": "yesterday"}, "unreadable", "setup"),
        ({"account": "Nobody-9"}, "nothing_changed", None),
    ],
)
def test_a_correction_that_cannot_be(
    tree: ResellerTree,
    groups: Groups,
    administrator: Actor,
    columns: dict[str, str],
    code: str,
    field: str | None,
) -> None:
    charged(cdr(account="Nobody-9"))
    with pytest.raises(Refused) as caught:
        record_correct(actor=administrator, record=the_record(), columns=columns, reason="Why")
    assert (caught.value.code, caught.value.field) == (code, field)
    assert "call_id" not in EDITABLE


def test_a_record_is_written_off_and_kept(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Nobody-9"))
    record_write_off(actor=administrator, record=the_record(), reason="A test of the switch")
    kept = CallRecord.objects.get()
    assert (kept.state, kept.written_off_by, kept.written_off_why) == (
        "written",
        "mender",
        "A test of the switch",
    )
    assert kept.written_off_at is not None
    assert not records_seen(SYSTEM).exists()
    assert (waits(), charges(), legs()) == ([], [], [])
    assert calls_found().is_sound
    # It is not tried again, and its record changes nothing when it comes once more.
    with pytest.raises(NotInScope):
        record_again(actor=SYSTEM, record=kept)
    assert charged(kept.as_it_came).repeated == 1


def test_whoever_was_slower_is_told(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Nobody-9"))
    record = the_record()
    record_again(actor=administrator, record=record)
    with pytest.raises(Clash):
        record_write_off(
            actor=administrator, record=record, reason="Why", expected_version=record.version
        )


def test_a_carriers_cost_is_tried_again_or_written_off_and_given_to_nobody(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr("a", account="Customer-001", routing_gateway="rt-unknown"))
    record = the_record()
    assert (record.part, record.reason) == ("cost", "no_carrier")
    assert len(charges()) == 3
    with pytest.raises(Refused) as caught:
        record_assign(actor=administrator, record=record, account=tree.customer, reason="Why")
    assert caught.value.code == "is_cost"
    with pytest.raises(Refused) as caught:
        record_correct(actor=administrator, record=record, columns={"cause": "1"}, reason="Why")
    assert caught.value.code == "stays"
    assert record_again(actor=administrator, record=record).waiting == 1
    record_write_off(actor=administrator, record=record, reason="The carrier is gone")
    assert calls_found().is_sound


def test_agents_charge_again_and_mend_nothing_else(tree: ResellerTree, groups: Groups) -> None:
    charged(cdr(account="Customer-001", callee=LONDON))
    actor, record = agent_of(tree.agent, "manage_account"), the_record()
    assert record_again(actor=actor, record=record).waiting == 1
    deeds = (
        lambda: record_assign(actor=actor, record=record, account=tree.customer, reason="Why"),
        lambda: record_correct(actor=actor, record=record, columns={"cause": "1"}, reason="Why"),
        lambda: record_write_off(actor=actor, record=record, reason="Why"),
    )
    for deed in deeds:
        with pytest.raises(NotAllowed) as caught:
            deed()
        assert caught.value.code == "administrators_only"


def test_agents_see_their_own_and_what_stands_above_as_one_word(
    tree: ResellerTree, groups: Groups
) -> None:
    rate(groups.customer, "44", "0.10", since=LONG_AGO)
    rate(groups.agent, "44", "0.10", since=LONG_AGO)
    charged(
        cdr("above", account="Customer-001", callee=LONDON),
        cdr("own", account="Customer-001", callee="33142685300"),
        cdr("nobody", account="Nobody-9"),
        cdr("cost", account="Customer-001", routing_gateway="rt-unknown"),
    )
    holder = agent_of(tree.agent, "pay_sub_account")
    seen = {one.columns["call_id"]: one.shown for one in records_seen(holder)}
    assert seen == {"above": "above", "own": "no_rate"}
    for other in (
        agent_of(tree.sibling, "manage_account"),
        actor_for(UserFactory(account=tree.customer)),
    ):
        assert not records_seen(other).exists()
    assert records_seen(SYSTEM).count() == 4


def test_an_agent_without_1_and_8_sees_no_queue(tree: ResellerTree, groups: Groups) -> None:
    charged(cdr(account="Customer-001", callee=LONDON))
    assert not records_seen(agent_of(tree.agent, "manage_phone")).exists()
    assert records_seen(SYSTEM).count() == 1


def test_an_account_with_calls_that_wait_is_not_closed_and_one_with_calls_not_deleted(
    tree: ResellerTree, groups: Groups
) -> None:
    assert [str(one.label) for one in close_blockers(tree.customer)] == []
    charged(cdr(account="Customer-001", callee=LONDON))
    assert [str(one.label) for one in close_blockers(tree.customer)] == ["1 leg in the queue"]
    assert _has_history(tree.customer)
    record_write_off(actor=SYSTEM, record=the_record(), reason="Why")
    assert [str(one.label) for one in close_blockers(tree.customer)] == []
    assert _has_history(tree.customer)
    assert not _has_history(tree.customer_2)
    # A call that cost nothing is a call.
    charged(cdr("free", account="Customer-002", seconds=0))
    assert _has_history(tree.customer_2)


def _has_history(account: Account) -> bool:
    refused = delete_refusal(account)
    return refused is not None and "calls" in [str(one.label) for one in refused.items]


def test_a_group_that_was_missing_is_given_and_the_call_is_charged(
    tree: ResellerTree, groups: Groups
) -> None:
    buys_at(tree.customer, None, since=LONG_AGO)
    charged(cdr(account="Customer-001"))
    assert waits() == [("no_group", "Customer-001")]
    buys_at(tree.customer, groups.customer, since=timezone.now())
    assert record_again(actor=SYSTEM, record=the_record()).charged == 1
    assert charges()[0] == ("Customer-001", "880", Decimal("0.06"))

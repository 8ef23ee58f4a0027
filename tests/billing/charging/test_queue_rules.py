"""What deeds on calls that wait keep, and how far they reach (docs/domain.md 7)."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.core.actor import Actor, actor_for
from accounts.core.models import AuditEntry
from accounts.gateways.models import Gateway
from accounts.jobs.models import Job
from accounts.kit.errors import Refused
from billing.calls.models import CallRecord
from billing.charging.queries.queue import causes, records_seen, records_written_off
from billing.charging.services.queue import (
    record_again,
    record_assign,
    record_correct,
    record_write_off,
    records_again,
)
from tests.billing.charging.conftest import Groups
from tests.factories import AccountFactory, StaffFactory, UserFactory, grant
from tests.factories.calls import cdr, charged, waits
from tests.factories.gateways import GatewayFactory
from tests.factories.trees import ResellerTree

pytestmark = pytest.mark.django_db
LONDON = "442071838750"


@pytest.fixture
def administrator(db: None) -> Actor:
    return actor_for(StaffFactory(administrator=True))


@pytest.fixture
def agent(tree: ResellerTree, groups: Groups) -> Actor:
    grant(tree.agent, "manage_account")
    return actor_for(UserFactory(account=tree.agent))


@pytest.fixture
def carrier(groups: Groups) -> Gateway:
    """A carrier without a rate group."""
    account = AccountFactory(account_id="Carrier", type="clearing")
    return GatewayFactory(account=account, name="out", direction="routing")


def record() -> CallRecord:
    return CallRecord.objects.waiting().get()


def test_a_trial_stands_in_the_log_of_the_account_and_one_of_a_carriers_cost_in_nobodys(
    tree: ResellerTree, administrator: Actor, carrier: Gateway
) -> None:
    charged(cdr(account="Customer-001", callee=LONDON))
    record_again(actor=administrator, record=record())
    assert AuditEntry.objects.get(action="call_record.again").account == "Customer-001"
    record_write_off(actor=administrator, record=record(), reason="Why")
    charged(cdr("cost", account="Customer-001", routing_gateway="out"))
    record_again(actor=administrator, record=record())
    assert AuditEntry.objects.filter(action="call_record.again").latest("pk").account == ""


def test_all_of_everybody_are_those_one_sees(tree: ResellerTree, agent: Actor) -> None:
    charged(
        cdr("own", account="Customer-001", callee=LONDON),
        cdr("foreign", account="Master-Agent-2", callee=LONDON),
    )
    versions = dict(CallRecord.objects.values_list("pk", "version"))
    assert records_again(actor=agent, records=CallRecord.objects.all()).count == 1
    foreign = CallRecord.objects.get(account=tree.other_top)
    assert foreign.version == versions[foreign.pk]


def test_as_many_as_a_deed_takes_are_charged_by_it(
    tree: ResellerTree, agent: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.charging.services.queue.AT_ONCE", 2)
    charged(*(cdr(str(one), account="Customer-001", callee=LONDON) for one in range(2)))
    assert records_again(actor=agent, records=CallRecord.objects.all()).waiting == 2
    assert not Job.objects.exists()
    charged(cdr("more", account="Customer-001", callee=LONDON))
    assert records_again(actor=agent, records=CallRecord.objects.all()).job is not None


@pytest.mark.parametrize("reason", ["", "  "])
def test_whoever_puts_right_says_why(
    tree: ResellerTree, groups: Groups, administrator: Actor, reason: str
) -> None:
    charged(cdr(account="Nobody-9"))
    who: dict[str, Any] = {"actor": administrator, "record": record(), "reason": reason}
    deeds: tuple[Callable[[], Any], ...] = (
        lambda: record_assign(account=tree.customer, **who),
        lambda: record_correct(columns={"cause": "1"}, **who),
        lambda: record_write_off(**who),
    )
    for deed in deeds:
        with pytest.raises(Refused) as caught:
            deed()
        assert caught.value.code == "reason_required"


def test_one_correction_keeps_another(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Nobody-9", callee=LONDON))
    for columns in ({"cause": "17"}, {"caller": "4" * 64}):
        record_correct(actor=administrator, record=record(), columns=columns, reason="Why")
    record_assign(actor=administrator, record=record(), account=tree.customer, reason="Why")
    record_correct(actor=administrator, record=record(), columns={"phone": "1"}, reason="Why")
    assert record().corrected == {
        "cause": "17", "caller": "4" * 64, "assigned": "Customer-001", "phone": "1",
    }  # fmt: skip


def test_a_deed_makes_another_version(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(cdr(account="Nobody-9"))
    before = record()
    record_write_off(actor=administrator, record=before, reason="Why")
    assert CallRecord.objects.get().version == before.version + 1


def test_what_a_carrier_costs_is_no_agents_to_see(
    tree: ResellerTree, agent: Actor, carrier: Gateway
) -> None:
    charged(cdr(account="Customer-001", routing_gateway="out"))
    assert waits() == [("no_group", "Carrier")]
    assert not records_seen(agent).exists()


def test_what_was_written_off_is_for_administrators(
    tree: ResellerTree, agent: Actor, administrator: Actor
) -> None:
    charged(cdr(account="Customer-001", callee=LONDON))
    record_write_off(actor=administrator, record=record(), reason="Why")
    assert records_written_off(administrator).count() == 1
    assert not records_written_off(agent).exists()


def test_causes_stand_by_how_many_wait_for_them(
    tree: ResellerTree, groups: Groups, administrator: Actor
) -> None:
    charged(
        cdr("a", account="Customer-001", callee=LONDON),
        *(cdr(f"x{one}", account="Nobody-9") for one in range(2)),
        *(cdr(f"y{one}", account="Customer-001", callee="33142685300") for one in range(3)),
    )
    found = causes(records_seen(administrator))
    assert [(one.reason, one.count) for one in found] == [
        ("no_rate", 3), ("nobody", 2), ("no_rate", 1),
    ]  # fmt: skip


def test_a_record_that_differs_from_the_first_is_no_agents_to_see(
    tree: ResellerTree, agent: Actor
) -> None:
    charged(cdr("twice", account="Customer-001"))
    charged(cdr("twice", account="Customer-001", caller="442071838751"))
    assert [one for one, _level in waits()] == ["differs"]
    CallRecord.objects.update(account=tree.customer)
    assert not records_seen(agent).exists()

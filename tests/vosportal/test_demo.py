"""`manage.py demo`: the reference hierarchy and four businesses, loaded once, by the services."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Min
from django.test import Client, override_settings
from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.authorizations.queries.grants import held
from accounts.authorizations.queries.integrity import grant_problems
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import in_order
from accounts.core.models import Account, AuditEntry, User
from accounts.core.querysets import chains
from accounts.kit.moments import today
from accounts.mail.models import Mail
from accounts.numbers.queries import number_verdict
from accounts.phones.models import Phone, PhoneNumber
from accounts.tree.queries.integrity import tree_problems
from accounts.tree.services.ending import account_delete
from billing.calls.models import Leg
from billing.charging.models import Charge
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import charge_all
from billing.handing_out.queries.cover import cover_of
from billing.handing_out.queries.policies import effective_policy
from billing.holds.models import Hold, RunningCall
from billing.ledger.models import Transaction
from billing.ledger.queries.integrity import ledger_found
from billing.reports.periods import last_days
from billing.reports.queries.accounts import consumption
from billing.wallets.models import Funding, Wallet
from tests.factories.calls import waits
from vosportal.demo.money import plan
from vosportal.demo.switch import DemoSwitch

pytestmark = [pytest.mark.django_db, pytest.mark.wide]


@pytest.fixture(autouse=True)
def _development(settings: Any) -> None:
    settings.DEBUG = True


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The demo, loaded once for all tests that undo what they do to it; what it printed."""
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(DEBUG=True):
        yield demo()
        transaction.set_rollback(True)


def demo(**options: Any) -> str:
    out = StringIO()
    call_command("demo", load_only=True, stdout=out, **options)
    return out.getvalue()


def path(account_id: str) -> list[str]:
    account, found = Account.objects.get(account_id=account_id), []
    while account:
        found.insert(0, account.account_id)
        account = account.parent
    return found


def test_it_loads_the_reference_hierarchy_and_the_businesses(loaded: str) -> None:
    assert "Loaded" in loaded
    assert path("Customer-001") == ["BD-Wholesale-Agent", "Dhaka-Retail-Sub", "Customer-001"]
    assert path("Customer-101")[-2:] == ["Sub-Sub-Agent", "Customer-101"]
    assert Account.objects.get(account_id="Sub-Sub-Agent").level == 2
    assert Account.objects.get(account_id="Master-Agent-2").sub_account_count == 2
    assert not Account.objects.get(account_id="Dhaka-Empty-Account").is_agent
    for business in (
        "IN-Retail-Lakshmi", "DE-Wholesale-Nordlicht", "GB-Card-Operator", "AE-Multi-Gulfbridge",
    ):  # fmt: skip
        assert Account.objects.get(account_id=business).sub_account_count > 20
    assert 150 <= Account.objects.count() <= 300
    assert tree_problems() == []


def test_the_businesses_have_their_number_sections(loaded: str) -> None:
    def allowed(account_id: str, number: str) -> bool:
        return number_verdict(Account.objects.get(account_id=account_id).pk, number).is_allowed

    assert allowed("Customer-001", "8801711000000")
    assert not allowed("Customer-001", "442079460000")
    assert not allowed("Customer-101", "8801955000000")
    assert allowed("IN-Retail-Mumbai", "911123456789")
    assert allowed("DE-Wholesale-Elbe", "442079460000")
    assert not allowed("GB-Card-Brixton", "8801711000000")
    assert not allowed("Standalone-Customer-01", "8816212345678")


def test_the_agents_hold_what_the_guides_say(loaded: str) -> None:

    def numbers(account_id: str) -> list[int]:
        account = Account.objects.get(account_id=account_id)
        return [one.number for one in in_order(held(account))]

    assert numbers("BD-Wholesale-Agent") == [1, 2, 3, 7, 8]
    assert numbers("Dhaka-Retail-Sub") == [1, 2, 8]
    assert numbers("Customer-001") == []
    assert numbers("DE-Wholesale-Nordlicht") == [1, 4, 5, 6, 8]
    assert numbers("GB-Card-Operator") == [1, 3, 8]
    assert grant_problems() == []


def test_the_retail_businesses_have_phones() -> None:
    demo()
    by_account = {
        account_id: Phone.objects.filter(account__account_id=account_id).count()
        for account_id in ("Dhaka-Retail-Sub", "Customer-001", "IN-Retail-Mumbai")
    }
    assert by_account == {"Dhaka-Retail-Sub": 2, "Customer-001": 6, "IN-Retail-Mumbai": 1}
    assert Phone.objects.exclude(lock="none").exists()
    assert PhoneNumber.objects.filter(is_did=True).count() == 2


def test_two_requests_wait_for_a_decision(loaded: str) -> None:
    waiting = SubAgentRequest.objects.filter(status=SubAgentRequest.Status.WAITING)
    assert set(waiting.values_list("requester_name", flat=True)) == {
        "dhaka-retail", "lakshmi-mumbai",
    }  # fmt: skip


def test_loading_mails_nobody(loaded: str) -> None:
    assert set(Mail.objects.values_list("state", flat=True)) == {Mail.State.SKIPPED}


def test_months_of_payments_add_up(loaded: str) -> None:
    out = StringIO()
    call_command("check_ledger", stdout=out)
    assert "The ledger is sound." in out.getvalue()
    times = list(Transaction.objects.order_by("pk").values_list("at", flat=True))
    assert len(times) > 150
    assert times == sorted(times)
    assert timezone.now() - times[0] > timedelta(days=90)
    assert times[-1] < timezone.now()
    assert Wallet.objects.get(account__account_id="Customer-001").balance > 0
    back = Transaction.objects.get(kind="reversal")
    assert (back.account.account_id, back.reverses.account_id) == (
        "Customer-002",
        back.account_id,
    )


def test_sixty_days_of_calls_are_charged(loaded: str) -> None:
    out = StringIO()
    call_command("check_calls", stdout=out)
    assert "Calls are sound." in out.getvalue()
    legs = Leg.objects.aggregate(count=Count("pk"), answered=Count("answer"), first=Min("setup"))
    assert 18_000 < legs["count"] < 24_000
    assert 0.45 < legs["answered"] / legs["count"] < 0.6
    assert timezone.now() - legs["first"] > timedelta(days=58)
    assert Leg.objects.filter(setup__gt=timezone.now() - timedelta(days=2)).exists()
    assert Leg.objects.dates("setup", "day").count() >= 60
    callback = Leg.objects.filter(account_id=_pk("GB-Callback-Camden"), answer__isnull=False)
    assert set(callback.values_list("leg", flat=True)) == {"A", "B"}
    assert Leg.objects.filter(was_locked=True).count() == 2
    owed = Charge.objects.filter(is_cost=True).values_list("account_id", flat=True)
    assert set(owed) == {_pk("EU-Carrier-Clearing"), _pk("SG-Carrier-Clearing")}


def test_a_few_records_wait_each_for_its_reason(loaded: str) -> None:
    assert sorted(waits()) == [
        ("absurd", ""),
        ("absurd", ""),
        ("closed", "IN-Shop-Mumbai-Market"),
        ("no_carrier", ""),
        ("no_number", "DE-Wholesale-Elbe"),
        ("no_rate", "DE-Wholesale-Elbe"),
        ("no_rate", "DE-Wholesale-Elbe"),
        ("no_rate", "GB-Card-Brixton-02"),
        ("no_session", "GB-Callback-Camden"),
        ("nobody", ""),
        ("nobody", ""),
        ("several", ""),
        ("two_legs", "Customer-002"),
    ]


def test_nothing_is_older_than_who_did_it(loaded: str) -> None:
    made = dict(Account.objects.values_list("pk", "created_at"))
    first = Leg.objects.values("account_id").annotate(first=Min("setup"))
    assert [one for one in first if one["first"] < made[one["account_id"]]] == []
    assert not Account.objects.filter(created_at__lt=F("parent__created_at")).exists()
    assert not Transaction.objects.filter(at__lt=F("account__created_at")).exists()
    assert len(set(Account.objects.dates("created_at", "day"))) > 40
    created = AuditEntry.objects.filter(action="account.create")
    assert set(created.values_list("at", flat=True)) == set(made.values())


def test_who_calls_has_paid_before(loaded: str) -> None:
    owing = Wallet.objects.filter(balance__lt=0).values_list("account__type", flat=True)
    assert set(owing) == {Account.Type.CLEARING}


def test_some_money_ends_within_days(loaded: str) -> None:
    """What dashboards say of who runs dry first."""
    boss = actor_for(User.objects.get(username="admin"))
    pace = last_days(today(UTC), 7, ZoneInfo("UTC"))
    for whose, names in (
        (None, {"IN-Retail-Lakshmi", "AE-Multi-Gulfbridge"}),
        (Account.objects.get(account_id="Dhaka-Retail-Sub"), {"Customer-002"}),
    ):
        found = consumption(boss, whose, pace, 7, 1000)
        soon = {one.account.account_id for one in found if 0 < (one.days_left or 0) < 14}
        assert soon == names


class TestItsSwitch:
    @pytest.fixture(autouse=True)
    def _undone(self, loaded: str) -> Iterator[None]:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def carried(self, clock: Any, seconds: int) -> None:
        """The switch, the charger and the clock of calls make their rounds, again and again."""
        switch = DemoSwitch()
        for _round in range(seconds // 15):
            for _time in range(3):
                switch.round()
            charge_all(Tariffs())
            call_command("switch_clock", "--once", verbosity=0)
            clock.shift(15)

    def test_it_carries_calls_that_are_answered_held_and_charged(self, time_machine: Any) -> None:
        time_machine.move_to(timezone.now(), tick=False)
        assert not RunningCall.objects.exists()
        legs, waiting = Leg.objects.count(), sorted(waits())
        self.carried(time_machine, 600)
        assert 7 <= RunningCall.objects.up().count() <= 14
        assert RunningCall.objects.filter(answered_at__isnull=False).count() > 3
        assert Hold.objects.filter(amount__gt=0).exists()
        assert not RunningCall.objects.filter(is_lost=True).exists()
        assert Leg.objects.count() > legs
        # Nothing waits that did not before.
        assert sorted(waits()) == waiting
        assert ledger_found().is_sound

    def test_what_was_up_when_the_demo_was_stopped_is_ended_and_charged(
        self, time_machine: Any
    ) -> None:
        time_machine.move_to(timezone.now(), tick=False)
        waiting = sorted(waits())
        self.carried(time_machine, 300)
        before = set(RunningCall.objects.values_list("call_id", flat=True))
        time_machine.shift(86_400)
        call_command("switch_clock", "--once", verbosity=0)
        self.carried(time_machine, 30)
        now = set(RunningCall.objects.values_list("call_id", flat=True))
        assert before
        assert not before & now
        assert sorted(waits()) == waiting


def _pk(account_id: str) -> int:
    return Account.objects.get(account_id=account_id).pk


def test_the_agents_pay_under_both_rules(loaded: str) -> None:

    def funding(account_id: str) -> str:
        account = Account.objects.get(account_id=account_id)
        return effective_policy(chains([account.pk])[account.pk]).funding

    assert funding("Dhaka-Retail-Sub") == Funding.RECORD
    assert funding("Chittagong-Retail-Sub") == Funding.COVERED
    paid = Transaction.objects.filter(by_account__account_id="Chittagong-Retail-Sub").first()
    assert paid is not None
    assert not paid.entries.filter(wallet=paid.by_account_id).exists(), "its own wallet stays"
    cover = cover_of(paid.by_account_id)
    assert cover.handed_out > 0
    assert not cover.is_uncovered


def test_the_payments_are_the_same_at_each_load() -> None:
    assert plan() == plan()


def test_every_login_works_as_it_is(loaded: str) -> None:
    for name in ("admin", "bd-wholesale", "customer-001"):
        one = Client()
        answer = one.post("/login/", {"login": name, "password": "portal-demo-2026"})
        assert answer.status_code == 302, name
        assert one.get("/").status_code == 200


def test_a_second_run_changes_nothing(loaded: str) -> None:
    account_delete(
        actor=SYSTEM, account=Account.objects.get(account_id="Dhaka-Empty-Account"), reason="x"
    )

    def counts() -> list[int]:
        models = (Account, User, AuditEntry, Transaction)
        return [model.objects.count() for model in models]

    before = counts()
    assert "loaded already" in demo()
    assert counts() == before


def test_it_refuses_when_debug_is_off(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="refuses to run when DEBUG is off"):
        demo()


def test_a_reset_asks_first(loaded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        demo(reset=True)
    assert Account.objects.filter(account_id="Customer-001").exists()

"""Releasing cards hands out money: through the gate, in parts, each card once, and once more
when their day had passed.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.kit.errors import NotAllowed
from accounts.tree.services.accounts import account_lock
from billing.cards.models import Card, CardBatch
from billing.cards.services.batch_deeds import batch_block, batch_unblock
from billing.cards.services.deeds import card_block, card_unblock
from billing.cards.services.redeeming import card_redeem
from billing.cards.services.releasing import (
    batch_extend,
    batch_extension_preview,
    card_extend,
    card_extension_preview,
    cards_release,
    release_preview,
)
from billing.cards.services.withdrawing import cards_withdraw
from billing.handing_out.services.policies import payment_policy_set
from billing.ledger.queries.integrity import ledger_problems
from billing.wallets.models import Handing
from tests.factories import ResellerTree, UserFactory, grant, revoke
from tests.support.carding import card_of, cards, ends, pin_of, refused, use, without_group
from tests.support.covering import cover, covered, handed_out
from tests.support.paying import balance, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

PAY = Authorization.PAY_SUB_ACCOUNT


class TestAttack:
    def test_no_money_comes_up_by_cards(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        """Batch, release, redeem into a sub-account, deduct: the own balance stays."""
        pay(tree.agent, "3")
        cards_release(actor=imran, batch=batch)
        for place in range(10):
            use(imran, card_of(batch, place), tree.customer)
        assert balance(tree.customer) == 50
        pay(tree.customer, "50", "deduction", imran)
        assert balance(tree.agent) == 3
        assert balance(tree.customer) == 0
        assert ledger_problems() == []

    @pytest.mark.parametrize("of_whom", ["agent", "top"])
    def test_with_3_alone_nothing_is_released(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch, of_whom: str
    ) -> None:
        revoke(getattr(tree, of_whom), PAY)
        with pytest.raises(NotAllowed) as caught:
            cards_release(actor=imran, batch=batch)
        assert caught.value.asked == PAY
        assert not Card.objects.filter(released_at__isnull=False).exists()
        with refused("card_not_released"):
            use(imran, card_of(batch), tree.customer)
        # Administrators need neither 3 nor 8.
        assert cards_release(actor=SYSTEM, batch=batch) == 10

    def test_the_agents_above_need_3_and_the_account_needs_8_whoever_releases(
        self, tree: ResellerTree
    ) -> None:
        below = cards(tree.sub_agent, 2, "SUB01", released=False)
        boss = actor_for(UserFactory(account=tree.top))
        with pytest.raises(NotAllowed):
            cards_release(actor=boss, batch=below)
        grant(tree.sub_agent, PAY)
        assert cards_release(actor=boss, batch=below) == 2

    def test_a_locked_agent_releases_nothing(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        account_lock(actor=SYSTEM, account=tree.agent, reason="x")
        with pytest.raises(NotAllowed):
            cards_release(actor=imran, batch=batch)

    def test_the_payment_limit_counts_each_card_and_the_day_limit_the_whole(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        payment_policy_set(
            actor=SYSTEM, account=tree.agent, per_payment=Decimal("4.99"), per_day=Decimal(100)
        )
        with refused("over_payment_limit"):
            cards_release(actor=imran, batch=batch)
        payment_policy_set(
            actor=SYSTEM, account=tree.agent, per_payment=Decimal(5), per_day=Decimal(30)
        )
        with refused("over_day_limit"):
            cards_release(actor=imran, batch=batch)
        assert cards_release(actor=imran, batch=batch, **ends(batch, 0, 4)) == 5
        pay(tree.customer, "3", actor=imran)
        with refused("over_day_limit"):
            pay(tree.customer, "2.01", actor=imran)
        pay(tree.customer, "2", actor=imran)
        with refused("over_day_limit"):
            cards_release(actor=imran, batch=batch, **ends(batch, 5, 5))
        assert Handing.objects.get().amount == 25

    def test_what_is_released_counts_in_the_day_of_every_level_above(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.top, per_day=Decimal(49))
        with refused("over_day_limit") as caught:
            cards_release(actor=imran, batch=batch)
        assert str(caught.value) == "This is more than a level above yours permits."

    def test_with_a_limit_of_1_a_day_a_million_is_not_released(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        payment_policy_set(actor=SYSTEM, account=tree.agent, per_day=Decimal(1))
        batch = cards(tree.agent, 1, "MIO01", face_value=Decimal(1_000_000), released=False)
        with refused("over_day_limit"):
            cards_release(actor=imran, batch=batch)
        assert balance(tree.customer) == 0


class TestCover:
    def test_under_covered_the_face_value_must_be_free(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        covered(tree.agent, "30")
        pay(tree.customer, "4")
        with refused("not_covered") as caught:
            cards_release(actor=imran, batch=batch)
        assert str(caught.value) == ("Your account has 26.00 free to hand out; 24.00 are missing.")
        cards_release(actor=imran, batch=batch, **ends(batch, 0, 4))
        assert (handed_out(tree.agent), cover(tree.agent).free) == (29, 1)
        with refused("not_covered"):
            pay(tree.customer_2, "1.01", actor=imran)
        with refused("handed_out_below"):
            pay(tree.agent, "1.01", "deduction", actor_for(UserFactory(account=tree.top)))

    def test_administrators_are_warned_instead(self, tree: ResellerTree, batch: CardBatch) -> None:
        covered(tree.agent, "30")
        plan = release_preview(actor=SYSTEM, batch=batch)
        assert [one.words for one in plan.shortfalls] == [
            "Dhaka-Retail-Sub is on covered and has 30.00 free to hand out, not 50.00."
        ]
        assert cards_release(actor=SYSTEM, batch=batch) == 10
        assert cover(tree.agent).is_uncovered

    def test_a_used_card_changes_nothing_in_the_sum(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        covered(tree.agent, "50")
        cards_release(actor=imran, batch=batch)
        before = cover(tree.agent)
        use(imran, card_of(batch), tree.customer)
        assert cover(tree.agent) == before
        assert before.free == 0

    def test_blocked_cards_keep_their_value_and_withdrawn_ones_give_it_back(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        cards_release(actor=imran, batch=batch)
        card_block(actor=imran, card=card_of(batch), reason="x")
        batch_block(actor=imran, batch=batch, reason="x")
        assert handed_out(tree.agent) == 50
        assert cards_withdraw(actor=imran, batch=batch, reason="x", **ends(batch, 0, 3)) == 4
        assert handed_out(tree.agent) == 30


class TestParts:
    def test_a_batch_is_released_in_parts_each_card_once(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        assert cards_release(actor=imran, batch=batch, **ends(batch, 2, 4)) == 3
        batch.refresh_from_db()
        assert (batch.released, batch.state) == (3, "active")
        assert handed_out(tree.agent) == 15
        use(imran, card_of(batch, 2), tree.customer)
        with refused("card_not_released"):
            use(imran, card_of(batch, 0), tree.customer)
        with refused("nothing_to_release"):
            cards_release(actor=imran, batch=batch, **ends(batch, 2, 4))
        plan = release_preview(actor=imran, batch=batch, **ends(batch, 4, 9))
        assert (plan.count, plan.first, plan.last, plan.total) == (
            5, "SYL110006", "SYL110010", 25,
        )  # fmt: skip
        assert cards_release(actor=imran, batch=batch) == 7
        batch.refresh_from_db()
        assert batch.released == 10
        assert handed_out(tree.agent) == 50
        entry = AuditEntry.objects.filter(action="card_batch.release").earliest("pk")
        assert entry.after["cards"] == 3
        assert (entry.after["first_serial"], entry.after["last_serial"]) == (
            "SYL110003", "SYL110005",
        )  # fmt: skip
        assert ledger_problems() == []

    def test_what_is_not_what_was_shown_is_not_released(
        self, imran: Actor, batch: CardBatch
    ) -> None:
        card_block(actor=imran, card=card_of(batch), reason="x")
        with refused("changed_meanwhile"):
            cards_release(actor=imran, batch=batch, expected=10)
        assert not Card.objects.filter(released_at__isnull=False).exists()
        assert not Handing.objects.exists()
        assert cards_release(actor=imran, batch=batch, expected=9) == 9

    def test_blocked_and_expired_cards_stay_as_they_are(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        soon = timezone.now() + timedelta(days=5)
        batch = cards(tree.agent, 4, "OLD01", released=False)
        card_extend(actor=imran, card=card_of(batch, 0), expires_at=soon, reason="x")
        card_block(actor=imran, card=card_of(batch, 1), reason="x")
        with time_machine.travel(soon + timedelta(days=1)):
            assert cards_release(actor=imran, batch=batch) == 2
            assert handed_out(tree.agent) == 10
        card_unblock(actor=imran, card=card_of(batch, 1), reason="x")
        with refused("card_not_released"):
            use(imran, card_of(batch, 1), tree.customer)

    def test_a_range_needs_cards_of_the_batch(self, imran: Actor, batch: CardBatch) -> None:
        with refused("no_serial", "first"):
            cards_release(actor=imran, batch=batch, first="NO1", last=batch.serial_at(1))
        with refused("wrong_order", "last"):
            cards_release(actor=imran, batch=batch, **ends(batch, 3, 1))
        with refused("no_serial", "last"):
            cards_release(actor=imran, batch=batch, first=batch.serial_at(1))


class TestWithoutARateGroup:
    """What its cards open could not call (docs/domain.md 8)."""

    def test_neither_a_batch_nor_a_range_of_it_is_released(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = cards(tree.agent, 4, rate_group=None, released=False)
        for actor in (imran, SYSTEM):
            for part in ({}, ends(batch, 1, 2)):
                with refused("no_rate_group"):
                    release_preview(actor=actor, batch=batch, **part)
                with refused("no_rate_group"):
                    cards_release(actor=actor, batch=batch, **part)
        assert not Card.objects.filter(released_at__isnull=False).exists()
        assert not Handing.objects.exists()

    def test_the_group_counts_that_the_batch_has_when_it_is_released(
        self, imran: Actor, batch: CardBatch
    ) -> None:
        """The page was read while there was one."""
        assert release_preview(actor=imran, batch=batch).count == 10
        CardBatch.objects.filter(pk=batch.pk).update(rate_group=None)
        with refused("no_rate_group"):
            cards_release(actor=imran, batch=batch, expected=10)

    def test_what_was_released_before_stays_and_is_not_released_again(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        soon = timezone.now() + timedelta(days=5)
        batch = without_group(cards(tree.agent, 3, "DAY01", expires_at=soon))
        use(imran, card_of(batch, 0), tree.customer)
        assert handed_out(tree.agent) == 15
        with time_machine.travel(soon + timedelta(days=1)):
            later = {"expires_at": timezone.now() + timedelta(days=9), "reason": "x"}
            with refused("no_rate_group"):
                batch_extension_preview(actor=imran, batch=batch)
            with refused("no_rate_group"):
                batch_extend(actor=imran, batch=batch, **later)
            with refused("no_rate_group"):
                card_extension_preview(actor=imran, card=card_of(batch, 1))
            with refused("no_rate_group"):
                card_extend(actor=imran, card=card_of(batch, 1), **later)
            batch.refresh_from_db()
            assert batch.expires_at == soon

    def test_its_last_day_may_be_another_as_long_as_nothing_has_expired(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        soon = timezone.now() + timedelta(days=5)
        batch = without_group(cards(tree.agent, 3, "DAY01", expires_at=soon))
        assert batch_extension_preview(actor=imran, batch=batch) is None
        assert (
            batch_extend(actor=imran, batch=batch, expires_at=None, reason="x").expires_at is None
        )

    def test_a_blocked_batch_is_unblocked_for_it_was_handed_out_all_the_time(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        batch = without_group(cards(tree.agent, 2, "BLK01"))
        batch_block(actor=imran, batch=batch, reason="x")
        assert batch_unblock(actor=imran, batch=batch, reason="x").state == "active"


class TestExtending:
    @pytest.fixture
    def soon(self) -> Any:
        return timezone.now() + timedelta(days=5)

    @pytest.fixture
    def dated(self, tree: ResellerTree, soon: Any) -> CardBatch:
        """Ten released cards of 5 that count for five days."""
        covered(tree.agent, "50")
        return cards(tree.agent, 10, "DAY01", expires_at=soon)

    def test_what_has_expired_counts_no_more_and_its_extension_is_a_release(
        self, tree: ResellerTree, imran: Actor, dated: CardBatch, soon: Any
    ) -> None:
        card_block(actor=imran, card=card_of(dated, 9), reason="x")
        with time_machine.travel(soon + timedelta(days=1)):
            later = timezone.now() + timedelta(days=9)
            assert handed_out(tree.agent) == 0
            pay(tree.customer, "11", actor=imran)
            with refused("not_covered"):
                batch_extend(actor=imran, batch=dated, expires_at=later, reason="x")
            with refused("card_expired"):
                use(imran, card_of(dated), tree.customer)
            card_extend(actor=imran, card=card_of(dated), expires_at=later, reason="x")
            assert handed_out(tree.agent) == 16
            pay(tree.agent, "11")
            # Nine more: the blocked one counts, the one with its own day counts already.
            batch_extend(actor=imran, batch=dated, expires_at=None, reason="x")
            assert (handed_out(tree.agent), cover(tree.agent).free) == (61, 0)
            handed = Handing.objects.filter(kind="cards").order_by("pk")
            assert [one.amount for one in handed][-2:] == [5, 45]

    def test_what_expires_after_the_page_is_not_handed_out_unseen(
        self, tree: ResellerTree, imran: Actor, dated: CardBatch, soon: Any
    ) -> None:
        """The page was read before their day had passed, and said that nothing comes back."""
        with time_machine.travel(soon + timedelta(days=1)):
            later = {"expires_at": timezone.now() + timedelta(days=9), "reason": "x"}
            with refused("changed_meanwhile"):
                batch_extend(actor=imran, batch=dated, expected=0, **later)
            with refused("changed_meanwhile"):
                card_extend(actor=imran, card=card_of(dated), expected=0, **later)
            assert handed_out(tree.agent) == 0
            card_extend(actor=imran, card=card_of(dated), expected=1, **later)
            with refused("changed_meanwhile"):
                batch_extend(actor=imran, batch=dated, expected=10, **later)
            batch_extend(actor=imran, batch=dated, expected=9, **later)
            assert handed_out(tree.agent) == 50

    def test_what_was_used_after_the_page_is_not_extended_unseen(
        self, tree: ResellerTree, imran: Actor, dated: CardBatch, soon: Any
    ) -> None:
        made = card_redeem(
            actor=SYSTEM, pin=pin_of(card_of(dated)), target=None, idempotency_key="k"
        )
        with refused("changed_meanwhile"):
            card_extend(actor=imran, card=card_of(dated), expires_at=soon, reason="x", expected=1)
        made.account.refresh_from_db()
        assert made.account.valid_until is None

    def test_what_has_not_expired_is_extended_without_the_gate(
        self, tree: ResellerTree, imran: Actor, dated: CardBatch, soon: Any
    ) -> None:
        revoke(tree.agent, PAY)
        batch_extend(actor=imran, batch=dated, expires_at=soon + timedelta(days=9), reason="x")
        card_extend(actor=imran, card=card_of(dated), expires_at=soon, reason="x")
        assert handed_out(tree.agent) == 50

    @pytest.mark.parametrize("what", ["batch", "card"])
    def test_with_3_alone_what_has_expired_is_not_extended(
        self, tree: ResellerTree, imran: Actor, dated: CardBatch, soon: Any, what: str
    ) -> None:
        revoke(tree.agent, PAY)
        with time_machine.travel(soon + timedelta(days=1)):
            later = timezone.now() + timedelta(days=9)
            deeds: dict[str, Callable[[], Any]] = {
                "batch": lambda: batch_extend(
                    actor=imran, batch=dated, expires_at=later, reason="x"
                ),
                "card": lambda: card_extend(
                    actor=imran, card=card_of(dated), expires_at=later, reason="x"
                ),
            }
            with pytest.raises(NotAllowed):
                deeds[what]()
            assert handed_out(tree.agent) == 0

    def test_what_was_never_released_is_extended_without_the_gate(
        self, tree: ResellerTree, imran: Actor, soon: Any
    ) -> None:
        batch = cards(tree.agent, 2, "NEW01", expires_at=soon, released=False)
        revoke(tree.agent, PAY)
        with time_machine.travel(soon + timedelta(days=1)):
            batch_extend(actor=imran, batch=batch, expires_at=None, reason="x")
        assert handed_out(tree.agent) == 0

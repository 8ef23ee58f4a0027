"""What takes released cards back: withdrawal, deletion; names, and accounts that move."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.authorizations import Authorization
from accounts.core.models import AuditEntry
from accounts.kit.errors import NotAllowed, NotInScope
from accounts.tree.services.ending import account_delete
from accounts.tree.services.moving import account_move
from billing.cards.models import Card, CardBatch, PinsTaken
from billing.cards.queries import pins_taken_in
from billing.cards.services import redeeming
from billing.cards.services.batch_deeds import (
    batch_block,
    batch_delete,
    batch_rename,
    batch_unblock,
)
from billing.cards.services.deeds import (
    card_block,
    card_unblock,
    cards_block,
    cards_sell,
    cards_unblock,
)
from billing.cards.services.releasing import card_extend, cards_release
from billing.cards.services.secrets import pins_take
from billing.cards.services.withdrawing import cards_withdraw, withdrawal_preview
from billing.ledger.queries.integrity import ledger_problems
from tests.factories import AccountFactory, ResellerTree, UserFactory, revoke
from tests.support.carding import card_of, cards, ends, refused, use
from tests.support.covering import handed_out
from tests.support.paying import balance

pytestmark = pytest.mark.django_db

CARDS = Authorization.MANAGE_PHONE_CARD


class TestWithdrawing:
    def test_withdrawn_cards_are_worth_nothing_for_good(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        cards_release(actor=imran, batch=batch, **ends(batch, 0, 4))
        use(imran, card_of(batch, 0), tree.customer)
        cards_sell(actor=imran, batch=batch, cards=batch.cards.filter(serial=batch.serial_at(1)))
        card_block(actor=imran, card=card_of(batch, 2), reason="x")
        plan = withdrawal_preview(actor=imran, batch=batch)
        assert (plan.count, plan.sold, plan.outstanding, plan.total) == (9, 1, 4, 20)
        assert cards_withdraw(actor=imran, batch=batch, reason="lost") == 9
        assert handed_out(tree.agent) == 5
        assert [card_of(batch, n).status for n in range(3)] == ["used_up", "withdrawn", "withdrawn"]
        with refused("card_withdrawn", "pin"):
            use(imran, card_of(batch, 1), tree.customer)
        every = batch.cards.all()
        assert cards_sell(actor=imran, batch=batch, cards=every) == 0
        assert cards_block(actor=imran, batch=batch, cards=every, reason="x") == 0
        assert cards_unblock(actor=imran, batch=batch, cards=every, reason="x") == 0
        for deed in (card_block, card_unblock):
            with refused("card_withdrawn"):
                deed(actor=imran, card=card_of(batch, 2), reason="x")
        with refused("card_withdrawn"):
            card_extend(
                actor=imran,
                card=card_of(batch, 2),
                expires_at=timezone.now() + timedelta(days=9),
                reason="x",
            )
        with refused("nothing_to_release"):
            cards_release(actor=imran, batch=batch)
        with refused("nothing_to_withdraw"):
            cards_withdraw(actor=imran, batch=batch, reason="x")
        assert ledger_problems() == []

    def test_it_takes_3_and_a_reason(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        with refused("reason_required", "reason"):
            cards_withdraw(actor=imran, batch=batch, reason=" ")
        with refused("changed_meanwhile"):
            cards_withdraw(actor=imran, batch=batch, reason="x", expected=9)
        with pytest.raises(NotInScope):
            cards_withdraw(
                actor=actor_for(UserFactory(account=tree.sibling)), batch=batch, reason="x"
            )
        revoke(tree.agent, CARDS)
        with pytest.raises(NotAllowed):
            cards_withdraw(actor=imran, batch=batch, reason="x")
        assert not Card.objects.filter(status="withdrawn").exists()


class TestDeleting:
    def test_a_batch_that_was_not_sold_is_gone_and_its_records_stay(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch
    ) -> None:
        cards_release(actor=imran, batch=batch, **ends(batch, 0, 4))
        list(pins_take(actor=imran, batch=batch, kind="file", reason="printer"))
        assert handed_out(tree.agent) == 25
        batch_delete(actor=imran, batch=batch, reason="misprint")
        assert not CardBatch.objects.exists()
        assert not Card.objects.exists()
        assert handed_out(tree.agent) == 0
        taken = PinsTaken.objects.get()
        assert (taken.batch, taken.batch_name, taken.account, taken.count) == (
            None, batch.name, tree.agent, 10,
        )  # fmt: skip
        assert list(pins_taken_in(imran)) == [taken]
        kept = AuditEntry.objects.filter(subject=batch.name).values_list("action", flat=True)
        assert {"card_batch.create", "card_batch.release", "card_batch.export"} <= set(kept)
        entry = AuditEntry.objects.get(action="card_batch.delete")
        assert entry.before["first_serial"] == "SYL110001"
        assert (entry.before["cards"], entry.reason) == (10, "misprint")
        # The serials are free again.
        cards(tree.agent, 10)

    def test_who_took_pins_out_is_not_deleted_with_the_account(
        self, tree: ResellerTree, imran: Actor
    ) -> None:
        account = AccountFactory(parent=tree.agent)
        batch = cards(account, 1, "END01", released=False)
        list(pins_take(actor=SYSTEM, batch=batch, kind="file", reason="printer"))
        batch_delete(actor=SYSTEM, batch=batch, reason="x")
        with refused("has_history") as caught:
            account_delete(actor=SYSTEM, account=account, reason="x")
        assert "PINs of its phone cards" in str([one.label for one in caught.value.items])

    @pytest.mark.parametrize("deed", ["sell", "use", "sell and block"])
    def test_a_batch_with_a_card_that_was_sold_or_used_stays(
        self, tree: ResellerTree, imran: Actor, batch: CardBatch, deed: str
    ) -> None:
        cards_release(actor=imran, batch=batch)
        if "sell" in deed:
            one = batch.cards.filter(serial=batch.serial_at(3))
            cards_sell(actor=imran, batch=batch, cards=one)
        if "block" in deed:
            card_block(actor=imran, card=card_of(batch, 3), reason="x")
        if deed == "use":
            use(imran, card_of(batch, 3), tree.customer)
        with refused("card_touched"):
            batch_delete(actor=imran, batch=batch, reason="x")
        assert batch.cards.count() == 10
        assert not AuditEntry.objects.filter(action="card_batch.delete").exists()


def test_name_and_memo_change_at_any_time(imran: Actor, batch: CardBatch) -> None:
    batch_block(actor=imran, batch=batch, reason="x")
    batch_rename(actor=imran, batch=batch, name=" Spring  cards ", memo="Kiosks")
    batch.refresh_from_db()
    assert (batch.name, batch.memo) == ("Spring cards", "Kiosks")
    entry = AuditEntry.objects.get(action="card_batch.rename")
    assert entry.before == {"name": "Batch SYL110001", "memo": ""}
    assert entry.after["name"] == "Spring cards"
    batch_rename(actor=imran, batch=batch, name="Spring cards", memo="Kiosks")
    assert AuditEntry.objects.filter(action="card_batch.rename").count() == 1
    with refused("required", "name"):
        batch_rename(actor=imran, batch=batch, name=" ", memo="")
    with refused("too_long", "memo"):
        batch_rename(actor=imran, batch=batch, name="x", memo="x" * 201)


def test_an_account_that_moved_meanwhile_takes_no_card(
    tree: ResellerTree, imran: Actor, batch: CardBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The move comes between the check and the posting, whose lock it would have waited for."""
    cards_release(actor=imran, batch=batch)
    post = redeeming.post

    def post_late(*args: Any, **more: Any) -> Any:
        account_move(actor=SYSTEM, account=tree.customer, parent=tree.sibling)
        return post(*args, **more)

    monkeypatch.setattr(redeeming, "post", post_late)
    with refused("not_directly_below", "account"):
        use(imran, card_of(batch), tree.customer)
    assert balance(tree.customer) == 0
    assert card_of(batch).status == "new"


def test_unblocking_a_batch_whose_cards_were_released_in_part_leaves_it_released(
    imran: Actor, batch: CardBatch
) -> None:
    cards_release(actor=imran, batch=batch, **ends(batch, 0, 0))
    batch_block(actor=imran, batch=batch, reason="x")
    assert batch_unblock(actor=imran, batch=batch, reason="x").state == "active"

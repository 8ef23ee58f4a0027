"""Whose days the days of cards are: those of the account that has the batch."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from billing.cards.models import Card, CardBatch
from tests.factories import ResellerTree, StaffFactory, UserFactory
from tests.support.answering import submit
from tests.support.carding import at, card_of, cards
from tests.support.jobs import work_off
from tests.support.pages import just_signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]

MOMENT = timedelta(microseconds=1)
# The end of 2030-03-15 in Kathmandu.
END = datetime(2030, 3, 15, 18, 15, tzinfo=UTC)


@pytest.fixture
def agent(tree: ResellerTree) -> Any:
    tree.agent.time_zone = "Asia/Kathmandu"
    tree.agent.save(update_fields=["time_zone"])
    return tree.agent


def test_the_last_day_of_a_batch_ends_where_its_account_is(agent: Any) -> None:
    elsewhere = UserFactory(account=agent, username="imran", time_zone="America/New_York")
    values = {
        "name": "March", "count": "2", "face_value": "5", "first_serial": "SYL110001",
        "pin_length": "12", "valid_days": "", "expires_on": "2030-03-15", "memo": "",
        "idempotency_key": "k1",
    }  # fmt: skip
    client, url = just_signed_in(elsewhere), f"/accounts/{agent.account_id}/cards/new/"
    assert "in Asia/Kathmandu" in text_of(client.get(url))
    assert "Use by 2030-03-15" in text_of(submit(client, url, values))
    submit(client, url, {**values, "confirmed": "1"})
    work_off()
    batch = CardBatch.objects.get(name="March")
    assert batch.expires_at == END
    assert "Use by 2030-03-15 Asia/Kathmandu" in text_of(client.get(at(batch)))


def test_another_day_is_a_day_of_its_account_too(agent: Any) -> None:
    batch = cards(agent, 2, expires_at=END)
    admin = just_signed_in(StaffFactory(administrator=True, time_zone="Pacific/Pago_Pago"))
    page = admin.get(at(batch, "extend/")).content.decode()
    assert 'value="2030-03-15"' in page
    assert "in Asia/Kathmandu" in page
    answer = submit(admin, at(batch, "extend/"), {"expires_on": "2030-03-20", "reason": "slow"})
    assert answer.status_code == 303
    batch.refresh_from_db()
    assert batch.expires_at == END + timedelta(days=5)


def test_a_card_expires_at_the_very_instant(agent: Any, time_machine: Any, admin: Client) -> None:
    batch = cards(agent, 1, expires_at=END)
    for at_, standing, is_late in ((END - MOMENT, "new", False), (END, "expired", True)):
        time_machine.move_to(at_, tick=False)
        card = card_of(batch)
        assert card.standing_at(at_) == standing
        assert Card.objects.filter(pk=card.pk).lapsed(at_, batch).exists() is is_late

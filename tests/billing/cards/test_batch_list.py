"""The lists of card batches as files: what the page says of them, never a PIN."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.models import AuditEntry, User
from billing.cards.models import Card, CardBatch
from tests.factories import ResellerTree, UserFactory
from tests.factories.fixtures import signed_in
from tests.support.carding import cards, pin_of
from tests.support.sheets import raw_of, read_csv

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

FILE = "/cards/export/?format=csv"


@pytest.fixture
def desk(tree: ResellerTree) -> Client:
    return signed_in(UserFactory(account=tree.agent, username="desk"))


def test_it_holds_what_the_page_says(desk: Client, batch: CardBatch) -> None:
    (row,) = read_csv(desk.get(FILE))
    assert (row["Name"], row["Agent"]) == (batch.name, "Dhaka-Retail-Sub")
    assert (row["Cards"], row["Released"], row["State"]) == ("3", "3", "Released")
    assert (row["From serial"], row["To serial"]) == ("SYL110001", "SYL110003")
    assert AuditEntry.objects.get(action="card_batches.export").after["rows"] == 1


def test_no_pin_is_in_it(desk: Client, batch: CardBatch) -> None:
    raw = raw_of(desk.get(FILE)).decode()
    assert batch.name in raw
    pins = [pin_of(card) for card in Card.objects.filter(batch=batch)]
    assert len(pins) == 3
    for pin in pins:
        assert pin not in raw
        assert pin[-4:] not in raw.replace("SYL11", "")


def test_others_batches_are_in_no_file(
    tree: ResellerTree, batch: CardBatch, client_of: Callable[[User], Client]
) -> None:
    other = client_of(UserFactory(account=tree.sibling))
    assert read_csv(other.get(FILE)) == []
    of_dhaka = "/accounts/Dhaka-Retail-Sub/cards/export/?format=csv"
    assert other.get(of_dhaka).status_code == 404


def test_of_one_account_it_is_direct_or_all(
    tree: ResellerTree, batch: CardBatch, desk: Client
) -> None:
    cards(tree.sub_agent, first="SUB110001")
    of_dhaka = "/accounts/Dhaka-Retail-Sub/cards/export/?format=csv"
    assert [one["From serial"] for one in read_csv(desk.get(of_dhaka))] == ["SYL110001"]
    both = read_csv(desk.get(f"{of_dhaka}&show=all"))
    assert [one["From serial"] for one in both] == ["SUB110001", "SYL110001"]

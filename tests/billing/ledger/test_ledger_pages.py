"""Pages of a hierarchy's ledger: the entries next to a key, wherever those of others lie."""

from decimal import Decimal
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import SYSTEM, Actor, actor_for
from accounts.core.models import Account
from accounts.tree.services.load import Draft, accounts_load
from billing.ledger.models import Entry
from billing.ledger.queries import entries as ledger
from billing.ledger.queries.entries import Nearest, entries_of, entries_of_account, page_nearest
from billing.ledger.services.batches import Line, post_many
from tests.factories import UserFactory
from tests.support.examples import examples

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowd(db):
    """An agent with twelve accounts and another one, whose 400 entries lie among each other: evenly
    first, then those of the one alone, then those of the other. One account has most of all.
    """
    dice = Random(7)
    agents = ("One", "Other")
    accounts_load(
        actor=SYSTEM,
        drafts=[
            draft
            for name in agents
            for draft in (Draft(name, "x"), *(Draft(f"{name}-{n}", "x", name) for n in range(12)))
        ],
    )
    found = {one.account_id: one for one in Account.objects.all()}
    pks = {
        name: [one.pk for one in found.values() if one.parent_id == found[name].pk]
        for name in agents
    }
    payees = []
    for number in range(400):
        names = agents if number < 150 else ("One",) if number < 250 else ("Other",)
        some = pks[dice.choice(names)]
        payees.append(some[0] if dice.random() < 0.3 else dice.choice(some))
    lines = [
        Line(pk, Decimal(dice.randint(1, 9)), f"page-{number}", "x")
        for number, pk in enumerate(payees)
    ]
    with transaction.atomic():
        post_many(SYSTEM, lambda: lines, kind="recharge", batch="pages")
    return found


@pytest.mark.wide
@examples(60)
@given(data=st.data())
def test_the_nearest_entries_are_those_of_the_definition(crowd, data) -> None:
    actor = reader(crowd[data.draw(st.sampled_from(["One", "Other", "One-0", "Other-3"]))])
    keys = list(Entry.objects.order_by("pk").values_list("pk", flat=True))
    beside = data.draw(st.none() | st.integers(keys[0] - 5, keys[-1] + 5) | st.just(2**62))
    down, limit = data.draw(st.booleans()), data.draw(st.integers(1, 60))
    least = data.draw(st.sampled_from([0, 6, 9]))

    def narrowed(entries):
        return entries.filter(amount__gte=Decimal(least))

    rows = narrowed(entries_of(actor)).order_by("-pk" if down else "pk")
    if beside is not None:
        rows = rows.filter(pk__lt=beside) if down else rows.filter(pk__gt=beside)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "_STRETCH", data.draw(st.sampled_from([0, 1, 40])))
        found = Nearest(actor.scope, narrowed)(beside, down=down, limit=limit)
    assert sorted(found) == sorted(rows.values_list("pk", flat=True)[:limit])


def reader(account: Account) -> Actor:
    """Who reads the ledger of this account and of all below it."""
    login = account.logins.first() or UserFactory(account=account)
    return actor_for(login)


@pytest.mark.parametrize("name", ["One", "Other"])
def test_pages_lead_through_everything_and_back(crowd, name: str, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "_STRETCH", 1)
    account = crowd[name]
    matching = entries_of_account(account, is_all=True)
    nearest = Nearest(reader(account).scope)
    there, cursor = [], ""
    while cursor is not None:
        page = page_nearest(nearest, size=25, cursor=cursor)
        there.append([one.pk for one in page.rows])
        cursor, last = page.after, page
    assert sum(there, []) == list(matching.order_by("-pk").values_list("pk", flat=True))
    back = [there[-1]]
    while last.before is not None:
        last = page_nearest(nearest, size=25, cursor=last.before)
        back.insert(0, [one.pk for one in last.rows])
    assert back == there


def test_a_page_costs_the_same_queries_wherever_it_lies(crowd) -> None:
    account = crowd["One"]
    nearest = Nearest(reader(account).scope)

    def queries(cursor: int | None, size: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            nearest(cursor, down=True, limit=size)
        return len(captured)

    newest = Entry.objects.order_by("-pk")[0].pk
    assert {queries(place, 50) for place in (None, newest - 50, newest - 700)} <= {2, 5}

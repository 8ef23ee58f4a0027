"""Pages by key: every row once, in order, forwards and backwards, whatever happens in between."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Lower
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.core.models import Account
from accounts.kit.object_keys import sealed
from accounts.kit.pagination import BY_KEY, BadCursor, SortKey, cursor_behind, ordered_pks, page
from accounts.tree.columns import TREE_ORDER
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.wide]

BY_ID = SortKey(Lower("account_id"))
BY_TYPE = SortKey(F("type"))
BY_TIME = SortKey(F("created_at"), datetime)
KEYS = pytest.mark.parametrize(
    "key", [BY_ID, BY_TYPE, TREE_ORDER], ids=["id", "equal values", "values of one row each"]
)


@pytest.fixture
def agent():
    top = AccountFactory(account_id="Top")
    for number in range(7):
        AccountFactory(account_id=f"C-{number}", parent=top)
    return top


def walk(key, *, descending=False, size=3):
    """All ids page by page, and the cursors met on the way."""
    rows, cursor, cursors = Account.objects.exclude(account_id="Top"), "", []
    found = []
    while True:
        one = page(rows, key, descending=descending, size=size, cursor=cursor)
        found += [row.account_id for row in one.rows]
        cursors.append(one)
        if one.after is None:
            return found, cursors
        cursor = one.after


@pytest.mark.parametrize("descending", [False, True])
@KEYS
def test_every_row_comes_once(agent, key, descending) -> None:
    found, _pages = walk(key, descending=descending)
    expected = [f"C-{number}" for number in range(7)]
    assert found == (expected[::-1] if descending else expected)


@KEYS
def test_back_leads_to_the_same_pages(agent, key) -> None:
    _found, pages = walk(key)
    rows = Account.objects.exclude(account_id="Top")
    before = page(rows, key, descending=False, size=3, cursor=pages[1].before)
    assert [row.pk for row in before.rows] == [row.pk for row in pages[0].rows]
    assert before.before is None


def test_a_row_added_before_the_cursor_moves_nothing(agent) -> None:
    rows = Account.objects.exclude(account_id="Top")
    first = page(rows, BY_ID, descending=False, size=3)
    AccountFactory(account_id="A-new", parent=Account.objects.get(account_id="Top"))
    second = page(rows, BY_ID, descending=False, size=3, cursor=first.after)
    assert [row.account_id for row in second.rows] == ["C-3", "C-4", "C-5"]


def test_an_export_knows_its_rows_from_the_beginning_up_to_its_limit(agent) -> None:
    rows = Account.objects.exclude(account_id="Top")
    pks = ordered_pks(rows, BY_ID, descending=True, limit=5)
    names = dict(rows.values_list("pk", "account_id"))
    assert [names[pk] for pk in pks] == ["C-6", "C-5", "C-4", "C-3", "C-2"]


@given(cursor=st.text(min_size=1, max_size=60))
def test_a_made_up_cursor_is_refused_and_never_an_error(cursor) -> None:
    with pytest.raises(BadCursor):
        page(Account.objects.none(), BY_ID, descending=False, size=3, cursor=cursor)


@pytest.mark.parametrize(
    "held",
    [r'[0, "\ud800", 1]', r'[0, "\u0000", 1]', f'[0, "a", {2**63}]', "[0, [], 1]", "[0, 1e999, 1]",
     "[[], 1, 1]", "[0, NaN, 1]", '{"a": 1}', "[" * 1200, "7"],
)  # fmt: skip
@pytest.mark.parametrize("key", [BY_ID, BY_KEY, BY_TIME])
def test_a_sealed_cursor_that_holds_what_no_row_has_is_refused(agent, key, held) -> None:
    with pytest.raises(BadCursor):
        page(Account.objects.all(), key, descending=False, size=3, cursor=sealed(held))


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-12:00", "2026-01-01T00:00:00",
     "2026-01-01T00:00:00+24:00"],
)  # fmt: skip
def test_a_moment_beyond_the_calendar_is_refused(agent, moment) -> None:
    cursor = sealed(f'[0, "{moment}", 1]')
    with pytest.raises(BadCursor):
        page(Account.objects.all(), BY_TIME, descending=False, size=3, cursor=cursor)


@given(st.datetimes(timezones=st.timezones()))
def test_every_other_moment_is_read_as_it_was_written(moment) -> None:
    assume(timedelta(days=2) < moment.replace(tzinfo=None) - datetime.min)
    assume(timedelta(days=2) < datetime.max - moment.replace(tzinfo=None))
    assert BY_TIME.read(BY_TIME.write(moment)) == moment.astimezone(UTC)


def test_a_cursor_tells_nobody_which_row_it_names(agent) -> None:
    rows = Account.objects.exclude(account_id="Top")
    after = page(rows, BY_KEY, descending=False, size=3).after
    later = cursor_behind(1_913_512_345)
    raw = base64.urlsafe_b64decode(later + "=" * (-len(later) % 4))
    assert b"1913512345" not in raw
    assert (1_913_512_345).to_bytes(4) not in raw
    # Nor how large the number is.
    assert len(after) == len(later)
    changed = after[:-1] + ("A" if after[-1] != "A" else "E")
    with pytest.raises(BadCursor):
        page(rows, BY_KEY, descending=False, size=3, cursor=changed)


def test_names_in_any_script_have_cursors(agent) -> None:
    for number in range(3):
        AccountFactory(account_id=f"B-{number}", name="ঢ" * 99 + str(number), parent=agent)
    rows = Account.objects.filter(account_id__startswith="B-")
    by_name = SortKey(F("name"))
    first = page(rows, by_name, descending=False, size=2)
    second = page(rows, by_name, descending=False, size=2, cursor=first.after)
    assert [row.account_id for row in second.rows] == ["B-2"]


def test_a_cursor_of_another_order_is_refused(agent) -> None:
    rows = Account.objects.exclude(account_id="Top")
    by_place = page(rows, TREE_ORDER, descending=False, size=3).after
    with pytest.raises(BadCursor):
        page(rows, BY_ID, descending=False, size=3, cursor=by_place)

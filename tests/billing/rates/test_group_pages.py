"""The pages of rate groups, as an agent and an administrator use them (docs/domain.md 7)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import User
from accounts.tree.services.ending import account_close
from billing.rates.models import Rate, RateCorrection
from billing.rates.periods import read_period
from billing.rates.services.rates import rate_end
from billing.wallets.models import RateGroup
from tests.billing.rates.conftest import Business
from tests.factories import AccountFactory
from tests.factories.rates import rate, rate_group
from tests.support.buying import buys_at
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
NIGHTLY = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
def browser(business: Business, client_of: Callable[[User], Client]) -> Client:
    return client_of(business.login)


def at(name: str, *objects: object) -> str:
    return reverse(f"billing:{name}", args=[one.pk for one in objects])  # type: ignore[attr-defined]


def text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined]


def fields(**more: str) -> dict[str, str]:
    """A rate as its form sends it."""
    return {
        "destination": "Bangladesh",
        "price": "0.02",
        "connection_fee": "",
        "block": "60/60",
        "period": "",
        "since": "",
        "until": "",
        "boxes": "is_locked",
        **more,
    }


def test_the_list_says_whose_groups_are_and_who_buys(business: Business, browser: Client) -> None:
    buys_at(business.customer, business.group)
    rate_group(business.top, "Wholesale", is_shared=True, memo="For the best only")
    rate_group(business.top, "Secret")
    page = text(browser.get(reverse("billing:rate-groups")))
    assert "Retail" in page
    assert "Wholesale" in page
    assert "a level above yours" in page
    assert "Secret" not in page
    assert "For the best only" not in page
    assert "Top" not in page


def test_a_group_is_made_and_leads_to_its_page(business: Business, browser: Client) -> None:
    sent = {"name": "Gold", "time_zone": "Asia/Dhaka", "is_shared": "on", "memo": ""}
    answer = browser.post(reverse("billing:rate-group-new"), {**sent, "boxes": "is_shared"})
    assert answer.status_code == 303, text(answer)
    made = RateGroup.objects.get(name="Gold")
    assert (answer.status_code, answer["Location"]) == (303, at("rate-group", made))
    assert (made.owner, made.time_zone, made.is_shared) == (business.agent, "Asia/Dhaka", True)


def test_a_rate_is_added_at_once_where_nobody_buys(business: Business, browser: Client) -> None:
    answer = browser.post(at("rate-new", business.group), fields(prefix="+880"))
    assert answer.status_code == 303, text(answer)
    assert [one.prefix for one in Rate.objects.all()] == ["880"]


def test_a_change_of_a_price_in_use_is_shown_before_it_is_made(
    business: Business, browser: Client
) -> None:
    buys_at(business.customer, business.group)
    one = rate(business.group, "880", "0.01")
    page = at("rate-change", business.group, one)
    sent = fields(price="0.03", version="1")
    check = browser.post(page, sent)
    assert check.status_code == 200
    assert "1 account buys at this group" in text(check)
    assert "0.0300" in text(check)
    assert not Rate.objects.filter(effective_until__isnull=False).exists()
    done = browser.post(page, {**sent, "confirmed": "1"})
    assert done.status_code == 303, text(done)
    assert [f"{one.price:.2f}" for one in Rate.objects.order_by("pk")] == ["0.01", "0.03"]


def test_a_price_is_edited_in_its_row_and_checked_as_elsewhere(
    business: Business, browser: Client
) -> None:
    buys_at(business.customer, business.group)
    one = rate(business.group, "880", "0.01", destination="Bangladesh", first_block=30, increment=6)
    page = text(browser.get(at("rate-group", business.group)))
    assert f'hx-get="{at("rate-price", business.group, one)}"' in page
    box = text(browser.get(at("rate-price", business.group, one)))
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', box))
    del sent["csrfmiddlewaretoken"]
    check = browser.post(at("rate-change", business.group, one), {**sent, "price": "0.03"})
    assert "0.0300" in text(check)
    confirmed = {**sent, "price": "0.03", "confirmed": "1"}
    assert browser.post(at("rate-change", business.group, one), confirmed).status_code == 303
    new = Rate.objects.latest("pk")
    assert (f"{new.price:.2f}", new.destination, new.increment) == ("0.03", "Bangladesh", 6)


def test_the_moment_is_one_of_the_groups_zone(business: Business, browser: Client) -> None:
    dhaka = rate_group(business.agent, "Dhaka", time_zone="Asia/Dhaka")
    answer = browser.post(at("rate-new", dhaka), fields(prefix="880", since="2027-01-01T00:00"))
    assert answer.status_code == 303, text(answer)
    assert Rate.objects.get().effective_from == datetime(2026, 12, 31, 18, tzinfo=UTC)


def test_a_time_that_no_clock_shows_is_refused(business: Business, browser: Client) -> None:
    london = rate_group(business.agent, "London", time_zone="Europe/London")
    answer = browser.post(at("rate-new", london), fields(prefix="44", since="2027-03-28T01:30"))
    assert answer.status_code == 422
    assert "go past this time" in text(answer)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"prefix": ""}, "Enter a prefix."),
        ({"prefix": "88a"}, "Use digits only"),
        ({"price": ""}, "Enter a price"),
        ({"block": "60-60"}, "such as 30/6"),
        ({"block": "0/6"}, "Enter 1 to 86,400 seconds."),
        ({"period": "always"}, "mon-fri 08:00-20:00"),
        ({"since": "tomorrow"}, "Enter a moment as"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    business: Business, browser: Client, sent: dict[str, str], words: str
) -> None:
    answer = browser.post(at("rate-new", business.group), fields(**{"prefix": "880", **sent}))
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Rate.objects.exists()


def test_the_finder_says_which_rate_counts_and_why_others_do_not(
    business: Business, browser: Client
) -> None:
    rate(business.group, "880", "0.041", destination="Bangladesh, fixed")
    rate(business.group, "8801", "0.019", destination="Bangladesh mobile")
    rate(business.group, "88017", "0.02", since=timezone.now() + timedelta(days=2))
    page = text(
        browser.get(at("rate-group", business.group), {"number": "+880 1719-442207", "at": ""})
    )
    assert "<mark>8801</mark>719442207" in page
    assert "longest prefix in effect" in page
    assert "shorter prefix" in page
    assert "not yet in effect" in page


def test_the_finder_knows_the_hours(business: Business, browser: Client) -> None:
    dhaka = rate_group(business.agent, "Dhaka", time_zone="Asia/Dhaka")
    rate(dhaka, "880", "0.04")
    rate(dhaka, "880", "0.02", period=read_period("mon-fri 20:00-08:00"))
    # A Wednesday evening by the clocks of Dhaka.
    asked = {"number": "8801", "at": "2026-11-25T21:00"}
    assert "0.0200 <small>" in text(browser.get(at("rate-group", dhaka), asked))
    asked = {"number": "8801", "at": "2026-11-25T19:59"}
    page = text(browser.get(at("rate-group", dhaka), asked))
    assert "0.0400 <small>" in page
    assert "other hours" in page


def test_a_number_without_a_rate_and_what_is_no_number(business: Business, browser: Client) -> None:
    rate(business.group, "880", "0.041")
    page = at("rate-group", business.group)
    assert "No rate." in text(browser.get(page, {"number": "4420"}))
    assert "has-error" in text(browser.get(page, {"number": "(0)44"}))


def test_a_shared_group_is_looked_at_and_not_changed(business: Business, browser: Client) -> None:
    shared = rate_group(business.top, "Wholesale", is_shared=True)
    one = rate(shared, "880", "0.0123")
    page = text(browser.get(at("rate-group", shared)))
    assert "0.0123" in page
    assert "Add rate" not in page
    assert "Copy with mark-up" in page
    assert browser.get(at("rate-change", shared, one)).status_code == 404
    assert browser.post(at("rate-end", shared, one), {"version": "1"}).status_code == 404


def test_what_was_taken_back_is_for_the_owner_alone(business: Business, browser: Client) -> None:
    mine, shared = business.group, rate_group(business.top, "Wholesale", is_shared=True)
    for group in (mine, shared):
        rate(group, "880", "0.0123")
        wrong = rate(group, "880", "0.9876", since=NIGHTLY, period=read_period("20:00-08:00"))
        rate_end(actor=SYSTEM, rate=wrong)
    shown = [text(browser.get(at("rate", one, one.rates.first()))) for one in (mine, shared)]
    assert ["0.0123" in one for one in shown] == [True, True]
    assert ["0.9876" in one for one in shown] == [True, False]


def test_history_shows_every_price_of_a_prefix(business: Business, browser: Client) -> None:
    first = rate(business.group, "880", "0.0111", until=timezone.now() + timedelta(days=1))
    rate(business.group, "880", "0.0222", since=timezone.now() + timedelta(days=1))
    page = text(browser.get(at("rate", business.group, first)))
    assert "0.0111" in page
    assert "0.0222" in page
    assert "Coming" in page


def test_many_are_chosen_asked_about_checked_and_changed(
    business: Business, browser: Client
) -> None:
    some = [rate(business.group, "880", "0.01"), rate(business.group, "91", "0.02")]
    page = at("rates-many", business.group)
    chosen = {"rate": [one.key for one in some]}
    asked = browser.post(page, {**chosen, "deed": "choose"})
    assert "2 rates of Retail" in text(asked)
    sent = {**chosen, "deed": "change", "percent": "10", "amount": "", "rounding": "6", "at": ""}
    check = browser.post(page, sent)
    assert "Change the price of 2 rates" in text(check)
    business.group.refresh_from_db()
    version = str(business.group.version)
    done = browser.post(page, {**sent, "confirmed": "1", "version": version})
    assert done.status_code == 303, text(done)
    now = Rate.objects.in_effect(timezone.now()).order_by("prefix")
    assert [f"{one.price:.3f}" for one in now] == ["0.011", "0.022"]


def test_a_correction_is_kept_and_taken_back(business: Business, browser: Client) -> None:
    rate(business.group, "880", "0.3")
    page = at("rate-corrections", business.group)
    sent = {
        "prefix": "880",
        "price": "0.03",
        "since": "2026-01-01T00:00",
        "until": "2026-02-01T00:00",
        "reason": "Mistyped",
    }
    assert browser.post(page, sent).status_code == 303
    assert "Mistyped" in text(browser.get(page))
    kept = RateCorrection.objects.get()
    remove = at("rate-correction-remove", business.group, kept)
    assert browser.post(remove, {"reason": "It was right"}).status_code == 303
    assert not RateCorrection.objects.exists()


def test_tiers_are_lines_of_minutes_and_percent(business: Business, browser: Client) -> None:
    page = at("rate-group-tiers", business.group)
    answer = browser.post(page, {"tiers": "10000 5\n50000; 7.5 %", "version": "1"})
    assert answer.status_code == 303, text(answer)
    assert "50000 7.50" in text(browser.get(page))
    bad = browser.post(page, {"tiers": "many 5", "version": "2"})
    assert (bad.status_code, "Line 1 is no tier" in text(bad)) == (422, True)


def test_the_list_costs_the_same_however_many_rates_there_are(
    business: Business, browser: Client, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    def asked() -> int:
        with django_assert_max_num_queries(40) as queries:  # type: ignore[attr-defined]
            assert browser.get(at("rate-group", business.group)).status_code == 200
        return len(queries)

    rate(business.group, "1", "0.01")
    asked()
    few = asked()
    for prefix in range(200, 230):
        rate(business.group, str(prefix), "0.01")
    # A group that has changed is counted once.
    asked()
    assert asked() == few


def test_who_lacks_authorization_1_reads_why(
    business: Business, client_of: Callable[[User], Client], agent_login: Callable[..., User]
) -> None:
    other = AccountFactory(account_id="Other")
    browser = client_of(agent_login(other))
    answer = browser.get(reverse("billing:rate-group-new"))
    assert answer.status_code == 403
    assert "Add/delete/modify account" in text(answer)


def test_the_admins_list_names_owners(business: Business, admin: Client) -> None:
    page = text(admin.get(reverse("billing:rate-groups")))
    assert "Retail" in page
    assert "Agent" in page


def test_a_group_is_edited_copied_and_deleted(business: Business, browser: Client) -> None:
    rate(business.group, "880", "0.01")
    sent = {"name": "Silver", "time_zone": "Asia/Dhaka", "memo": "", "boxes": "is_shared"}
    edit = at("rate-group-edit", business.group)
    assert browser.get(edit).status_code == 200
    business.group.refresh_from_db()
    version = str(business.group.version)
    assert browser.post(edit, {**sent, "version": version}).status_code == 303
    copy = {"name": "Gold", "percent": "20 %", "amount": "", "rounding": "4", "memo": ""}
    page = at("rate-group-copy", business.group)
    assert browser.get(page).status_code == 200
    answer = browser.post(page, copy)
    gold = RateGroup.objects.get(name="Gold")
    assert (answer.status_code, answer["Location"]) == (303, at("rate-group", gold))
    assert [f"{one.price:.4f}" for one in gold.rates.all()] == ["0.0120"]
    delete = at("rate-group-delete", gold)
    assert browser.get(delete).status_code == 200
    assert browser.post(delete, {}).status_code == 303
    assert {one.name for one in RateGroup.objects.all()} == {"Silver"}


def test_a_group_in_use_says_who_uses_it_instead_of_going(
    business: Business, browser: Client
) -> None:
    buys_at(business.customer, business.group)
    answer = browser.get(at("rate-group-delete", business.group))
    assert "is used by 1 account" in markup_of(answer, 422)


def test_a_rate_is_locked_unlocked_and_ended_from_its_page(
    business: Business, browser: Client
) -> None:
    one = rate(business.group, "880", "0.01")
    page = browser.get(at("rate-lock", business.group, one))
    assert "Lock 880" in markup_of(page)
    assert browser.post(at("rate-lock", business.group, one), {"version": "1"}).status_code == 303
    locked = Rate.objects.get(is_locked=True)
    assert "Unlock 880" in markup_of(browser.get(at("rate-lock", business.group, locked)))
    end = at("rate-end", business.group, locked)
    assert browser.get(end).status_code == 200
    ended = browser.post(end, {"version": "1", "until": "2099-01-01T00:00"})
    assert ended.status_code == 303, text(ended)
    locked.refresh_from_db()
    assert locked.effective_until == datetime(2099, 1, 1, tzinfo=UTC)


def test_what_has_ended_is_shown_where_it_is_asked_for(business: Business, browser: Client) -> None:
    rate(business.group, "880", "0.01", until=datetime(2021, 1, 1, tzinfo=UTC))
    rate(business.group, "91", "0.02")
    page = at("rate-group", business.group)
    assert prefixes(markup_of(browser.get(page))) == ["91"]
    assert prefixes(markup_of(browser.get(page, {"when": "ended"}))) == ["880"]
    assert prefixes(markup_of(browser.get(page, {"q": "88"}))) == []


def test_the_figure_of_who_buys_leads_to_them(business: Business, browser: Client) -> None:
    other = AccountFactory(account_id="Elsewhere", parent=business.agent)
    buys_at(business.customer, business.group)
    page = markup_of(browser.get(reverse("billing:rate-groups")))
    url = f"/accounts/Agent/sub-accounts/?show=all&amp;rate_group={business.group.key}"
    assert f'href="{url}">1</a>' in page
    table = markup_of(browser.get(url.replace("&amp;", "&"))).partition("<tbody")[2]
    assert "Customer" in table
    assert other.account_id not in table


def test_a_group_that_only_closed_accounts_have_says_that_it_stays(
    business: Business, browser: Client
) -> None:
    buys_at(business.customer, business.group)
    account_close(actor=SYSTEM, account=business.customer, reason="Over")
    answer = browser.get(at("rate-group-delete", business.group))
    assert "Closed accounts bought at Retail: it stays" in words_of(answer, 422)


@pytest.mark.parametrize("typed", ["+880", "00880", "880 ", "+88 0"])
def test_a_prefix_is_written_as_numbers_are(
    business: Business, browser: Client, typed: str
) -> None:
    answer = browser.post(at("rate-new", business.group), fields(prefix=typed))
    assert answer.status_code == 303, text(answer)
    assert Rate.objects.get().prefix == "880"


def prefixes(page: str) -> list[str]:
    """The prefixes of the list, in its order."""
    return re.findall(r'<a class="mono" href="[^"]*">(\d+)</a>', page)

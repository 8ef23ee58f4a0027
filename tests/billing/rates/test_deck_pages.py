"""Pages of decks: handed in, checked by a worker, looked at, entered, undone, taken as a file."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.actor import actor_for
from accounts.core.models import AuditEntry
from accounts.jobs.models import Job
from billing.rates.deck_reading import OWN
from billing.rates.models import Rate, RateImport
from billing.rates.periods import read_period
from billing.rates.services.deck_entering import deck_enter
from billing.rates.services.decks import deck_check_again
from billing.wallets.models import RateGroup
from tests.factories import StaffFactory, UserFactory, grant
from tests.factories.decks import deck, entered_deck, rows
from tests.factories.fixtures import signed_in
from tests.factories.rates import rate, rate_group
from tests.support.examples import examples
from tests.support.jobs import work_off
from tests.support.pages import field_error, markup_of, part_of, words_of
from tests.support.sheets import raw_of, read_csv
from tests.support.undoing import undone

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
TEXT = "Prefix,Destination,Rate\n880,Bangladesh,0.06\n44,UK,0.01\nTotal,,0.07\n"


@pytest.fixture
def group(reseller_tree: Any) -> RateGroup:
    grant(reseller_tree.top)
    grant(reseller_tree.agent)
    made = rate_group(reseller_tree.agent, name="Wholesale", time_zone="Asia/Dhaka")
    rate(made, "880", "0.05", destination="Bangladesh")
    return made


@pytest.fixture
def agent(group: RateGroup, agent_login: Callable[..., Any]) -> Client:
    return signed_in(agent_login(group.owner))


def hand_in(browser: Client, group: RateGroup, text: str | bytes = TEXT, **more: Any) -> Any:
    raw = text.encode() if isinstance(text, str) else text
    sent = {"file": SimpleUploadedFile("march.csv", raw), "scope": "changes", "dates": "own",
            "effective_at": "", "block": "60/60", **more}  # fmt: skip
    return browser.post(reverse("billing:rate-group-import", args=[group.pk]), sent)


def exported(group: RateGroup) -> bytes:
    """The group as an administrator takes it."""
    browser = signed_in(StaffFactory(administrator=True))
    address = reverse("billing:rate-group-export", args=[group.pk])
    return raw_of(browser.get(f"{address}?format=csv"))


def page_of(made: RateImport, name: str = "rate-import") -> str:
    return reverse(f"billing:{name}", args=[made.pk])


def test_a_deck_is_handed_in_checked_entered_and_undone(agent: Client, group: RateGroup) -> None:
    answer = hand_in(agent, group, effective_at="2099-01-01T00:00")
    job, made = Job.objects.get(), RateImport.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, page_of(made))
    assert "Being checked" in words_of(agent.get(page_of(made)))
    work_off()
    assert page_of(made) in markup_of(agent.get(reverse("job", args=[job.pk])))
    words = words_of(agent.get(page_of(made)))
    assert "Raised 1" in words
    assert "New 1" in words
    assert "1 price that stands changes or ends." in words
    assert "Enter 2 changes from 2099-01-01 00:00" in words
    assert "Total 0.07" in words
    made.refresh_from_db()
    answer = agent.post(page_of(made), {"seen": made.layout["digest"]})
    assert answer.status_code == 303
    assert "Being entered" in words_of(agent.get(page_of(made)))
    work_off()
    assert Rate.objects.filter(begun_by=made).count() == 2
    assert "Undo…" in words_of(agent.get(page_of(made)))
    undo = page_of(made, "rate-import-undo")
    assert "2 rates that this deck began" in words_of(agent.get(undo))
    assert agent.post(undo)["Location"] == page_of(made)
    assert not Rate.objects.standing().filter(begun_by=made).exists()
    assert words_of(agent.get(undo), 422)
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"rate_import.enter", "rate_import.undo"} <= actions


def test_refused_rows_are_named_and_ticked_as_left_out(agent: Client, group: RateGroup) -> None:
    made = deck(group, "Prefix,Rate\n880,0.06\n44,x\n")
    words = words_of(agent.get(f"{page_of(made)}?kind=refused"))
    assert "Rate: Enter an amount such as 1500.50." in words
    refused = page_of(made, "rate-import-refused-export")
    (line,) = read_csv(agent.get(f"{refused}?format=csv"))
    assert (line["Line"], line["Prefix"]) == ("3", "44")
    seen = made.layout["digest"]
    answer = agent.post(page_of(made), {"seen": seen, "boxes": "leaves_out"})
    assert field_error(answer, "leaves_out") == (
        "Say that the refused rows are left out, or correct the deck."
    )
    answer = agent.post(page_of(made), {"seen": seen, "leaves_out": "on"})
    assert answer.status_code == 303
    work_off()
    assert Rate.objects.in_effect(Rate.objects.latest("pk").effective_from).count() == 1


def test_what_the_file_leaves_open_is_asked(agent: Client, group: RateGroup) -> None:
    hand_in(agent, group, "Code,Peak,Off-Peak\n880,0.10,0.05\n")
    work_off()
    made = RateImport.objects.get()
    words = words_of(agent.get(page_of(made)))
    assert "It has prices of peak hours: say which hours these are." in words
    sent = {"again": "1", "order": "", "decimal": "", "dates": "own", "block": "60/60"}
    answer = agent.post(page_of(made), {**sent, "peak": ""})
    assert field_error(answer, "peak") == "The file leaves this open: say it."
    assert agent.post(page_of(made), {**sent, "peak": "mon-fri 08:00-20:00"}).status_code == 303
    work_off()
    made.refresh_from_db()
    assert made.state == RateImport.State.CHECKED
    assert rows(made) == [("unchanged", "880", "0.05"), ("new", "880", "0.1")]


def test_files_that_are_none(agent: Client, group: RateGroup) -> None:
    assert field_error(hand_in(agent, group, ""), "file") == "This file is empty."
    assert field_error(hand_in(agent, group, block="0/0"), "block") != ""
    hand_in(agent, group, "nothing,of,the,kind\n")
    work_off()
    made = RateImport.objects.get()
    assert "This file is refused as a whole." in words_of(agent.get(page_of(made)))


def test_a_deck_at_which_a_worker_is_can_wait(agent: Client, group: RateGroup) -> None:
    hand_in(agent, group)
    made = RateImport.objects.get()
    actor = actor_for(made.login)
    with pytest.raises(Exception, match="A worker is at this deck") as refused:
        deck_check_again(actor=actor, deck=made)
    assert refused.value.code == "busy_deck"  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="A worker is at this deck"):
        deck_enter(actor=actor, deck=made, leaves_out=False, expected="")
    made.pieces.all().delete()
    work_off()
    job = Job.objects.get()
    assert (job.state, job.error) == ("failed", "The file of this deck is gone.")
    page = agent.get(page_of(made))
    assert "The last job did not finish." in words_of(page)
    assert (
        'data-announce="The last job did not finish: march.csv. Nothing was changed. The file of'
        ' this deck is gone."' in markup_of(page)
    )


def test_the_page_follows_its_deck_until_the_job_has_ended(
    agent: Client, group: RateGroup, agent_login: Callable[..., Any]
) -> None:
    def asked(seen: str) -> Any:
        address = f"{page_of(made, 'rate-import-state')}?seen={seen}"
        answer = agent.get(address, headers={"HX-Request": "true"})
        return part_of(answer, 'id="job-state"')

    hand_in(agent, group)
    job, made = Job.objects.get(), RateImport.objects.get()
    state = page_of(made, "rate-import-state")
    # Asked for by hand it is the page, which asks for it.
    assert agent.get(state)["Location"] == page_of(made)
    page = markup_of(agent.get(page_of(made)))
    assert f'hx-get="{state}?seen=checking" hx-trigger="every 2s' in page
    assert reverse("job-cancel", args=[job.pk]) in page
    assert 'data-title="queued: march.csv – VOS Portal"' in asked("checking")
    # Who may change the group follows a job that somebody else of the account began, and has no
    # link to it.
    colleague = signed_in(UserFactory(account=group.owner))
    theirs = markup_of(colleague.get(page_of(made)))
    assert f'hx-get="{state}?seen=checking"' in theirs
    assert str(job.pk) not in theirs
    work_off()
    news = asked("checking")
    assert "every 2s" not in news
    assert f'hx-get="{page_of(made)}" hx-trigger="load"' in news
    assert "#deck-rows" in news
    assert 'data-announce="Checked: march.csv"' in markup_of(agent.get(page_of(made)))
    # While it was entered the rows were there already.
    assert "#deck-rows" not in asked("committing")


def test_nobody_else_sees_the_decks_of_an_agent(
    reseller_tree: Any, group: RateGroup, agent_login: Callable[..., Any]
) -> None:
    made = entered_deck(group, TEXT)
    group.is_shared = True
    group.save()
    grant(reseller_tree.sub_agent, "manage_account")
    for account in (reseller_tree.sibling, reseller_tree.sub_agent, reseller_tree.top):
        browser = signed_in(UserFactory(account=account))
        for name in ("rate-import", "rate-import-state", "rate-import-undo",
                     "rate-import-refused-export"):  # fmt: skip
            assert browser.get(page_of(made, name)).status_code == 404
        importing = reverse("billing:rate-group-import", args=[group.pk])
        assert browser.get(importing).status_code == 404
    below = signed_in(agent_login(reseller_tree.sub_agent))
    export = reverse("billing:rate-group-export", args=[group.pk])
    assert below.get(f"{export}?format=csv").status_code == 200
    assert signed_in(UserFactory(account=reseller_tree.sibling)).get(export).status_code == 404


def test_a_group_is_taken_as_a_deck_and_handed_in_again_as_no_change(
    agent: Client, group: RateGroup
) -> None:
    entered_deck(
        group,
        "Prefix,Destination,Rate,Connection fee,Interval,Locked,Effective,Until,Period\n"
        "44,UK,0.01,0.1,30/6,yes,2027-01-01,2028-01-01,\n44,UK,0.02,,,,2028-01-01,,\n"
        "39,Italia,1.204,,,,,,mon-fri 08:00-20:00\n",
    )
    export = reverse("billing:rate-group-export", args=[group.pk])
    head = raw_of(agent.get(f"{export}?format=csv")).decode("utf-8-sig").splitlines()[0]
    assert head == ",".join(OWN)
    for kind in ("csv", "xlsx"):
        made = deck(group, raw_of(agent.get(f"{export}?format={kind}")), is_full=True)
        assert {one[0] for one in rows(made)} == {"unchanged"}
        assert made.counts["unchanged"] == 4


@examples(30)
@given(
    st.dictionaries(
        st.from_regex(r"\A[0-9]{1,15}\Z"),
        st.tuples(
            st.decimals(0, 100_000, places=6),
            st.sampled_from(["", "Réunion, mobile", "=1+1", "'quoted", "1,204", "a" * 100]),
            st.booleans(),
            st.sampled_from(["", "mon-fri 08:00-20:00", "sat,sun 00:00-24:00"]),
        ),
        max_size=8,
    )
)
def test_whatever_a_group_holds_comes_back(found: dict[str, Any]) -> None:
    with undone():
        group = rate_group(name="Anything")
        for prefix, (price, destination, is_locked, hours) in found.items():
            more = {"destination": destination, "is_locked": is_locked}
            rate(group, prefix, price, period=read_period(hours), **more)
        made = deck(group, exported(group), is_full=True)
    assert made.counts.get("unchanged", 0) == len(found)
    assert made.counts.get("refused", 0) == 0


def test_the_command_says_what_a_deck_would_do(group: RateGroup, tmp_path: Any) -> None:
    file, out = tmp_path / "deck.csv", io.StringIO()
    file.write_text(TEXT)
    named = f"{group.owner.account_id}/wholesale"
    call_command("import_rates", named, str(file), "--dry-run", stdout=out)
    assert "Wholesale: 1 new, 1 raised, 0 lowered" in out.getvalue()
    assert "left out, line 4: Total 0.07" in out.getvalue()
    assert not RateImport.objects.exists()
    call_command("import_rates", group.key, str(file), "--full", stdout=out)
    assert Rate.objects.filter(begun_by__isnull=False).count() == 2
    call_command("import_rates", named, str(file), "--full", stdout=out)
    assert out.getvalue().endswith("No change: there is nothing to enter.\n")


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("Prefix,Rate\n44,x\n", [], "1 rows are refused; nothing was entered."),
        ("Prefix,Peak,Off-peak\n44,2,1\n", [], "say its peak hours: --peak"),
        ("Prefix\n44\n", [], "No row of headings names a column of prefixes and one of prices."),
        ("Prefix,Rate\n44,1\n", ["--effective", "soon"], "Write the moment as 2026-12-01T00"),
    ],
)
def test_the_command_refuses(
    group: RateGroup, tmp_path: Any, text: str, options: list[str], said: str
) -> None:
    file, errors = tmp_path / "deck.csv", io.StringIO()
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("import_rates", group.key, str(file), *options, stderr=errors)
    assert not RateImport.objects.exists()
    assert ("refused, line 2" in errors.getvalue()) == ("refused" in said)


def test_the_command_knows_no_such_group_or_file(group: RateGroup) -> None:
    with pytest.raises(CommandError, match="There is no rate group nowhere"):
        call_command("import_rates", "nowhere", "/nonexistent")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_rates", group.key, "/nonexistent")

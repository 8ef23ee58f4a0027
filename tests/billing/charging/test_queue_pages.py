"""The pages of the queue, as administrators and agents see them."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.actor import SYSTEM
from accounts.core.models import Account, AuditEntry
from accounts.jobs.models import Job
from billing.calls.models import CallRecord
from billing.charging.services.queue import record_write_off
from tests.billing.charging.conftest import Groups
from tests.factories import StaffFactory, UserFactory, grant
from tests.factories.calls import cdr, charged, charges
from tests.factories.fixtures import signed_in
from tests.factories.rates import LONG_AGO, rate
from tests.factories.trees import ResellerTree
from tests.support.jobs import work_off
from tests.support.pages import markup_of, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.wide]
LONDON = "442071838750"
QUEUE = "/calls/queue/"


@pytest.fixture
def administrator(db: None) -> Client:
    return signed_in(StaffFactory(username="mender", administrator=True))


def agent_of(account: Account, *codes: str) -> Client:
    grant(account, *codes)
    return signed_in(UserFactory(account=account))


def page(record: CallRecord, deed: str = "") -> str:
    return reverse(f"billing:call-record{deed}", args=[record.pk])


def of_call(call_id: str) -> CallRecord:
    return next(one for one in CallRecord.objects.waiting() if one.columns["call_id"] == call_id)


@pytest.fixture
def waiting(tree: ResellerTree, groups: Groups) -> None:
    """A call that waits for the agent's own price, one for its agent's, and one of nobody."""
    rate(groups.customer, "44", "0.10", since=LONG_AGO)
    rate(groups.agent, "44", "0.10", since=LONG_AGO)
    charged(
        cdr("above", account="Customer-001", callee=LONDON, cause="carrier-said-no"),
        cdr("own", account="Customer-001", callee="33142685300", routing_gateway="rt-secret"),
        cdr("nobody", account="Nobody-9"),
    )


def test_administrators_see_what_calls_wait_for_and_where_it_is_put_right(
    waiting: None, administrator: Client, groups: Groups
) -> None:
    words = words_of(administrator.get(QUEUE))
    assert "BD-Wholesale-Agent: numbers that begin with 4420" in words
    assert "Customer-001: numbers that begin with 3314" in words
    assert "Nobody known is named" in words
    assert "Nobody-9" in words
    markup = markup_of(administrator.get(QUEUE))
    assert f"/rate-groups/{groups.top.key}/rates/new/?prefix=4420&amp;since=" in markup


def test_a_rate_that_is_missing_is_offered_with_its_prefix_and_the_moment_of_the_call(
    waiting: None, administrator: Client, groups: Groups
) -> None:
    record = of_call("above")
    url = reverse("billing:rate-new", args=[groups.top.pk])
    answer = administrator.get(url, {"prefix": "4420", "since": record.at.isoformat()})
    markup = markup_of(answer)
    assert 'value="4420"' in markup
    assert f'value="{record.at:%Y-%m-%dT%H:%M}"' in markup
    for bad in ("yesterday", "0001-01-01T00:00:00+14:00", "2026-01-01"):
        assert administrator.get(url, {"since": bad}).status_code == 200


def test_the_list_is_narrowed_and_what_it_means_is_charged_again(
    waiting: None, administrator: Client, groups: Groups
) -> None:
    narrowed = f"{QUEUE}?reason=no_rate&level=BD-Wholesale-Agent"
    words = words_of(administrator.get(narrowed))
    assert "Charge all 1 again" in words
    assert "Nobody-9" not in words
    rate(groups.top, "44", "0.10", since=LONG_AGO)
    answer = administrator.post(f"{QUEUE}again/?reason=no_rate&level=BD-Wholesale-Agent")
    assert (answer.status_code, answer["Location"]) == (303, QUEUE)
    assert "1 record is charged." in words_of(administrator.get(QUEUE))
    assert len(charges()) == 3
    again = administrator.post(f"{QUEUE}again/?reason=no_rate&level=BD-Wholesale-Agent")
    assert again.status_code == 303
    assert "None of these records waits any more." in words_of(administrator.get(QUEUE))


def test_agents_read_that_something_is_missing_above_and_no_more(
    waiting: None, tree: ResellerTree
) -> None:
    agent = agent_of(tree.agent, "manage_account")
    words = words_of(agent.get(QUEUE))
    assert "Something at a level above yours" in words
    assert "BD-Wholesale-Agent" not in words
    assert "Nobody-9" not in words
    record = words_of(agent.get(page(of_call("above"))))
    assert "a level above yours" in record
    assert LONDON in record
    assert "BD-Wholesale-Agent" not in record
    # What a carrier said of it, and the way out, are for administrators.
    assert "carrier-said-no" not in record
    assert "rt-secret" not in words_of(agent.get(page(of_call("own"))))
    assert agent.get(page(of_call("nobody"))).status_code == 404
    # No filter tells what the page does not.
    for asked in ("reason=no_rate&missing=4420", "missing=4420", "level=BD-Wholesale-Agent"):
        assert "No call that waits matches" in words_of(agent.get(f"{QUEUE}?{asked}"))


def test_agents_charge_again_and_are_offered_nothing_else(
    waiting: None, tree: ResellerTree, groups: Groups
) -> None:
    agent, record = agent_of(tree.agent, "manage_account"), of_call("own")
    words = words_of(agent.get(page(record)))
    assert "Charge again" in words
    assert "Write off" not in words
    answer = agent.post(page(record, "-again"))
    assert (answer.status_code, answer["Location"]) == (303, page(record))
    assert "It waits again." in words_of(agent.get(page(record)))
    for deed in ("-assign", "-correct", "-write-off"):
        assert agent.get(page(record, deed)).status_code == 403
        assert agent.post(page(record, deed), {"reason": "x"}).status_code == 403


def test_who_holds_8_alone_looks_and_does_not_charge(waiting: None, tree: ResellerTree) -> None:
    agent, record = agent_of(tree.agent, "pay_sub_account"), of_call("own")
    assert "Charge again" not in words_of(agent.get(page(record)))
    assert agent.post(page(record, "-again")).status_code == 403
    assert agent.post(f"{QUEUE}again/").status_code == 403


def test_customers_and_neighbours_see_no_call_that_waits(waiting: None, tree: ResellerTree) -> None:
    customer = signed_in(UserFactory(account=tree.customer))
    assert "Nothing for you to see here" in words_of(customer.get(QUEUE))
    neighbour = agent_of(tree.sibling, "manage_account")
    assert "No call waits" in words_of(neighbour.get(QUEUE))
    for login in (customer, neighbour):
        assert login.get(page(of_call("own"))).status_code == 404


def test_only_who_may_see_the_queue_has_it_in_the_side_panel(
    waiting: None, tree: ResellerTree, administrator: Client
) -> None:
    assert f'href="{QUEUE}"' in markup_of(administrator.get("/"))
    assert f'href="{QUEUE}"' in markup_of(agent_of(tree.agent, "pay_sub_account").get("/"))
    assert f'href="{QUEUE}"' not in markup_of(
        signed_in(UserFactory(account=tree.customer)).get("/")
    )


def test_the_dashboard_of_administrators_has_one_line_for_all_that_waits(
    administrator: Client, tree: ResellerTree, groups: Groups
) -> None:
    assert "No call record waits in the queue" in words_of(administrator.get("/"))
    charged(cdr("a", account="Nobody-9"), cdr("b", account="Nobody-9"))
    assert "2 call records wait in the queue" in words_of(administrator.get("/"))


def test_a_call_of_nobody_is_given_to_an_account(waiting: None, administrator: Client) -> None:
    record = of_call("nobody")
    sent = {"account": "customer-002", "reason": "Its old name", "version": record.version}
    unknown = administrator.post(page(record, "-assign"), {**sent, "account": "Nobody-8"})
    assert unknown.status_code == 422
    assert "There is no such account." in unknown.content.decode()
    answer = administrator.post(page(record, "-assign"), sent)
    # It has no rate group.
    assert (answer.status_code, answer["Location"]) == (303, page(record))
    words = words_of(administrator.get(page(record)))
    assert "No rate group" in words
    assert "Given to" in words
    late = administrator.post(page(record, "-assign"), sent)
    assert late.status_code == 409
    assert "Somebody else changed this record meanwhile" in late.content.decode()


def test_an_agent_does_not_read_what_a_call_that_was_given_to_it_had_named(
    waiting: None, administrator: Client, tree: ResellerTree
) -> None:
    record = of_call("nobody")
    sent = {"account": "Customer-002", "reason": "Its old name", "version": record.version}
    assert administrator.post(page(record, "-assign"), sent).status_code == 303
    words = words_of(agent_of(tree.agent, "manage_account").get(page(record)))
    assert "Customer-002" in words
    assert "Nobody-9" not in words


def test_columns_are_corrected_on_a_page_that_names_what_cannot_be_read(
    waiting: None, administrator: Client
) -> None:
    record = of_call("nobody")
    columns = {name: record.columns.get(name, "") for name in _NAMES}
    sent = {**columns, "reason": "A typing mistake", "version": record.version}
    bad = administrator.post(page(record, "-correct"), {**sent, "end": "later"})
    assert bad.status_code == 422
    assert "This cannot be read" in bad.content.decode()
    good = administrator.post(page(record, "-correct"), {**sent, "account": "Customer-001"})
    assert (good.status_code, good["Location"]) == (303, QUEUE)
    assert charges()[0][0] == "Customer-001"


_NAMES = (
    "session", "account", "phone", "gateway", "caller", "callee", "callee_out",
    "routing_gateway", "setup", "answer", "end", "duration", "cause",
)  # fmt: skip


def test_what_was_written_off_is_found_with_who_and_why(
    waiting: None, administrator: Client, tree: ResellerTree
) -> None:
    record = of_call("nobody")
    sent = {"reason": "A test of the switch", "version": record.version}
    answer = administrator.post(page(record, "-write-off"), sent)
    assert (answer.status_code, answer["Location"]) == (303, QUEUE)
    assert "Nobody-9" not in words_of(administrator.get(QUEUE))
    assert "Nobody-9" in words_of(administrator.get(f"{QUEUE}?state=written"))
    words = words_of(administrator.get(page(record)))
    assert "A test of the switch" in words
    assert "mender" in words
    assert "Charge again" not in words
    assert administrator.get(page(record, "-write-off")).status_code == 404
    agent = agent_of(tree.agent, "manage_account")
    assert "Nobody-9" not in words_of(agent.get(f"{QUEUE}?state=written"))


def rows_of(browser: Client, query: str) -> list[dict[str, str]]:
    answer = browser.get(f"{QUEUE}export/{query}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_what_waits_is_a_file_as_it_is_filtered(waiting: None, administrator: Client) -> None:
    assert f"{QUEUE}export/?reason=no_rate&amp;format=csv" in markup_of(
        administrator.get(f"{QUEUE}?reason=no_rate")
    )
    rows = rows_of(administrator, "?format=csv&reason=no_rate")
    told = {(row["Call ID"], row["Waits at"], row["Detail"], row["Cause"]) for row in rows}
    assert told == {
        ("above", "BD-Wholesale-Agent", LONDON, "carrier-said-no"),
        ("own", "Customer-001", "33142685300", "16"),
    }
    entry = AuditEntry.objects.get(action="call_queue.export")
    assert entry.after == {"rows": 2, "filters": {"reason": "no_rate", "sort": "-received"}}


def test_an_agents_file_holds_what_its_page_does(waiting: None, tree: ResellerTree) -> None:
    agent = agent_of(tree.agent, "manage_account")
    rows = {row["Call ID"]: row for row in rows_of(agent, "?format=csv")}
    assert set(rows) == {"above", "own"}
    assert rows["above"]["Waits for"] == "Something at a level above yours"
    assert rows["above"]["Detail"] == ""
    assert "Cause" not in rows["above"]
    assert "rt-secret" not in str(rows)
    assert "BD-Wholesale-Agent" not in str(rows)


def test_a_file_of_what_was_written_off_says_by_whom_and_why(
    waiting: None, administrator: Client
) -> None:
    record = of_call("nobody")
    record_write_off(actor=SYSTEM, record=record, reason="A test call")
    [row] = rows_of(administrator, "?format=csv&state=written")
    assert (row["Call ID"], row["Reason given"]) == ("nobody", "A test call")


def test_a_long_file_of_what_waits_is_made_by_a_job(
    waiting: None, administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.portal.views.exports.IN_REQUEST", 2)
    answer = administrator.get(f"{QUEUE}export/?format=csv")
    assert (answer.status_code, answer["Location"][:6]) == (303, "/jobs/")
    work_off()
    assert Job.objects.get().state == Job.State.DONE

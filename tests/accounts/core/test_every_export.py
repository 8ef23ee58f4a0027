"""Every file of the portal, full of texts that do harm: no formula in it, and every digit stays."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import get_resolver
from openpyxl import load_workbook

from accounts.authorizations.queries.grants import held
from accounts.authorizations.services.grants import grants_set
from accounts.authorizations.services.reviews import review_keep
from accounts.core.actor import SYSTEM, actor_for
from accounts.core.authorizations import ALL, in_order
from accounts.core.models import Account, AccountGrant, User
from accounts.jobs.models import Job
from accounts.jobs.services.files import file_store
from accounts.kit.moments import today
from accounts.kit.sheets_out import CSV_NOTE
from accounts.portal.lists.views.export import ListExport
from accounts.tree.services.accounts import account_edit, account_lock, account_unlock
from billing.cards.forms.cards import PinFileForm
from billing.cards.rules.batches import BatchDraft
from billing.cards.services.generation import batch_generate
from billing.payments.services.paying import Payment, payment_make
from billing.rates.services.groups import tiers_set
from billing.wallets.models import RateGroup
from tests.architecture.sources import imports, name_of, sources
from tests.factories import AccountFactory, GatewayFactory, grant, phone
from tests.factories.calls import cdr, charged
from tests.factories.decks import entered_deck
from tests.factories.rates import LONG_AGO, rate, rate_group
from tests.support.addresses import Route, routes
from tests.support.arming import lists_armed
from tests.support.buying import buys_at
from tests.support.distributing import draft, paid
from tests.support.formulas import opens_as_formula
from tests.support.jobs import work_off
from tests.support.switching import running_call
from tests.support.undoing import undone
from tests.support.urls_registry import classified
from tests.support.world import World
from tests.support.world_calls import rerating_of_a_call

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

KINDS = ("csv", "xlsx")
# Leads with zeros and is longer than a number of a spreadsheet may be.
CODE, SERIAL = "00471100471100471101", "000123456789012345"
# Files that hold the texts of no person: account ids, words of the portal, serials and PINs.
WITHOUT_HARM = {
    "accounts:authorization-matrix-export", "accounts:authorization-review",
    "billing:card-batch-export", "billing:report-accounts-export",
    "billing:report-consumption-export", "billing:report-gateways-export",
    "billing:report-quality-export", "rights-export",
}  # fmt: skip


def harm(at: int) -> str:
    """Text number `at` of those that do harm; most boxes take no controls and nothing invisible."""
    signs = ("=", "+", "-", "@", "\uff1d", "\uff20", "\u3164=", "\u2800+")
    return f"{signs[at % len(signs)]}HARM({at})"


def hidden(at: int) -> str:
    """The same behind what nobody sees, for lists that come from elsewhere."""
    before = ("", " ", "\x01", "\u00a0", "\u200b", "\u2060", "\ufeff", "\u200e", "\u3000")
    return f"{before[at % len(before)]}{harm(at)}"


@pytest.fixture(scope="module")
def armed(world: World) -> World:
    """The small world with harm in every text that can hold some."""
    tree, boss = world.tree, actor_for(User.objects.get(username="staff-administrator"))
    coded = AccountFactory(account_id=CODE, name=harm(0), parent=tree.agent)
    for at, name in enumerate(("top", "agent", "customer", "sub_agent")):
        about = {"memo": harm(at), "company": harm(at + 1), "address": harm(at + 2)}
        account_edit(actor=SYSTEM, account=world.account(name), name=harm(at + 3), detail=about)
        # Refetched: each change makes a new version of it.
        world.tree.refresh()
    carrier = Account.objects.get(account_id=world.carrier)
    account_edit(actor=SYSTEM, account=carrier, name=harm(4))
    for at, account in enumerate((tree.customer, coded)):
        given = Payment("recharge", Decimal("12.50"), reference=CODE, memo=harm(at))
        payment_make(actor=SYSTEM, account=account, payment=given, idempotency_key=f"in-{at}")
        taken = Payment("deduction", Decimal("2.25"), reference=harm(at + 4), memo=harm(at + 5))
        payment_make(actor=SYSTEM, account=account, payment=taken, idempotency_key=f"out-{at}")
        account_lock(actor=SYSTEM, account=account, reason=harm(at + 6))
        account_unlock(actor=SYSTEM, account=account, reason=harm(at + 7))
        phone(account, f"01234567890123{at}", memo=harm(at), display_number="0199")
        GatewayFactory(account=account, name=f"harm-{at}", note=harm(at))
    batch = BatchDraft(harm(0), 2, Decimal(5), SERIAL, memo=harm(1))
    world.card_batches["customer"] = batch_generate(
        actor=SYSTEM, account=tree.customer, draft=batch
    ).pk
    called = rate_group(None, harm(3))
    tiers_set(actor=SYSTEM, group=called, tiers=[(1, 100)])
    rate(called, "880", "0.02", destination=harm(2))
    for account in (tree.top, tree.agent, tree.customer):
        buys_at(account, called, since=LONG_AGO)
    charged(cdr("harm", account=tree.customer.account_id, gateway="harm-0"))
    running_call(tree.customer, harm(4), destination=harm(5))
    prices = world.prices["customer"]
    group = RateGroup.objects.get(pk=prices.group)
    text = f'Prefix,Destination,Rate\n1,"{harm(0)}",1\n"{harm(1)}",,1\n'
    world.prices["customer"] = replace(prices, deck=entered_deck(group, text).pk)
    grant(tree.top)
    grants_set(actor=SYSTEM, account=tree.agent, codes=ALL, reason=harm(5))
    found = AccountGrant.objects.filter(content_object=tree.agent).values_list("pk", flat=True)
    review_keep(actor=boss, grants=list(found), note=harm(4))
    charged(cdr(harm(1), account=world.account_id("customer")))
    world.calls = replace(world.calls, rerating=rerating_of_a_call(harm(2)).pk)
    rows = [[hidden(at), CODE, -5, Decimal("-0.50")] for at in range(9)]
    lists_armed(world, harm)
    job = Job.objects.get(pk=world.jobs["customer"])
    file_store(job, "result", [hidden(at) for at in range(4)], rows)
    wrong = "\n".join(f'"{hidden(at)}",{CODE},"{hidden(at)}"' for at in range(9))
    world.drafts["administrator"] = draft(boss, f"{wrong}\n{CODE},1,x", "5").pk
    lines = f'Customer-001,1,"{harm(0)}"\n{CODE},2,{CODE}'
    world.distributions["customer"] = paid(boss, draft(boss, lines)).pk
    texts = ({"caller": hidden(at), "callee": hidden(at), "cause": hidden(at)} for at in range(9))
    whose = tree.customer.account_id
    charged(*(cdr(harm(at), seconds=0, account=whose, **one) for at, one in enumerate(texts)))
    return world


def lists() -> list[Route]:
    """The addresses of lists as files; a new one is found by its view."""
    views: dict[str, Any] = {}

    def walk(resolver: Any, namespace: str) -> None:
        for one in resolver.url_patterns:
            if hasattr(one, "url_patterns"):
                inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
                walk(one, inner)
            else:
                views[namespace + (one.name or "")] = getattr(one.callback, "view_class", object)

    walk(get_resolver(), "")
    return [one for one in routes() if issubclass(views.get(one.name, object), ListExport)]


def by_get(name: str) -> Callable[[World, str], Any]:
    """Asks for the file of this address; where it names an object, of the customer, or of the agent
    whose accounts are listed.
    """
    whose = "agent" if re.search("sub-accounts|matrix", name) else "customer"
    (route,) = [one for one in routes() if one.name == name]

    def ask(world: World, kind: str) -> Any:
        path = route.path(world.values(route, whose, "administrator"))
        owner = name == "job-file"
        browser = world.browsers["customer" if owner else "administrator"]
        return browser.get(f"{path}?format={kind}&show=all&columns=all")

    return ask


def hits(world: World, kind: str) -> Any:
    query = {"expected": " ".join(in_order(held(world.tree.top))), "boxes": "codes"}
    path = f"/accounts/{world.tree.top.account_id}/authorizations/review/"
    return world.browsers["administrator"].get(path, {**query, "format": kind})


def pins(world: World, kind: str) -> Any:
    (route,) = [one for one in routes() if one.name == "billing:card-batch-export"]
    path = route.path(world.values(route, "customer"))
    sent = {"format": kind, "reason": "x"}
    return world.browsers["administrator"].post(path, sent)


def import_errors(world: World, kind: str) -> Any:
    rows = [["number", f"{harm(0)} of mine", "memo"]]
    rows += [[CODE, hidden(at), hidden(at + 1)] for at in range(9)]
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    browser = world.browsers["administrator"]
    return browser.post(
        "/phones/import/errors/",
        {"account": "", "boxes": "file", "text": file.getvalue(), "format": kind},
    )


def compared(world: World, kind: str) -> Any:
    key = RateGroup.objects.get(pk=world.prices["customer"].group).key
    asked = {"sell": key, "buy": key, "format": kind}
    return world.browsers["administrator"].get("/rate-groups/compare/export/", asked)


def reported(name: str) -> Callable[[World, str], Any]:
    """Of yesterday and today, in which the call was."""
    (route,) = [one for one in routes() if one.name == name]

    def ask(world: World, kind: str) -> Any:
        days = {"from": str(today(UTC) - timedelta(days=1)), "to": str(today(UTC)), "zone": "UTC"}
        asked = {**days, "by": "destination", "account": "Customer-001", "format": kind}
        if not name.endswith(("destinations-export", "gateways-export", "quality-export")):
            asked["account"] = "Dhaka-Retail-Sub"
        path = route.path(world.values(route, "customer", "administrator"))
        return world.browsers["administrator"].get(path, asked)

    return ask


REPORTS = (
    "accounts", "consumption", "destinations", "gateways", "income", "quality", "unused",
    "volumes",
)  # fmt: skip
FILES: dict[str, Callable[[World, str], Any]] = {
    **{one.name: by_get(one.name) for one in lists()},
    "accounts:authorization-review": hits,
    "billing:card-batch-export": pins,
    "billing:carriers-export": by_get("billing:carriers-export"),
    "billing:distribution-errors": by_get("billing:distribution-errors"),
    "billing:distribution-export": by_get("billing:distribution-export"),
    "billing:rate-compare-export": compared,
    "billing:rate-group-export": by_get("billing:rate-group-export"),
    "billing:rerating-export": by_get("billing:rerating-export"),
    "billing:rate-import-refused-export": by_get("billing:rate-import-refused-export"),
    "billing:statement-export": by_get("billing:statement-export"),
    **{f"billing:report-{one}-export": reported(f"billing:report-{one}-export") for one in REPORTS},
    "job-file": by_get("job-file"),
    "phones-import-errors": import_errors,
}


def taken(world: World, name: str, kind: str) -> bytes:
    with undone():
        answer = FILES[name](world, kind)
        assert answer.status_code == 200, (answer.status_code, answer.headers)
        assert answer.streaming, answer.content.decode()[:3000]
        return b"".join(answer.streaming_content)


def csv_cells(raw: bytes) -> list[str]:
    file = io.StringIO(raw.decode("utf-8-sig"), newline="")
    return [cell for row in csv.reader(file) for cell in row]


def xlsx_cells(raw: bytes) -> list[Any]:
    book = load_workbook(io.BytesIO(raw))
    return [cell for row in book.worksheets[0].iter_rows() for cell in row]


def test_every_address_of_a_file_is_walked() -> None:
    """And every module that writes one: a new one needs a line in FILES."""
    offered = {
        one.name
        for one in routes()
        if (address := classified(one)) and any("format=" in query for query in address.variants)
    }
    assert offered <= set(FILES)
    writers = {
        name_of(source)
        for app in ("accounts", "billing", "vosportal")
        for source in sources(app)
        if set(imports(source))
        & {
            "accounts.kit.sheets_out.download",
            "accounts.portal.views.exports.ExportView",
            "accounts.portal.views.exports.AnswersFiles",
        }
    }
    assert writers == {
        "accounts/authorizations/views/editor.py",
        "accounts/jobs/views.py",
        "accounts/phones/views/imports.py",
        "accounts/portal/lists/views/export.py",
        # An example, the same for everybody.
        "billing/calls/views.py",
        "billing/carriers/views.py",
        "billing/charging/views/rerating.py",
        "billing/cards/views/pins.py",
        "billing/distributions/views/check.py",
        "billing/distributions/views/paid.py",
        "billing/rates/views/compare.py",
        "billing/rates/views/deck_files.py",
        "billing/ledger/views/statements.py",
        "billing/reports/views/base.py",
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_cell_of_a_csv_is_a_formula(armed: World, name: str) -> None:
    cells = csv_cells(taken(armed, name, "csv"))
    assert [cell for cell in cells if opens_as_formula(cell)] == []
    assert name in WITHOUT_HARM or any("HARM" in cell for cell in cells)


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_cell_of_an_xlsx_is_a_formula(armed: World, name: str) -> None:
    cells = xlsx_cells(taken(armed, name, "xlsx"))
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert name in WITHOUT_HARM or any("HARM" in str(cell.value) for cell in cells)


@pytest.mark.parametrize("name", sorted(set(FILES) - {"accounts:gateways-export"}))
def test_digits_that_are_no_number_stay_texts(armed: World, name: str) -> None:
    """Account ids, references, serials, PINs and phone numbers with zeros before them."""
    cells = xlsx_cells(taken(armed, name, "xlsx"))
    codes = re.compile(r"0\d+|\d{12,}")
    assert [
        cell.value for cell in cells if cell.data_type == "n" and codes.fullmatch(str(cell.value))
    ] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("accounts:export", CODE),
        ("billing:payments-export", CODE),
        ("billing:statement-export", CODE),
        ("billing:distribution-export", CODE),
        ("billing:distribution-errors", CODE),
        ("job-file", CODE),
        ("phones-import-errors", CODE),
        ("phones-export", "012345678901231"),
        ("phones-export", "0199"),
        ("gateways-export", CODE),
        ("audit-export", CODE),
        ("accounts:authorization-matrix-export", CODE),
        ("billing:card-batch-export", SERIAL),
    ],
)
def test_every_digit_is_in_the_file(armed: World, name: str, kind: str, digits: str) -> None:
    raw = taken(armed, name, kind)
    cells = csv_cells(raw) if kind == "csv" else [cell.value for cell in xlsx_cells(raw)]
    assert digits in cells


@pytest.mark.parametrize(
    "name", ["billing:payments-export", "billing:statement-export", "job-file"]
)
def test_what_is_below_zero_stays_a_number(armed: World, name: str) -> None:
    below = {cell for cell in csv_cells(taken(armed, name, "csv")) if cell.startswith("-")}
    assert below
    numbers = [one.value for one in xlsx_cells(taken(armed, name, "xlsx")) if one.data_type == "n"]
    assert {float(one) for one in below} <= {float(one) for one in numbers if one is not None}


def test_wherever_files_are_offered_xlsx_comes_first_and_csv_says_what_it_is_for(
    armed: World,
) -> None:
    pages = []
    for route in routes():
        address = classified(route)
        if address and not address.is_post_only and route.name and route.name not in FILES:
            path = route.path(armed.values(route, "customer", "administrator"))
            role = "customer" if address.names == "job" else "administrator"
            pages.append((route.name, armed.ask(role, "GET", path)))
    offered = [
        (name, re.findall(r'(?:format=|name="format" value=")(csv|xlsx)', page.body), page.body)
        for name, page in pages
        if page.status == 200
    ]
    offering = {name: (kinds[0], str(CSV_NOTE) in body) for name, kinds, body in offered if kinds}
    assert set(offering.values()) == {("xlsx", True)}, offering
    assert set(offering) >= {
        "accounts:list", "accounts:sub-accounts", "accounts:authorization-matrix", "reviews",
        "rights",
        "billing:payments", "billing:account-payments", "billing:statement", "billing:distribution",
        "billing:distribution-check", "phones", "gateways", "job", "audit", "approvals",
        "authorization-requests", "accounts:logins", "mails", "switches", "billing:cards",
        "billing:account-cards", "billing:rate-groups",
    }  # fmt: skip


# What is a file of its own already, was handed in by the person, or is never kept.
NEVER_BY_A_JOB = {
    "job-file", "billing:card-batch-export", "billing:distribution-errors", "phones-import-errors",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(FILES) - NEVER_BY_A_JOB))
def test_a_job_makes_the_same_file(
    armed: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = csv_cells(taken(armed, name, "csv"))
    monkeypatch.setattr("accounts.portal.views.exports.IN_REQUEST", 0)
    with undone():
        answer = FILES[name](armed, "csv")
        assert answer.status_code == 303, answer.status_code
        work_off()
        file = armed.browsers["administrator"].get(f"{answer['Location']}outputs/1/")
        made = csv_cells(b"".join(file.streaming_content))
    assert [cell for cell in at_once if cell not in made] == []
    # The audit log has an entry more by then: that the job was started.
    assert len(made) == len(at_once) or name == "audit-export"


def test_pins_are_exported_as_xlsx_unless_another_kind_is_chosen() -> None:
    field: Any = PinFileForm.base_fields["format"]
    assert (field.initial, field.help_text) == ("xlsx", CSV_NOTE)

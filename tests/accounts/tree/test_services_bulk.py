"""Loading many accounts at once: the same rules as one by one, all or none."""

import pytest

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, AccountDetail, AgentVersion, AuditEntry
from accounts.kit.errors import DomainError, NotAllowed, Refused
from accounts.tree.services.accounts import account_create
from accounts.tree.services.load import Draft, accounts_load
from tests.factories import AccountFactory, ResellerTree
from tests.support.refusals import refused
from tests.support.trees import assert_sound, outline

pytestmark = pytest.mark.django_db


def load(*drafts: Draft) -> int:
    return accounts_load(actor=SYSTEM, drafts=drafts)


def test_drafts_find_their_places_in_any_order(reseller_tree: ResellerTree) -> None:
    made = load(
        Draft("L3", "three", "l2"),
        Draft("L2", "two", "L1"),
        Draft("L1", "one", "CUSTOMER-001"),
        Draft("R2", "root two", "R1"),
        Draft("R1", "root one"),
        Draft("S1", "one", "Sylhet-Retail-Sub"),
        Draft("T1", "one", "BD-Wholesale-Agent"),
        Draft("M1", "one", "Master-Agent-2", detail={"memo": "said"}),
    )
    assert made == 8
    lines = outline()
    assert sorted(lines[-2:]) == ["  R2", "R1"]
    at = lines.index("    Customer-001")
    assert lines[at + 1 : at + 4] == ["      L1", "        L2", "          L3"]
    assert AccountDetail.objects.get(account__account_id="M1").memo == "said"
    assert AgentVersion.objects.filter(
        pk__in=Account.objects.filter(account_id="L3").values("pk")
    ).exists()
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.after) == ("account.load", {"accounts": 8})
    reseller_tree.refresh()
    assert reseller_tree.customer.is_agent
    assert_sound()


def test_what_was_loaded_grows_and_moves_like_anything_else() -> None:
    load(*[Draft(f"A{n}", "x", f"A{n // 3}" if n else "") for n in range(40)])
    assert_sound()
    for n in (0, 5, 39):
        account_create(
            actor=SYSTEM,
            account_id=f"B{n}",
            name="x",
            parent=Account.objects.get(account_id=f"A{n}"),
        )
        assert_sound()


@pytest.mark.parametrize(
    ("drafts", "code"),
    [
        ([Draft("X", "x"), Draft("x", "x")], "not_available"),
        ([Draft("X", "x"), Draft("customer-001", "x")], "not_available"),
        ([Draft("X", "x"), Draft("new", "x")], "not_available"),
        ([Draft("X", "x"), Draft("a b", "x")], "account_id"),
        ([Draft("X", "x"), Draft("Y", "")], "name_required"),
        ([Draft("X", "x"), Draft("Y", "a\x00b")], "control_characters"),
        ([Draft("X", "x"), Draft("Y", "y", "Nobody")], "unknown_agent"),
        ([Draft("X", "x"), Draft("Y", "y", "Z"), Draft("Z", "z", "Y")], "cycle"),
        ([Draft("X", "x"), Draft("Y", "y", "Y")], "cycle"),
        ([Draft("X", "x"), Draft("Y", "y", detail={"email": "@"})], "email"),
        ([Draft("X", "x"), Draft("Y", "y", time_zone="Nowhere")], "unknown_time_zone"),
        (
            [Draft("D0", "x")] + [Draft(f"D{n}", "x", f"D{n - 1}") for n in range(1, 10)],
            "too_deep",
        ),
    ],
)
def test_one_bad_draft_and_nothing_is_loaded(
    reseller_tree: ResellerTree, drafts: list[Draft], code: str
) -> None:
    before = outline()
    with pytest.raises(Refused) as caught:
        load(*drafts)
    assert caught.value.code == code
    assert outline() == before
    assert_sound()


def test_the_deepest_permitted_place_can_be_loaded() -> None:
    load(Draft("D0", "x"), *[Draft(f"D{n}", "x", f"D{n - 1}") for n in range(1, 9)])
    assert Account.objects.get(account_id="D8").level == 8
    assert_sound()


@pytest.mark.parametrize(
    ("made", "code"),
    [({"type": "clearing"}, "agent_not_general"), ({"status": "closed"}, "agent_closed")],
)
def test_agents_that_take_no_sub_accounts(made: dict[str, str], code: str) -> None:
    AccountFactory(account_id="Agent", **made)
    with refused(code, Refused, field="parent"):
        load(Draft("X", "x", "Agent"))


def test_who_may_not_create_may_not_load(reseller_tree: ResellerTree, agent_login: object) -> None:
    actor = actor_for(agent_login(reseller_tree.agent))  # type: ignore[operator]
    with refused("not_authorized", NotAllowed):
        accounts_load(actor=actor, drafts=[Draft("X", "x")])
    with refused("not_authorized", NotAllowed):
        accounts_load(actor=actor, drafts=[Draft("X", "x", "Customer-001")])
    # A foreign agent is as unknown as one that does not exist.
    messages = set()
    for agent in ("Customer-101", "No-Such-Account"):
        with pytest.raises(DomainError) as caught:
            accounts_load(actor=actor, drafts=[Draft("X", "x", agent)])
        messages.add((caught.value.code, str(caught.value.message)))
    assert len(messages) == 1

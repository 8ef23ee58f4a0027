"""The pages about number sections: who sees and changes what, and what a change would do."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AuditEntry, User
from accounts.numbers.queries import rules_of
from accounts.numbers.services import fingerprint
from tests.factories import AccountFactory, ResellerTree, UserFactory, grant
from tests.factories.fixtures import signed_in
from tests.support.numbers import ALLOCATION, limit
from tests.support.pages import field_error, markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache"), pytest.mark.wide]

PLATFORM = "/number-sections/"


def page(account: Account | None) -> str:
    return f"/accounts/{account.account_id}/number-sections/" if account else PLATFORM


def change(client: Client, account: Account | None, add: str = "", **more: Any) -> Any:
    """What the form of the page sends."""
    values = {
        "add": add,
        "effect": "allow",
        "purpose": "destination",
        "expected": fingerprint(rules_of(account)),
        **more,
    }
    return client.post(page(account), {"boxes": ["replace", "remove"], **values})


def now(account: Account | None) -> list[str]:
    return [str(one) for one in rules_of(account)]


# --- Editing ------------------------------------------------------------------------------------


def test_a_pasted_list_is_checked_and_then_saved(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "allow 880")
    client = signed_in(desk)
    pasted = "allow +91\nblock 00 880 1900 # fraud\n91\n880\n8801700000000-8801799999999\n"
    answer = change(client, tree.sub_agent, pasted)
    assert answer.status_code == 200
    words = text_of(answer)
    assert "5 lines were read." in words
    assert "1 stands in the list twice and counts once: line 3." in words
    assert "1 is a rule already: line 4." in words
    assert "3 new rules" in words
    assert now(tree.sub_agent) == ["allow 880"]
    saved = change(client, tree.sub_agent, pasted, confirm="1")
    assert saved.status_code == 303
    assert now(tree.sub_agent) == [
        "allow 880", "allow 8801700000000–8801799999999", "block 8801900", "allow 91",
    ]  # fmt: skip
    assert AuditEntry.objects.latest("pk").actor == "dhaka-desk"


@pytest.mark.parametrize(
    ("pasted", "problem"),
    [
        ("letters", "Line 1, “letters”: Use digits only"),
        ("880\n8801799-8801700", "Line 2, “8801799-8801700”: It ends before it begins"),
        ("880170 to 88017999", "has 6 and 88017999 has 8"),
        ("12345678901234567", "at most 15 digits"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(
    tree: ResellerTree, desk: User, pasted: str, problem: str
) -> None:
    answer = change(signed_in(desk), tree.sub_agent, pasted, confirm="1")
    assert answer.status_code == 422
    assert problem in field_error(answer, "add")
    assert now(tree.sub_agent) == []


def test_overlapping_allocation_is_refused_in_words(tree: ResellerTree, desk: User) -> None:
    pasted = "880171\n8801711000000-8801711009999"
    answer = change(signed_in(desk), tree.sub_agent, pasted, purpose="allocation")
    assert answer.status_code == 422
    assert "overlap. Enter each number once." in field_error(answer, "add")


def test_many_bad_lines_are_counted(tree: ResellerTree, desk: User) -> None:
    answer = change(signed_in(desk), tree.sub_agent, "x\n" * 25)
    assert "And 5 more lines are no rules." in field_error(answer, "add")


def test_ticked_rules_are_removed(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "allow 880", "block 8801900")
    client = signed_in(desk)
    gone = {"remove": ["destination:block:8801900:", "destination:allow:nothing:"]}
    assert "1 rule is removed" in text_of(change(client, tree.sub_agent, **gone))
    assert change(client, tree.sub_agent, **gone, confirm="1").status_code == 303
    assert now(tree.sub_agent) == ["allow 880"]


def test_a_list_may_replace_the_rules_of_its_purpose(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "allow 880", "allow 91")
    limit(tree.sub_agent, "allow 880171", purpose=ALLOCATION)
    change(signed_in(desk), tree.sub_agent, "880", replace="on", confirm="1")
    assert now(tree.sub_agent) == ["allow 880171", "allow 880"]


def test_somebody_who_was_faster_is_not_overwritten(tree: ResellerTree, desk: User) -> None:
    seen = fingerprint(rules_of(tree.sub_agent))
    limit(tree.sub_agent, "allow 880")
    client = signed_in(desk)
    answer = change(client, tree.sub_agent, "91", expected=seen, confirm="1")
    assert answer.status_code == 409
    assert "allow 880" in text_of(answer)
    assert now(tree.sub_agent) == ["allow 880"]
    # The same change on top of what is there now.
    assert change(client, tree.sub_agent, "91", confirm="1").status_code == 303
    assert now(tree.sub_agent) == ["allow 880", "allow 91"]


def test_a_preset_fills_the_list_in(tree: ResellerTree, desk: User) -> None:
    answer = signed_in(desk).get(f"{page(tree.sub_agent)}?start=preset:calling-card")
    assert "allow 1 # Calling Card Agent\nallow 44 # Calling Card Agent" in answer.content.decode()


@pytest.mark.parametrize("start", ["set:nothing", "country:881", "x", "preset:"])
def test_what_there_is_no_list_of_fills_nothing_in(
    tree: ResellerTree, desk: User, start: str
) -> None:
    answer = signed_in(desk).get(f"{page(tree.sub_agent)}?start={start}")
    assert answer.status_code == 200
    assert answer.context["form"]["add"].value() == ""


def test_nothing_to_dial_is_a_warning(tree: ResellerTree, desk: User) -> None:
    limit(tree.agent, "allow 880")
    client = signed_in(desk)
    assert "Nothing can be dialled" in text_of(change(client, tree.sub_agent, "44"))
    change(client, tree.sub_agent, "44", confirm="1")
    assert "Nothing can be dialled" in text_of(client.get(page(tree.sub_agent)))


def test_unsaved_rules_are_tested(tree: ResellerTree, desk: User) -> None:
    client = signed_in(desk)
    one = change(client, tree.sub_agent, "block 88019", numbers="+880 1900 123456", test="1")
    assert "Refused by Sub-Sub-Agent" in text_of(one)
    many = change(client, tree.sub_agent, "block 88019", numbers="8801900\n8801711\nx", test="1")
    words = text_of(many)
    assert "1 number allowed , 2 refused" in words
    assert "refused by Sub-Sub-Agent" in words
    assert now(tree.sub_agent) == []


# --- Who may ------------------------------------------------------------------------------------


def test_the_own_account_is_read_only(tree: ResellerTree, desk: User) -> None:
    limit(tree.agent, "allow 880")
    client = signed_in(desk)
    answer = client.get(page(tree.agent))
    assert "You can look here, not change." in text_of(answer)
    assert "allow 880" in text_of(answer)
    assert b"id_add" not in answer.content
    assert change(client, tree.agent, "44", confirm="1").status_code == 403
    assert now(tree.agent) == ["allow 880"]


def test_without_authorization_1_everything_is_read_only(reseller_tree: ResellerTree) -> None:
    grant(reseller_tree.agent, Authorization.MANAGE_PHONE)
    client = signed_in(UserFactory(account=reseller_tree.agent))
    answer = client.get(page(reseller_tree.customer))
    assert "authorization 1" in text_of(answer)
    assert change(client, reseller_tree.customer, "44", confirm="1").status_code == 403
    assert now(reseller_tree.customer) == []


def test_the_platforms_rules_are_the_administrators(
    tree: ResellerTree, desk: User, administrator: User
) -> None:
    assert signed_in(desk).get(PLATFORM).status_code == 403
    assert change(signed_in(desk), None, "880", confirm="1").status_code == 403
    assert change(signed_in(administrator), None, "block 881", confirm="1").status_code == 303
    assert now(None) == ["block 881"]
    assert AuditEntry.objects.latest("pk").action == "numbers.set"


def test_closed_accounts_are_only_looked_at(administrator: User) -> None:
    closed = AccountFactory(status="closed")
    client = signed_in(administrator)
    assert "A closed account is never changed." in text_of(client.get(page(closed)))
    assert change(client, closed, "880", confirm="1").status_code == 422


# --- What is shown ------------------------------------------------------------------------------


def test_levels_above_ones_own_are_one_without_rules(tree: ResellerTree, desk: User) -> None:
    limit(None, "block 881")
    limit(tree.top, "allow 880", "allow 4477")
    limit(tree.agent, "allow 880")
    limit(tree.sub_agent, "allow 880", "allow 44")
    client = signed_in(desk)
    words = text_of(client.get(page(tree.sub_agent)))
    assert "A level above yours" in words
    assert "Dhaka-Retail-Sub level 1 Destinations allow 880" in words
    assert "never reached: Dhaka-Retail-Sub does not let it pass" in words
    for hidden in ("BD-Wholesale-Agent", "4477", "881", "Platform"):
        assert hidden not in words


def test_a_rule_that_a_hidden_level_cuts_names_nobody(tree: ResellerTree, desk: User) -> None:
    limit(tree.top, "allow 880")
    limit(tree.sub_agent, "allow 44")
    words = text_of(signed_in(desk).get(page(tree.sub_agent)))
    assert "never reached: a level above yours does not let it pass" in words


def test_administrators_see_every_level(tree: ResellerTree, administrator: User) -> None:
    limit(None, "block 881")
    limit(tree.top, "allow 880")
    words = text_of(signed_in(administrator).get(page(tree.sub_agent)))
    assert "Platform for everyone Destinations block 881" in words
    assert "BD-Wholesale-Agent level 1 Destinations allow 880" in words


def test_contradictory_and_repeated_rules_are_marked(
    tree: ResellerTree, administrator: User
) -> None:
    limit(tree.agent, "allow 880", "block 880", "allow 91", "allow 9112")
    words = text_of(signed_in(administrator).get(page(tree.agent)))
    assert "contradicts a block of the same numbers, which wins" in words
    assert "contradicts an allow of the same numbers, and wins" in words
    assert "says what allow 91 says already" in words


def test_an_agent_without_destination_rules_is_told_so(
    tree: ResellerTree, administrator: User
) -> None:
    client = signed_in(administrator)
    overview = f"/accounts/{tree.agent.account_id}/"
    assert "Without destination rules" in text_of(client.get(overview))
    assert "No limit." in text_of(client.get(page(tree.agent)))
    limit(tree.agent, "allow 880")
    assert "No limit." not in text_of(client.get(page(tree.agent)))


def test_queries_do_not_grow_with_the_rules(tree: ResellerTree, administrator: User) -> None:
    client = signed_in(administrator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            client.get(page(tree.sub_agent))
        return len(found)

    limit(tree.agent, "allow 880")
    limit(tree.sub_agent, "allow 8801")
    queries()  # The first page of a session writes it.
    before = queries()
    limit(tree.agent, *(f"block {n}" for n in range(1000, 1100)), "allow 880")
    limit(tree.sub_agent, *(f"allow {n}" for n in range(8800, 8900)))
    assert queries() == before


# --- Named sets, and what is done with a line ---------------------------------------------------

SATELLITE = ("block 870", "block 881", "block 882", "block 883")


def sets_of(answer: Any) -> list[str]:
    return re.findall(r'data-set="([^"]+)"', markup_of(answer))


def rules_shown(answer: Any) -> list[str]:
    return re.findall(r'data-rule="([^"]+)"', markup_of(answer))


def test_rules_of_a_named_set_are_one_line(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "allow 880", *SATELLITE, "block 8801900")
    answer = signed_in(desk).get(page(tree.sub_agent))
    assert sets_of(answer) == ["set:destination:block:satellite"]
    assert rules_shown(answer) == ["allow 880", "block 8801900"]
    assert "Satellite named set, 4 prefixes" in text_of(answer)


def test_a_part_of_a_set_says_how_much_of_it(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, *SATELLITE[:3])
    assert "3 of 4 prefixes" in text_of(signed_in(desk).get(page(tree.sub_agent)))


def test_one_prefix_of_a_set_stands_for_itself(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "block 881", "allow 882", "allow 883")
    answer = signed_in(desk).get(page(tree.sub_agent))
    assert sets_of(answer) == ["set:destination:allow:satellite"]
    assert rules_shown(answer) == ["block 881"]


def test_a_set_that_is_inherited_is_told_in_short(tree: ResellerTree, desk: User) -> None:
    limit(tree.agent, *SATELLITE)
    words = text_of(signed_in(desk).get(page(tree.sub_agent)))
    assert "block Satellite 4 prefixes" in words
    above = words.index("What comes from above and decides first")
    assert above < words.index("Its own rules: what may be called")


def test_a_whole_set_is_removed_at_once(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "allow 880", *SATELLITE, "allow 881")
    client = signed_in(desk)
    gone = {"remove": ["set:destination:block:satellite"]}
    assert "4 rules are removed" in text_of(change(client, tree.sub_agent, **gone))
    assert change(client, tree.sub_agent, **gone, confirm="1").status_code == 303
    assert now(tree.sub_agent) == ["allow 880", "allow 881"]


@pytest.mark.parametrize(
    "key", ["set:destination:block:nothing", "set:", "set:destination:dance:satellite", "x"]
)
def test_a_set_there_is_none_of_removes_nothing(tree: ResellerTree, desk: User, key: str) -> None:
    limit(tree.sub_agent, *SATELLITE)
    change(signed_in(desk), tree.sub_agent, remove=[key], confirm="1")
    assert len(now(tree.sub_agent)) == 4


def test_the_editor_opens_when_it_is_asked_for(tree: ResellerTree, desk: User) -> None:
    client = signed_in(desk)
    opened = '<details class="panel editor" id="add-rules" open>'
    # Where there is nothing yet, a rule is what somebody came for.
    assert opened in markup_of(client.get(page(tree.sub_agent)))
    limit(tree.sub_agent, "allow 880")
    assert opened not in markup_of(client.get(page(tree.sub_agent)))
    # The link leads into the box.
    assert 'href="?add=allocation#id_add"' in markup_of(client.get(page(tree.sub_agent)))
    asked = client.get(f"{page(tree.sub_agent)}?add=allocation")
    assert opened in markup_of(asked)
    assert asked.context["form"]["purpose"].value() == "allocation"
    assert opened in markup_of(change(client, tree.sub_agent, "letters"), 422)


def test_a_rule_is_filled_in_for_another_note(tree: ResellerTree, desk: User) -> None:
    limit(tree.sub_agent, "allow 880", "block 8801700000000-8801799999999")
    client = signed_in(desk)
    for key, line in (
        ("destination:allow:880:", "allow 880\n"),
        (
            "destination:block:8801700000000:8801799999999",
            "block 8801700000000–8801799999999\n",
        ),
        ("destination:allow:77:", ""),
    ):
        answer = client.get(page(tree.sub_agent), {"start": f"rule:{key}"})
        assert answer.context["form"]["add"].value() == line
    # A rule of another level is none of this one.
    limit(tree.customer, "allow 44")
    answer = client.get(page(tree.sub_agent), {"start": "rule:destination:allow:44:"})
    assert answer.context["form"]["add"].value() == ""


def test_lines_cost_no_query_each(tree: ResellerTree, desk: User) -> None:
    client = signed_in(desk)
    counts = []
    for rules in (SATELLITE, [f"allow 88017{n}" for n in range(10)]):
        limit(tree.sub_agent, *rules)
        client.get(page(tree.sub_agent))
        with CaptureQueriesContext(connection) as queries:
            client.get(page(tree.sub_agent))
        counts.append(len(queries))
    assert counts[0] == counts[1]

"""The number sections of the demo: what each business may call, and which numbers it assigns."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.numbers.queries import rules_of
from accounts.numbers.rule_lists import lines_of
from accounts.numbers.rules import RuleDraft
from accounts.numbers.services import number_rules_set
from accounts.numbers.tables.sections import start_lines
from accounts.numbers.verdict import Purpose


@dataclass(frozen=True)
class DemoSections:
    """The rules of one account ("" = the platform): a preset or set to start from, and lines."""

    account_id: str
    start: str = ""
    lines: str = ""
    allocation: str = ""


def plan() -> Iterator[DemoSections]:
    yield DemoSections("", "set:satellite")
    yield DemoSections(
        "BD-Wholesale-Agent",
        "preset:regional-agent",
        "block 8801955 # IVR fraud",
        "880171 # block of the regulator\n8803125 # Chittagong",
    )
    yield DemoSections(
        "Dhaka-Retail-Sub",
        "preset:local-reseller",
        "block 8801900 # IVR fraud\nallow 44 # asked by the shop",
        "8801711000000-8801711009999 # first contract",
    )
    yield DemoSections("IN-Retail-Lakshmi", "preset:regional-agent")
    yield DemoSections("DE-Wholesale-Nordlicht", "preset:global-wholesaler")
    yield DemoSections("GB-Card-Operator", "preset:calling-card")
    yield DemoSections("AE-Multi-Gulfbridge", "preset:global-wholesaler")


def limit_all() -> None:
    """Set the rules of whoever has none yet."""
    for one in plan():
        account = Account.objects.get(account_id=one.account_id) if one.account_id else None
        if rules_of(account):
            continue
        number_rules_set(
            actor=SYSTEM,
            account=account,
            drafts={
                Purpose.DESTINATION: _drafts(start_lines(one.start) + one.lines),
                Purpose.ALLOCATION: _drafts(one.allocation),
            },
        )


def _drafts(text: str) -> list[RuleDraft]:
    return [
        RuleDraft(line.rule.section, line.rule.is_allow, line.note)
        for line in lines_of(text, is_allow=True)
        if line.rule
    ]

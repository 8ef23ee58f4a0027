"""Number rules as tests write them: "allow 880", "block 8801700-8801799"."""

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.numbers.rules import RuleDraft
from accounts.numbers.services import number_rules_set
from accounts.numbers.verdict import Purpose, Section

DESTINATION, ALLOCATION = Purpose.DESTINATION, Purpose.ALLOCATION


def draft(text: str) -> RuleDraft:
    """A rule from its words."""
    effect, section = text.split(" ")
    begin, _dash, end = section.partition("-")
    return RuleDraft(Section(begin, end), effect == "allow")


def limit(account: Account | None, *rules: str, purpose: Purpose = DESTINATION) -> None:
    """Make these the account's rules (None: the platform's) for the purpose."""
    number_rules_set(actor=SYSTEM, account=account, drafts={purpose: [draft(one) for one in rules]})

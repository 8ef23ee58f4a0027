"""Set the number rules of an account, and the platform's (docs/domain.md 5)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.errors import Clash, NotAllowed, Refused
from accounts.numbers.models import NumberRule
from accounts.numbers.verdict import Purpose, Rule, Section

# Per level and purpose; more than these nobody keeps in view.
MOST_RULES = 2000
LONGEST_NOTE = 100


@dataclass(frozen=True)
class RuleDraft:
    """A rule as it should be."""

    section: Section
    is_allow: bool = True
    note: str = ""

    @property
    def rule(self) -> Rule:
        return Rule(self.section, self.is_allow)


Drafts = Mapping[Purpose, Sequence[RuleDraft]]


def rules_of(account: Account | None) -> list[NumberRule]:
    """The rules of an account (None: the platform's), as they are listed. One query."""
    return list(NumberRule.objects.filter(account=account).order_by("purpose", "begin", "end"))


def has_destination_rules(account: Account) -> bool:
    """Whether the account has a rule of its own about what may be called. One query."""
    return NumberRule.objects.filter(account=account, purpose=Purpose.DESTINATION).exists()


def rules_in_branches(accounts: Sequence[Account], *, most: int) -> list[tuple[str, NumberRule]]:
    """The rules of these accounts and of everything below them, with their account ids; at most
    `most` of them. One query.
    """
    within = Q()
    for one in accounts:
        within |= Q(account__tree_id=one.tree_id, account__lft__range=(one.lft, one.rght))
    rows = NumberRule.objects.filter(within).select_related("account")
    rows = rows.order_by("account__tree_id", "account__lft", "begin", "end")
    return [(one.account.account_id, one) for one in rows[:most] if one.account]


def fingerprint(rules: Iterable[NumberRule]) -> str:
    """What tells one state of a level's rules from another; an editor sends back the one it saw."""
    lines = sorted(f"{x.purpose} {x.effect} {x.begin} {x.end} {x.note}" for x in rules)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def number_rules_set(
    *, actor: Actor, account: Account | None, drafts: Drafts, expected: str | None = None
) -> None:
    """Make the rules of an account (None: the platform) exactly `drafts`; purposes that are not
    named keep theirs. Accounts by authorization 1, never the own one; the platform's by
    administrators.

    Raises Clash when the rules are not the `expected` ones, Refused (`closed`, `too_many`,
    `overlap`, `only_allow`, `too_long`), NotAllowed, NotInScope, Busy.
    """
    check_drafts(drafts)
    touching = [account.pk] if account else []

    def work(fresh_accounts: dict[int, Account]) -> None:
        nonlocal actor
        current = fresh_accounts[account.pk] if account else None
        actor = _required(actor, current)
        if current is not None:
            refuse_closed(current)
        stored = rules_of(current)
        if expected is not None and expected != fingerprint(stored):
            raise Clash(
                _("Somebody else changed these rules in the meantime."), code="changed_meanwhile"
            )
        for purpose, wanted in drafts.items():
            _replace(actor, current, purpose, [x for x in stored if x.purpose == purpose], wanted)

    # The platform's rules change one at a time as well: its key is the forest's.
    in_locked_trees(work, touching=touching, forest=account is None)


def _required(actor: Actor, account: Account | None) -> Actor:
    if account is not None:
        return require(actor, Authorization.MANAGE_ACCOUNT, account)
    actor = fresh(actor)
    if not actor.is_administrator or actor.read_only:
        raise NotAllowed(
            _("The platform's rules are kept by administrators."), code="administrators_only"
        )
    return actor


def _replace(
    actor: Actor,
    account: Account | None,
    purpose: Purpose,
    stored: Sequence[NumberRule],
    wanted: Sequence[RuleDraft],
) -> None:
    """Write the difference, and record it in one entry."""
    old = {(one.section, one.rule.is_allow): one for one in stored}
    new = {(one.section, one.is_allow): one for one in wanted}
    gone = [one for key, one in old.items() if key not in new]
    added = [one for key, one in new.items() if key not in old]
    noted = [one for key, one in old.items() if key in new and one.note != _note_of(new[key])]
    if not gone and not added and not noted:
        return
    before = {purpose.value: [_words(one) for one in (*gone, *noted)]}
    NumberRule.objects.filter(pk__in=[one.pk for one in gone]).delete()
    for rule in noted:
        rule.note = _note_of(new[rule.section, rule.rule.is_allow])
    NumberRule.objects.bulk_update(noted, ["note"], batch_size=500)
    made = NumberRule.objects.bulk_create(
        [
            NumberRule(
                account=account,
                purpose=purpose,
                effect=NumberRule.Effect.ALLOW if one.is_allow else NumberRule.Effect.BLOCK,
                begin=one.section.begin,
                end=one.section.end,
                note=_note_of(one),
            )
            for one in added
        ],
        batch_size=500,
    )
    after = {purpose.value: [_words(one) for one in (*made, *noted)]}
    record(actor=actor, action="numbers.set", account=account, before=before, after=after)


def _note_of(draft: RuleDraft) -> str:
    return " ".join(draft.note.split())


def _words(rule: NumberRule) -> str:
    text = f"{rule.effect} {rule.section}"
    return f"{text} ({rule.note})" if rule.note else text


def check_drafts(drafts: Drafts) -> None:
    """Raise Refused for what cannot be stored, or says nothing sensible."""
    for purpose, wanted in drafts.items():
        if len(wanted) > MOST_RULES:
            raise Refused(
                _("At most %(max)s rules; these are %(count)s.")
                % {"max": MOST_RULES, "count": len(wanted)},
                code="too_many",
                field="rules",
            )
        for draft in wanted:
            _check_note(_note_of(draft))
        if purpose is Purpose.ALLOCATION:
            _check_allocation(wanted)


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": LONGEST_NOTE},
            code="too_long",
            field="rules",
        )
    if not note.isprintable():
        raise Refused(
            _("Use letters, digits and signs only; something invisible is in this text."),
            code="control_characters",
            field="rules",
        )


def _check_allocation(wanted: Sequence[RuleDraft]) -> None:
    """What may be assigned is a list without overlaps: an overlap is a slip of the pen."""
    blocked = next((one for one in wanted if not one.is_allow), None)
    if blocked:
        raise Refused(
            _(
                "Allocation lists what may be assigned; whatever is not listed may not. "
                "Leave out “block %(section)s”."
            )
            % {"section": blocked.section},
            code="only_allow",
            field="rules",
        )
    sections = list(dict.fromkeys(one.section for one in wanted))
    clash = first_overlap(sections)
    if clash:
        raise Refused(
            _("%(one)s and %(other)s overlap. Enter each number once.")
            % {"one": clash[0], "other": clash[1]},
            code="overlap",
            field="rules",
        )


def first_overlap(sections: Sequence[Section]) -> tuple[Section, Section] | None:
    """Two of the sections that have numbers in common."""
    prefixes = {one.begin for one in sections if one.is_prefix}
    by_length: dict[int, list[Section]] = {}
    for section in sections:
        shorter = [section.begin[:length] for length in range(1, len(section.begin))]
        above = next((begin for begin in shorter if begin in prefixes), None)
        if section.is_prefix and above:
            return Section(above), section
        if not section.is_prefix:
            by_length.setdefault(len(section.begin), []).append(section)
    for length, meeting in by_length.items():
        meeting += [Section(begin) for begin in prefixes if len(begin) <= length]
        meeting.sort(key=lambda one: one.bounds())
        for section, other in zip(meeting, meeting[1:], strict=False):
            if section.overlaps(other):
                return section, other
    return None

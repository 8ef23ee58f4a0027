"""Set the number rules of an account, and the platform's (docs/domain.md 5)."""

import hashlib
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from accounts.core.actor import Actor, fresh, require
from accounts.core.authorizations import Authorization
from accounts.core.locks import in_locked_trees
from accounts.core.models import Account
from accounts.core.reach import refuse_closed
from accounts.core.record import record
from accounts.kit.errors import Clash, NotAllowed
from accounts.numbers.models import NumberRule
from accounts.numbers.queries import rules_of
from accounts.numbers.rules import Drafts, RuleDraft, check_drafts, note_of
from accounts.numbers.verdict import Purpose


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
    noted = [one for key, one in old.items() if key in new and one.note != note_of(new[key])]
    if not gone and not added and not noted:
        return
    before = {purpose.value: [_words(one) for one in (*gone, *noted)]}
    NumberRule.objects.filter(pk__in=[one.pk for one in gone]).delete()
    for rule in noted:
        rule.note = note_of(new[rule.section, rule.rule.is_allow])
    NumberRule.objects.bulk_update(noted, ["note"], batch_size=500)
    made = NumberRule.objects.bulk_create(
        [
            NumberRule(
                account=account,
                purpose=purpose,
                effect=NumberRule.Effect.ALLOW if one.is_allow else NumberRule.Effect.BLOCK,
                begin=one.section.begin,
                end=one.section.end,
                note=note_of(one),
            )
            for one in added
        ],
        batch_size=500,
    )
    after = {purpose.value: [_words(one) for one in (*made, *noted)]}
    record(actor=actor, action="numbers.set", account=account, before=before, after=after)


def _words(rule: NumberRule) -> str:
    text = f"{rule.effect} {rule.section}"
    return f"{text} ({rule.note})" if rule.note else text

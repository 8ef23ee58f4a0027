"""Distributions before they are paid: the list is kept as a draft and checked, as often as somebody
looks. Nothing here moves money; `billing.distributions.services.paying` pays.

Every check is one statement for the whole list, however long it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.core.actor import Actor, check_allowed, fresh
from accounts.core.authorizations import Authorization
from accounts.core.locks import said_busy
from accounts.core.models import Account
from accounts.jobs.models import Job
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.object_keys import object_number
from accounts.kit.text import tidied
from billing.distributions.lines import ListLine, ReadList, read_list, total
from billing.distributions.list_form import BadList
from billing.distributions.models import Distribution
from billing.errors import KeyReused
from billing.handing_out.queries.cover import Cover, cover_of
from billing.handing_out.queries.policies import Effective
from billing.handing_out.rules import check_limits
from billing.handing_out.services.gate import Gate, Shortfall, opened
from billing.ledger.models import Transaction
from billing.ledger.services.posting import input_hash
from billing.money import shown
from billing.payments.services.paying import REPEAT_MINUTES
from billing.wallets.models import Funding

# How many drafts are kept for a login, and how long.
MOST_DRAFTS = 20
DRAFT_DAYS = 7
# No list is longer, and no account id.
_LONGEST_ID = 32


@dataclass(frozen=True)
class Plan:
    """What a distribution would do, and all that stands against it.

    `lines` are those of the list with their problems; `accounts` holds the ones they name, by the
    account id in lower case. `refusals` are about the list as a whole, `shortfalls` what
    administrators may pass. `cover` is that of the own account. `repeats` and `stopped` are keys of
    accounts that got the same amount a moment ago, and that do not operate; `paid_at` is when the
    payments were made whose file was handed in as a list. `said` is how the list was read.
    """

    lines: Sequence[ListLine]
    accounts: Mapping[str, Account]
    funding: Funding
    refusals: tuple[str, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    cover: Cover | None = None
    repeats: frozenset[int] = frozenset()
    stopped: frozenset[int] = frozenset()
    paid_at: datetime | None = None
    said: Sequence[str] = ()

    @cached_property
    def wrong(self) -> Sequence[ListLine]:
        return [one for one in self.lines if one.problem]

    @property
    def is_ready(self) -> bool:
        return not self.wrong and not self.refusals

    @property
    def count(self) -> int:
        return len(self.lines)

    @cached_property
    def total(self) -> Decimal:
        return total(self.lines)

    def account(self, line: ListLine) -> Account:
        """Whom a line pays; of a plan that is ready."""
        return self.accounts[line.account.lower()]

    @cached_property
    def digest(self) -> str:
        """Of what would be paid to whom: the same digest pays exactly the same."""
        pks = {name: account.pk for name, account in self.accounts.items()}
        lines = [
            (pks.get(one.account.lower()), str(one.amount), one.reference, one.number)
            for one in self.lines
        ]
        return input_hash({"lines": lines})


def distribution_draft(
    *,
    actor: Actor,
    key: UUID,
    text: str,
    control_sum: Decimal,
    each: Decimal | None = None,
    method: str = "",
    memo: str = "",
    is_table: bool = False,
) -> Distribution:
    """Keep a list for checking; with the key of an earlier draft of this login, in its place.

    `each` is the amount of lines that name none; `is_table` says that the amounts were written row
    by row, which changes where they are corrected and nothing else. The control sum must be the
    exact sum, as far as every amount can be read. A key whose list was paid, or is being paid,
    comes back with the same list and is refused with another one.

    Raises BadList, Refused (with the field), KeyReused, NotAllowed, Busy.
    """
    actor = permitted(actor)
    memo = tidied(memo)
    if method and method not in Transaction.Method.values:
        raise Refused(_("Choose one of the options."), code="unknown_choice", field="method")
    found = read_list(text, each, _is_account(actor, is_table))
    _check_control_sum(found, control_sum)
    values: dict[str, Any] = {
        "text": text,
        "each": each,
        "control_sum": control_sum,
        "method": method,
        "memo": memo,
    }
    digest = input_hash(values)
    with said_busy(), transaction.atomic():
        before = Distribution.objects.select_for_update(of=("self",)).filter(pk=key).first()
        if before is not None and (before.login_id != _login_pk(actor) or is_taken(before)):
            if before.login_id == _login_pk(actor) and before.input_hash == digest:
                return before
            raise KeyReused(
                _("This form was used for another distribution before. Open it anew."),
                code="key_reused",
            )
        values |= {
            "is_table": is_table,
            "login": actor.user,
            "by_account_id": actor.account_pk,
            "input_hash": digest,
        }
        made, _is_new = Distribution.objects.update_or_create(pk=key, defaults=values)
        _drop_old_drafts(actor)
    return made


def _check_control_sum(found: ReadList, control_sum: Decimal) -> None:
    """As `check_control_sum`, with what was not added up, or only seems to be a sum."""
    try:
        check_control_sum(found.lines, control_sum)
    except Refused as refused:
        is_told = bool(found.sums or found.doubt)
        said = [str(refused.message), *(found.said if is_told else ())]
        raise Refused(" ".join(said), code=refused.code, field=refused.field) from refused


def draft_like(*, actor: Actor, key: UUID, values: Mapping[str, Any]) -> Distribution | None:
    """The login's own draft that would do exactly what these values of `distribution_draft` do, if
    there is one: first the one of this key.
    """
    is_table = values.get("is_table", False)
    wanted = _content(values["text"], values["each"], _is_account(actor, is_table))
    own = Distribution.objects.filter(
        login=_login_pk(actor),
        posted_at=None,
        control_sum=values["control_sum"],
        method=values["method"],
        memo=" ".join(values["memo"].split()),
    ).select_related("job")
    drafts = sorted(own, key=lambda one: (one.pk != key, -one.created_at.timestamp()))
    same = (
        one
        for one in drafts
        if _content(one.text, one.each, _is_account(actor, one.is_table)) == wanted
    )
    return next((one for one in same if not is_taken(one)), None)


def _content(text: str, each: Decimal | None, is_account: Callable[[ListLine], bool]) -> Any:
    """What a list says, however it is written; None for one that cannot be read."""
    try:
        lines = read_list(text, each, is_account).lines
    except BadList:
        return None
    return [(one.account.lower(), one.amount or one.typed, one.reference) for one in lines]


def check_control_sum(lines: Iterable[ListLine], control_sum: Decimal) -> None:
    """Raise Refused unless the lines add up to what was typed; lines whose amount cannot be read
    are a matter of the check page, and nothing adds up before.
    """
    lines = list(lines)
    if any(one.amount is None for one in lines) or total(lines) == control_sum:
        return
    raise Refused(
        _("The lines add up to %(sum)s, the control sum says %(typed)s: %(difference)s apart.")
        % {
            "sum": shown(total(lines)),
            "typed": shown(control_sum),
            "difference": shown(abs(total(lines) - control_sum)),
        },
        code="control_sum",
        field="control_sum",
    )


def distribution_preview(*, actor: Actor, distribution: Distribution) -> Plan:
    """What `distribution_pay` would do; changes nothing. Raises NotAllowed, NotInScope."""
    # No transaction: a long list would keep everybody else from writing to SQLite meanwhile.
    actor = permitted(actor)
    return plan_of(actor, own_draft(actor, distribution.pk))


def own_draft(actor: Actor, pk: UUID, *, lock: bool = False) -> Distribution:
    """The distribution this login handed in. Raises NotInScope for anybody else's."""
    found = Distribution.objects.filter(pk=pk, login=_login_pk(actor))
    one = (found.select_for_update(of=("self",)) if lock else found).first()
    if one is None:
        raise NotInScope(_("There is no such distribution."))
    return one


def is_taken(one: Distribution) -> bool:
    """Whether it is paid, or a job is at it: then it changes no more."""
    return one.posted_at is not None or (one.job is not None and not one.job.is_ended)


def permitted(actor: Actor) -> Actor:
    """The fresh actor, who may pay sub-accounts. Raises NotAllowed."""
    actor = fresh(actor)
    own = Account.objects.filter(pk=actor.account_pk).first() if actor.own is not None else None
    check_allowed(actor, Authorization.PAY_SUB_ACCOUNT, own, is_agent_id=True)
    if actor.is_operator or actor.user is None:
        raise NotAllowed(_("Payments are made in the portal."), code="portal_only")
    return actor


def plan_of(actor: Actor, draft: Distribution, *, lock: bool = False) -> Plan:
    """The plan of a draft for a fresh actor. `lock` is for who pays in the same transaction."""
    found = read_list(draft.text, draft.each, _is_account(actor, draft.is_table))
    lines = found.lines
    accounts = _accounts(actor, lines)
    gate = opened(actor, accounts.values(), lock=lock)
    lines = _with_problems(actor, lines, accounts, gate.policy)
    refusals, shortfalls = _against_the_whole(draft, lines, accounts, gate)
    pks = [account.pk for account in accounts.values()]
    paid_before, paid_at = _paid_before(lines, accounts)
    return Plan(
        lines=lines,
        accounts=accounts,
        funding=gate.policy.funding,
        refusals=refusals,
        shortfalls=shortfalls,
        cover=cover_of(actor.own.pk) if actor.own is not None else None,
        repeats=_repeats(lines, accounts) | paid_before,
        paid_at=paid_at,
        # Where each row has an account beside it there is nothing to be told.
        said=() if draft.is_table else found.said,
        stopped=frozenset(pks)
        - set(Account.objects.filter(pk__in=pks).running().values_list("pk", flat=True)),
    )


def _accounts(actor: Actor, lines: Iterable[ListLine]) -> dict[str, Account]:
    """The accounts the lines name, as far as they exist for this actor."""
    ids = {one.account.lower() for one in lines}
    ids = {one for one in ids if one.isascii() and one.isprintable() and len(one) <= _LONGEST_ID}
    found = Account.objects.within(actor.scope).filter(account_id__lower__in=ids)
    return {one.account_id.lower(): one for one in found}


def _is_account(actor: Actor, is_table: bool) -> Callable[[ListLine], bool]:
    """For `read_list`: whether a line names an account that exists for this actor; in a table of
    amounts each row does.
    """
    return lambda line: is_table or bool(_accounts(actor, [line]))


def _with_problems(
    actor: Actor, lines: Sequence[ListLine], accounts: Mapping[str, Account], policy: Effective
) -> list[ListLine]:
    """The lines, each with the first thing that is wrong with it."""
    above = Effective(per_payment=policy.per_payment if actor.own is not None else None)
    first: dict[int, int] = {}
    judged = []
    for line in lines:
        account = accounts.get(line.account.lower())
        problem = line.problem
        if not problem and account is None:
            problem = _("There is no such account.")
        elif not problem and account is not None:
            problem = _against(actor, account, line, first, above)
        if account is not None:
            first.setdefault(account.pk, line.number)
        judged.append(replace(line, problem=problem) if problem else line)
    return judged


def _against(
    actor: Actor, account: Account, line: ListLine, first: Mapping[int, int], policy: Effective
) -> str:
    """What stands against paying this account; "" when nothing does."""
    if account.pk == actor.account_pk:
        return _("This is your own account; a distribution pays those below it.")
    if account.status == Account.Status.CLOSED:
        return _("A closed account takes no payments.")
    if account.pk in first:
        return _("Line %(number)s names this account already.") % {"number": first[account.pk]}
    try:
        check_limits(actor, policy, line.amount or Decimal(0), paid=Decimal(0))
    except Refused as refused:
        return str(refused.message)
    return ""


def _against_the_whole(
    one: Distribution, lines: Sequence[ListLine], accounts: Mapping[str, Account], gate: Gate
) -> tuple[tuple[str, ...], tuple[Shortfall, ...]]:
    """What refuses the list as a whole, and what administrators may pass; asked once every line is
    in order.
    """
    if any(line.problem for line in lines):
        return (), ()
    amounts = {accounts[line.account.lower()].pk: line.amount or Decimal(0) for line in lines}
    try:
        check_control_sum(lines, one.control_sum)
        return (), gate.hand_out(amounts)
    except Refused as refused:
        return (str(refused.message),), ()


def _repeats(lines: Iterable[ListLine], accounts: Mapping[str, Account]) -> frozenset[int]:
    """The accounts that got the very amount of their line a moment ago."""
    amounts = {
        accounts[one.account.lower()].pk: one.amount
        for one in lines
        if one.account.lower() in accounts and not one.problem
    }
    since = timezone.now() - timedelta(minutes=REPEAT_MINUTES)
    before = Transaction.objects.filter(
        account__in=list(amounts), kind=Transaction.Kind.RECHARGE, at__gt=since, reversed_by=None
    )
    paid = before.values_list("account_id", "amount").distinct()
    return frozenset(pk for pk, amount in paid if amounts[pk] == amount)


def _paid_before(
    lines: Iterable[ListLine], accounts: Mapping[str, Account]
) -> tuple[frozenset[int], datetime | None]:
    """(accounts whose line is that of a payment that was made, whenever that was, and when): of a
    list that is the file of what was paid.
    """
    made: dict[int, ListLine] = {}
    for one in lines:
        number = object_number(Transaction.key_kind, one.payment) if one.payment else None
        if number is not None and one.account.lower() in accounts and not one.problem:
            made[number] = one
    rows = Transaction.objects.filter(
        pk__in=list(made), kind=Transaction.Kind.RECHARGE, reversed_by=None
    )
    paid = {
        account: at
        for pk, account, amount, at in rows.values_list("pk", "account_id", "amount", "at")
        if amount == made[pk].amount and account == accounts[made[pk].account.lower()].pk
    }
    return frozenset(paid), max(paid.values(), default=None)


def _login_pk(actor: Actor) -> int | None:
    return actor.user.pk if actor.user else None


def _drop_old_drafts(actor: Actor) -> None:
    """Nobody fills the database with lists that were never paid."""
    own = Distribution.objects.filter(login=actor.user, posted_at=None, job=None)
    # Named one by one: a draft that the login hands in at this very moment is none of them.
    old = own.order_by("-created_at", "pk").values_list("pk", flat=True)[MOST_DRAFTS:]
    own.filter(pk__in=list(old)).delete()


def purge_drafts() -> int:
    """Delete the drafts nobody paid within DRAFT_DAYS; for housekeeping. Returns how many."""
    before = timezone.now() - timedelta(days=DRAFT_DAYS)
    with transaction.atomic():
        old = Distribution.objects.filter(posted_at=None, created_at__lt=before)
        old = old.exclude(job__state__in=Job.OPEN)
        # A draft that is being paid at this very moment is none of them.
        free = old.select_for_update(of=("self",), skip_locked=True)
        pks = list(free.values_list("pk", flat=True))
        return Distribution.objects.filter(pk__in=pks).delete()[0]

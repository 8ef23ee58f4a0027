"""Statements by mail: who says who gets them, each period once, and their end with a move
(docs/domain.md 5).
"""

from tests.mutants.mutant import faults

_MAILS = tuple(f"tests/billing/ledger/test_statement_mails{one}.py" for one in ("", "_kept"))
_CONTRACTS = tuple(
    f"tests/contracts/test_{one}[mailing_set"
    for one in (
        "who_may.py::test_who_only_looks_on_may_not",
        "who_may.py::test_who_holds_everything_else_may_not",
        "standing.py::test_who_lost_the_right_meanwhile_may_not",
        "standing.py::test_people_of_a_stopped_account_look_after_their_own_login_and_no_more",
    )
)

STATEMENT_MAILS = (
    *faults(
        "billing.ledger.services.mailing",
        (*_MAILS, *_CONTRACTS),
        ("MOST_ADDRESSES", "10", "11"),
        ("mailing_set", "if rhythm and rhythm not in Rhythm.values:", "if False:"),
        ("mailing_set", "actor = _permitted(actor, account)", "pass"),
        ("mailing_set", "refuse_closed(account)", "pass"),
        ("mailing_set", "if before == after:", "if False:"),
        ("mailing_set", "            rows.delete()\n", "            pass\n"),
        ("mailing_set", "elif one is not None and one.rhythm == rhythm:", "elif one is not None:"),
        ("mailing_set", "elif one is not None and one.rhythm == rhythm:", "elif False:"),
        ("mailing_set", "today(zone))", "today())"),
        ("mailing_set", "day_begin(until, zone)", "day_begin(first, zone)"),
        ("mailings_lost", "filter(in_branches(accounts))", "filter(account__in=accounts)"),
        ("mailings_lost", "filter(in_branches(accounts))", "all()"),
        ("mailings_lost", "one.delete()", "pass"),
        ("mailings_lost", "before=before, after={})", "before={}, after=before)"),
        ("statements_mailed", "due_at__lte=now", "due_at__lt=now"),
        ("statements_mailed", "due.exclude(account__status=Account.Status.CLOSED)", "due"),
        ("_mailed", "one.due_at, count = day_begin(until, zone), 0", "count = 0"),
        ("_mailed", "if one.due_at <= now:", "if True:"),
        ("_mailed", "if is_new:", "if True:"),
        ("_mailed", "one.first = until", "one.first = first"),
        ("_mailed", "period_of(one.rhythm, until)[1]", "until"),
        ("_permitted", "if actor.blocked_by:", "if False:"),
        ("_permitted", "require(actor, Authorization.MANAGE_ACCOUNT, account)", "actor"),
        ("_permitted", "actor = fresh(actor)", "pass"),
        ("_cleaned", "dict.fromkeys(one for", "list(one for"),
        ("_cleaned", "            validate_email(one)\n", "            pass\n"),
        ("_cleaned", "not 0 < len(found)", "not 0 <= len(found)"),
        ("_cleaned", "<= MOST_ADDRESSES or", "< MOST_ADDRESSES or"),
        ("_cleaned", " or len(kept) > 500", ""),
        ("_cleaned", "len(kept) > 500", "len(kept) >= 500"),
    ),
    *faults(
        "billing.ledger.queries.mailings",
        (*_MAILS, *_CONTRACTS),
        ("decides_by_itself", " and not actor.read_only", ""),
        ("decides_by_itself", "account.pk == actor.account_pk and ", ""),
        ("mailed_of", "filter(account=account)", "all()"),
        ("mailed_of", '"-queued_at", "-pk"', '"queued_at", "pk"'),
        ("why_not_mailing", '"" if decision.is_allowed else decision.sentence', '""'),
    ),
    *faults(
        "billing.ledger.rhythms",
        _MAILS,
        ("period_of", "timedelta(days=day.weekday())", "timedelta(days=day.weekday() + 1)"),
        ("period_of", "first + timedelta(days=7)", "first + timedelta(days=6)"),
        ("period_of", "timedelta(days=32)", "timedelta(days=30)"),
        ("period_of", "day + timedelta(days=1)", "day + timedelta(days=2)"),
    ),
    *faults(
        "billing.ledger.mails",
        _MAILS,
        ("_statement", "if account.status == Account.Status.CLOSED:", "if False:"),
        ("_statement", "wanted is None or mail.address not in", "mail.address not in"),
        ("_statement", 'mail.address not in wanted.addresses.split(", ")', "False"),
        ("_statement", "one.zone, one.until - _DAY", "one.zone, one.until"),
        ("_statement", "day_begin(one.until, zone))", "day_begin(last, zone))"),
        ("_statement", "-pair[1].amount", "pair[1].amount"),
        ("_statement", "shown(statement.opening)", "shown(statement.closing)"),
        (
            "_statement",
            "Period.of_days(one.first, one.until, zone)",
            "Period.of_days(one.first, last, zone)",
        ),
    ),
)

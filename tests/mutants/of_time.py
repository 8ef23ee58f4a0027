"""Days, moments and zones (docs/domain.md 2)."""

from tests.mutants.mutant import faults

TIME = (
    *faults(
        "accounts.kit.moments",
        ("tests/accounts/kit/test_moments.py", "tests/accounts/tree/test_clock.py"),
        ("day_begin", "tzinfo=zone)", "tzinfo=UTC)"),
        ("day_begin", ".astimezone(UTC)", ""),
        ("day_end", "timedelta(days=1)", "timedelta(days=0)"),
        (
            "day_end",
            "day_begin(day + timedelta(days=1), zone)",
            "day_begin(day, zone) + timedelta(days=1)",
        ),
        ("today", "timezone=zone", "timezone=None"),
        ("last_day", "until - timedelta(microseconds=1)", "until"),
        ("last_day", "timedelta(microseconds=1), zone)", "timedelta(microseconds=1))"),
        ("ends_a_day", "<= timedelta(seconds=1)", "< timedelta(seconds=1)"),
        ("ends_a_day", "<= timedelta(seconds=1)", "<= timedelta(minutes=1)"),
        ("moment_words", "[:16]", "[:19]"),
        ("_written", "timezone.localtime(at, zone)", "at"),
        ("day_of_words", "timezone.localtime(at, zone).date()", "at.date()"),
        ("until_words", "if ends_a_day(until, zone):", "if True:"),
        ("until_words", "return moment_words(until, zone)", "return moment_words(until)"),
        (
            "until_value",
            "timezone.localtime(until, zone).replace(tzinfo=None)",
            "until.replace(tzinfo=None)",
        ),
    ),
    *faults(
        "billing.ledger.forms",
        ("tests/billing/ledger/test_statements.py", "tests/billing/ledger/test_clock.py"),
        (
            "StatementForm.bounds",
            'day_end(self.cleaned_data["to"], zone)',
            'day_begin(self.cleaned_data["to"], zone)',
        ),
        (
            "StatementForm.bounds",
            'day_begin(self.cleaned_data["from"], zone)',
            'day_begin(self.cleaned_data["from"])',
        ),
        ("StatementForm.clean", "last < first", "last <= first"),
        ("StatementForm.__init__", "today(ZoneInfo(zone))", "today()"),
    ),
    *faults(
        "billing.wallets.queries",
        ("tests/billing/ledger/test_clock.py", "tests/billing/wallets/test_columns.py"),
        (
            "wallets_with_today",
            "day_begin(today())",
            "day_begin(today(UTC), UTC)".replace("UTC", "__import__('datetime').UTC"),
        ),
        (
            "with_today",
            "transaction__entries__at__gte=since",
            "transaction__entries__at__gt=since",
        ),
        ("_poorest", "accounts_below(scope)", "Account.objects.within(scope)"),
        ("is_low", "and wallet.account.status != Account.Status.CLOSED", ""),
    ),
)

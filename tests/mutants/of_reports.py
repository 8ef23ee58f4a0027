"""What reports say calls came to: whose, of which days, beside what (docs/domain.md 9)."""

from tests.mutants.mutant import faults

_REPORTS = "tests/billing/reports/test_"
_FIGURES = f"{_REPORTS}figures.py::test_"
_PAGES = f"{_REPORTS}report_pages.py::test_"
_PLAIN = (f"{_REPORTS}plain_figures.py", f"{_REPORTS}periods.py")
_EVERY = (
    f"{_FIGURES}income_of_the_past",
    f"{_FIGURES}moments_between",
    f"{_FIGURES}every_figure",
)
_GATEWAYS = (
    f"{_PAGES}routing_gateways",
    f"{_PAGES}a_gateway_has_nothing",
    f"{_PAGES}calls_older",
)

REPORTS = (
    *faults(
        "billing.reports.figures",
        _PLAIN,
        ("Figures.__add__", "self.billed + other.billed", "self.billed + other.seconds"),
        ("Figures.__add__", "self.amount + other.amount", "self.amount - other.amount"),
        ("Figures.asr", "self.answered, self.legs", "self.legs, self.answered"),
        ("Figures.acd", "/ self.answered if", "/ self.legs if"),
        ("Figures.acd", "Decimal(self.seconds)", "Decimal(self.billed)"),
        ("Figures.minutes", "self.seconds", "self.billed"),
        ("Figures.billed_minutes", "self.billed", "self.seconds"),
        ("Figures.per_minute", "self.billed_minutes if", "self.minutes if"),
        ("Figures.__sub__", "self.amount - other.amount", "self.amount"),
        ("Income.margin", "- self.bought.amount", "- self.paid.amount"),
        ("Income.margin_share", "self.margin, self.sold.amount", "self.margin, self.bought.amount"),
        ("Income.paid", "self.bought + self.own", "self.bought"),
        ("Income.__add__", "self.own + other.own", "self.own"),
    ),
    *faults(
        "billing.reports.periods",
        _PLAIN,
        ("Period.__post_init__", "if moment.timestamp() % _QUARTER:", "if False:"),
        ("Period.__post_init__", "self.end < self.begin", "self.end <= self.begin"),
        ("Period.first", ".astimezone(self.zone)", ""),
        ("Period.until", "else day + _DAY", "else day"),
        ("Period.is_of_days", "(self.begin, self.end)", "(self.begin, whole.end)"),
        ("Period.is_of_days", "(self.begin, self.end)", "(whole.begin, self.end)"),
        ("Period.before", "first.day == until.day == 1", "first.day == 1"),
        ("Period.before", "first.day == until.day == 1", "False"),
        ("Period.before", "first - _DAY * self.length", "first - _DAY * (self.length + 1)"),
        ("Period.before", "self.begin - (self.end - self.begin)", "self.begin - _DAY"),
        ("Period.with_before", "self.before.begin, self.end", "self.begin, self.end"),
        ("so_far", "// _QUARTER + 1)", "// _QUARTER)"),
        ("so_far", "min(yesterday + (end - begin), begin)", "yesterday + (end - begin)"),
        ("so_far", "now.astimezone(zone).date()", "now.date()"),
        ("last_days", "today - _DAY * count", "today - _DAY * (count - 1)"),
        ("month_before", "day.month - 1 - months", "day.month - months"),
        ("preset", "7 * _DAY, monday)", "7 * _DAY, tomorrow)"),
        ("preset", '"this-month": (month, tomorrow)', '"this-month": (month, today)'),
    ),
    *faults(
        "billing.reports.words",
        _PLAIN,
        ("tenths", "ROUND_HALF_UP", "'ROUND_DOWN'"),
        ("change_words", "abs(Decimal(before))", "Decimal(before)"),
        ("change_words", "Decimal(now) - Decimal(before)", "Decimal(now)"),
        ("change_words", '"+" if now > before', '"+" if now < before'),
        ("change_cell", '"good" if now > before else "bad"', '"bad" if now > before else "good"'),
        ("change_cell", " if is_judged else", " if True else"),
    ),
    *faults(
        "billing.reports.queries.figures",
        _EVERY,
        ("totals_below", "one.filter(agent_id=agent)", "one"),
        ("_sold", "has_bought=True", "has_bought=False"),
        ("stood_below", "filter(pk__in=stood)", "filter(parent=whose)"),
        ("_in_zones", "if not period.is_of_days:", "if False:"),
        ("_quarters", "quarter__lt", "quarter__lte"),
        ("_quarters", "quarter__gte", "quarter__gt"),
        ("_days", "day__lt", "day__lte"),
        ("paid_totals", "period.is_of_days and is_own_zone", "is_own_zone"),
        ("_income", "[one.filter(is_cost=False) for one in below]", "below"),
        ("_of_platform", "Income(bought=one) if is_cost", "Income(sold=one) if is_cost"),
        ("_of_account", "Income(own=one) if is_own", "Income(bought=one) if is_own"),
        ("_is_now", "quarter__gte=period.begin", "quarter__gt=period.begin"),
        ("quality_by_hour", "filter(is_cost=False)", "all()"),
        ("cost_by_carrier", "is_cost=True", "is_cost=False"),
    ),
    *faults(
        "billing.reports.queries.figures",
        (f"{_FIGURES}today_up_to_now",),
    ),
    *faults(
        "billing.reports.queries.figures",
        (f"{_FIGURES}what_an_account_paid", f"{_FIGURES}a_carrier_is_owed"),
        ("paid_by_destination", "account.type == Account.Type.CLEARING", "False"),
    ),
    *faults(
        "billing.reports.queries.by_day",
        _EVERY,
        ("_day_of", "at.astimezone(zone).date()", "at.date()"),
        ("_income", "Income(own=one) if flag", "Income(bought=one) if flag"),
        ("_income", "Income(bought=one) if flag else Income(sold=one)", "Income(sold=one)"),
        ("_of_agent", "is_cost=False", "is_cost=True"),
        ("income_by_day", "whose.time_zone == period.zone_key", "True"),
    ),
    *faults(
        "billing.reports.queries.gateways",
        _GATEWAYS,
        ("gateway_figures", "if not actor.is_administrator:", "if False:"),
        ("gateway_figures", "actor.is_administrator and whose is None", "actor.is_administrator"),
        ("_sums", "if name in others and is_here == [False]:", "if is_here == [False]:"),
        ("_sums", "if name in others and is_here == [False]:", "if False:"),
        ("_names_of_others", "is_refused=False, ", ""),
    ),
    *faults(
        "billing.reports.queries.accounts",
        (
            f"{_PAGES}who_called_nobody",
            f"{_PAGES}money_lasts",
            f"{_PAGES}what_moved_away",
            f"{_REPORTS}today.py::test_who_runs_dry",
        ),
        ("_named", "within.filter", "Account.objects.filter"),
        ("unused_accounts", "day__gte=period.first, ", ""),
        ("_below", ".exclude(pk=whose.pk)", ""),
        ("_below", ".exclude(type=Account.Type.CLEARING)", ""),
        ("_urgency", "left is None, left or", "left is not None, left or"),
    ),
)

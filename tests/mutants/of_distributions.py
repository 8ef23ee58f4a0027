"""Lists that are paid as a whole (docs/domain.md 6)."""

from tests.mutants.mutant import faults

_LIST = "tests/billing/distributions/test_distribution"
_TESTS = (f"{_LIST}.py", f"{_LIST}_pages_paying.py", f"{_LIST}_again.py")

DISTRIBUTIONS = (
    *faults(
        "billing.distributions.services.drafts",
        _TESTS,
        ("_against", "if account.pk == actor.account_pk:", "if False:"),
        ("_against", "if account.status == Account.Status.CLOSED:", "if False:"),
        ("_against", "if account.pk in first:", "if False:"),
        ("_accounts", "Account.objects.within(actor.scope)", "Account.objects"),
        (
            "_against_the_whole",
            "check_control_sum(lines, one.control_sum)",
            "pass",
            "it was checked when the list was kept, which changes no more",
        ),
        ("own_draft", "filter(pk=pk, login=_login_pk(actor))", "filter(pk=pk)"),
        ("is_taken", "one.posted_at is not None or", ""),
        ("Plan.digest", "str(one.amount), one.reference", "one.reference"),
        ("_repeats", "amounts[pk] == amount", "amounts[pk] > amount"),
        ("check_control_sum", "total(lines) == control_sum", "total(lines) >= control_sum"),
        (
            "permitted",
            "check_allowed(actor, Authorization.PAY_SUB_ACCOUNT, own, is_agent_id=True)",
            "pass",
        ),
    ),
    *faults(
        "billing.distributions.services.paying",
        _TESTS,
        ("distribution_pay", "if is_taken(draft):", "if False:"),
        ("checked", "if plan.digest != expected:", "if False:"),
        ("checked", "if not plan.is_ready:", "if False:"),
        ("checked", "if plan.repeats and not is_repeat_meant:", "if False:"),
        ("post_plan", 'key=f"{batch}:{line.number}"', 'key=f"{batch}.{line.number}"'),
        ("_refuse_closed", "if closed is not None:", "if False:"),
    ),
)

"""Payments, taking them back, and transfers (docs/domain.md 6)."""

from tests.mutants.mutant import faults

_PAY = "tests/billing/payments/test_"
_HAND = "tests/billing/handing_out/test_"
_PAYING = (
    f"{_PAY}payment_pages.py",
    f"{_PAY}payment_pages_twice.py",
    f"{_PAY}transfers.py",
    f"{_HAND}handing_out.py",
    f"{_HAND}payment_limits.py",
    f"{_PAY}payment_edges.py",
)

PAYMENTS = (
    *faults(
        "billing.payments.services.paying",
        _PAYING,
        ("Payment.digest", '"amount": "" if self.amount is None else plain(self.amount),', ""),
        ("Payment.digest", '"account": account.pk,', ""),
        ("Payment.digest", '"kind": self.kind,', ""),
        ("Payment.digest", "if self.source is not None:", "if False:"),
        ("_permitted", "if is_own and payment.kind != Kind.RECHARGE:", "if False:"),
        ("_permitted", "if is_own and not payment.reference.strip():", "if False:"),
        ("_permitted", "if account.status == Account.Status.CLOSED:", "if False:"),
        ("_permitted", "PAY_OWN_ACCOUNT if is_own else", "PAY_SUB_ACCOUNT if is_own else"),
        ("_permitted", "if actor.is_operator:", "if False:"),
        ("_cleaned", "check_amount(amount) <= 0", "check_amount(amount) < 0"),
        ("_cleaned", "if payment.kind == Kind.MAKE_ZERO:", "if False:"),
        ("_cleaned", "len(text) > _LENGTHS[name]", "len(text) >= _LENGTHS[name]"),
        (
            "_movement",
            "if is_own:\n        refuse_own_below_covered(actor)",
            "if False:\n        refuse_own_below_covered(actor)",
        ),
        ("_movement", "check_limits(actor, gate.policy, amount, paid=amount)", "pass"),
        ("_movement", "shortfalls = gate.take_back(account, amount)", "pass"),
        ("_movement", "shortfalls = gate.hand_out({account.pk: amount})", "pass"),
        ("_movement", "between(source, account, amount)", "between(account, source, amount)"),
        ("_movement", "into(account, -amount, House.CASH)", "into(account, amount, House.CASH)"),
        (
            "_movement",
            "House.CASH if payment.kind == Kind.RECHARGE else",
            "House.CASH if payment.kind else",
        ),
        ("_amount", "payment.kind == Kind.OPENING and", "False and"),
        ("_amount", "payment.kind == Kind.DEDUCTION", "False"),
        ("_amount", "wallet.balance > 0", "wallet.balance < 0"),
        ("_amount", "if wallet.balance == 0:", "if False:"),
        ("_make", "expected is not None and movement.amount != expected", "False"),
        ("_make", "repeats = not (is_checked and is_repeat_meant) and", "repeats = False and"),
        ("_make", "if account.pk == actor.account_pk and at is None:", "if False:"),
        ("_repeats", "at__gt=since, reversed_by=None", "at__gt=since"),
        ("_repeats", "kind=payment.kind, amount=amount", "kind=payment.kind"),
        ("_repeats", "account=one, kind=payment.kind", "account=one"),
        ("_repeats", "timedelta(minutes=REPEAT_MINUTES)", "timedelta(hours=REPEAT_MINUTES)"),
        ("_side", "available + leg.amount < 0", "available + leg.amount <= 0"),
    ),
    *faults(
        "billing.payments.services.paying",
        (f"{_PAY}correction_edges.py",),
        ("_side", "after < threshold", "after <= threshold"),
        (
            "_refuse_closed",
            "status=Account.Status.CLOSED).exists()",
            "status=Account.Status.CLOSED, pk=0).exists()",
        ),
    ),
    *faults(
        "billing.payments.services.reversing",
        (f"{_PAY}reversals.py", "tests/contracts/test_who_may.py"),
        ("_permitted", "if not actor.is_administrator or actor.read_only:", "if actor.read_only:"),
        ("_permitted", "or actor.read_only:", ":"),
        ("_permitted", "if one is None:", "if False:"),
        ("_check", "if one.kind == Kind.REVERSAL:", "if False:"),
        ("_check", "Transaction.objects.filter(reverses=one).exists()", "False"),
        ("_mirrored", "-entry.amount,", "entry.amount,"),
        ("_mirrored", "is_limited=False,", "is_limited=True,"),
    ),
    *faults(
        "billing.payments.services.reversing",
        (f"{_PAY}correction_edges.py",),
        ("_check", "_refuse_closed(_mirrored(one))", "pass"),
        ("_reverse", '"reverses": transaction.pk, "reason"', '"reason"'),
        ("_side", "not wallet.is_unlimited and", ""),
        ("_side", "is_below and leg.amount < 0", "is_below"),
        ("_side", "after < -wallet.credit_limit", "after <= -wallet.credit_limit"),
    ),
    *faults(
        "billing.payments.services.transfers",
        (f"{_PAY}transfers.py", f"{_HAND}handing_out.py", f"{_HAND}cover_edges.py"),
        ("transfer_source", "if not actor.is_administrator:", "if False:"),
        ("transfer_source", "source is not None and source.pk != payee.pk", "source is not None"),
        ("transfer_source", "if giver.status == Account.Status.CLOSED:", "if False:"),
        ("transfer_source", "if not reason:", "if False:"),
        ("transfer_shortfalls", "2 * amount", "amount"),
        ("transfer_shortfalls", "if source.parent_id == payee.parent_id:", "if False:"),
    ),
    *faults(
        "billing.payments.services.transfers",
        (f"{_PAY}correction_edges.py",),
        (
            "transfer_shortfalls",
            "gate.hand_out({payee.pk: amount}) + taken",
            "gate.hand_out({payee.pk: amount})",
        ),
    ),
    *faults(
        "billing.payments.rules",
        (f"{_PAY}payment_pages.py", f"{_HAND}handing_out.py", f"{_PAY}transfers.py"),
        ("choices_for", "if actor.is_administrator:", "if True:"),
        (
            "refuse_own_below_covered",
            "effective_policy(actor.chain[:-1])",
            "effective_policy(actor.chain)",
        ),
    ),
)

"""What deeds about money are called in the audit log, for `accounts.extensions`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

AUDIT_WORDS: dict[str, tuple[str, str, Any]] = {
    "payment.recharge": ("payment", "ok", _("Payment %(subject)s: recharge")),
    "payment.deduction": ("payment", "warn", _("Payment %(subject)s: deduction")),
    "payment.opening": ("payment", "ok", _("Payment %(subject)s: opening balance")),
    "payment.make_zero": ("payment", "warn", _("Payment %(subject)s: made zero")),
    "payment.transfer": ("payment", "ok", _("Payment %(subject)s: transfer")),
    "payment.reversal": ("undo", "warn", _("Payment %(subject)s: reversal")),
    "payment.distribution": (
        "payment",
        "ok",
        _("Credit distributed, %(subject)s"),
    ),
    "distribution.export": ("download", "", _("Payments of a distribution exported")),
    "payment_policy.set": ("sliders", "", _("Payment policy changed")),
    "wallet.terms": ("wallet", "", _("Terms of payment changed")),
}

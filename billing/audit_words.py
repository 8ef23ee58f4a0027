"""What deeds about money are called in the audit log, for `accounts.portal.registry`."""

from typing import Any

from django.utils.translation import gettext_lazy as _

AUDIT_WORDS: dict[str, tuple[str, str, Any]] = {
    "payment.recharge": ("payment", "ok", _("Payment %(subject)s: recharge")),
    "payment.deduction": ("payment", "warn", _("Payment %(subject)s: deduction")),
    "payment.opening": ("payment", "ok", _("Payment %(subject)s: opening balance")),
    "payment.make_zero": ("payment", "warn", _("Payment %(subject)s: made zero")),
    "payment.transfer": ("payment", "ok", _("Payment %(subject)s: transfer")),
    "payment.reversal": ("undo", "warn", _("Payment %(subject)s: reversal")),
    "payment.settled": ("payment", "ok", _("Payment %(subject)s: former transfers settled")),
    "payment.distribution": (
        "payment",
        "ok",
        _("Credit distributed, %(subject)s"),
    ),
    "distribution.export": ("download", "", _("Payments of a distribution exported")),
    "card_batch.create": ("card", "ok", _("Card batch %(subject)s made")),
    "card_batch.activate": ("card", "ok", _("Card batch %(subject)s activated")),
    "card_batch.release": ("card", "ok", _("Cards of batch %(subject)s released")),
    "card_batch.withdraw": ("no", "warn", _("Cards of batch %(subject)s withdrawn")),
    "card_batch.rename": ("edit", "", _("Card batch %(subject)s named otherwise")),
    "card_batch.delete": ("trash", "danger", _("Card batch %(subject)s deleted")),
    "card_batch.block": ("lock", "warn", _("Card batch %(subject)s blocked")),
    "card_batch.unblock": ("unlock", "", _("Card batch %(subject)s unblocked")),
    "card_batch.extend": ("calendar", "", _("Card batch %(subject)s: another last day")),
    "card_batch.export": ("download", "warn", _("PINs of card batch %(subject)s exported")),
    "card_batch.print": ("print", "warn", _("PINs of card batch %(subject)s printed")),
    "card.sell": ("card", "", _("Phone cards of %(subject)s sold")),
    "card.block": ("lock", "warn", _("Phone card blocked: %(subject)s")),
    "card.unblock": ("unlock", "", _("Phone card unblocked: %(subject)s")),
    "card.extend": ("calendar", "", _("Phone card %(subject)s: another last day")),
    "card.reveal": ("eye", "warn", _("PIN of phone card %(subject)s shown")),
    "card.look_up": ("search", "", _("Phone card %(subject)s found by its PIN")),
    "card.redeem": ("card", "ok", _("Phone card %(subject)s used to recharge")),
    "card.activate": ("card", "ok", _("Phone card %(subject)s opened this account")),
    "payment_policy.set": ("sliders", "", _("Payment policy changed")),
    "wallet.terms": ("wallet", "", _("Terms of payment changed")),
}

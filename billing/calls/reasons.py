"""Why a record of a call waits in the queue (docs/domain.md 7). Plain words, no model."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """In the order in which they are looked for."""

    ABSURD = "absurd", _("Its times cannot be")
    OLD = "old", _("Older than the months that are kept")
    DIFFERS = "differs", _("Differs from the first record of this leg")
    NOBODY = "nobody", _("Nobody known is named")
    SEVERAL = "several", _("Account, phone and gateway belong to different accounts")
    CLOSED = "closed", _("The account is closed")
    TWO_LEGS = "two_legs", _("A second leg, and the account's model is Standard")
    NO_SESSION = "no_session", _("A leg of a callback without its session")
    NO_NUMBER = "no_number", _("The number called is none")
    NO_GROUP = "no_group", _("No rate group")
    NO_RATE = "no_rate", _("No rate")
    NO_CARRIER = "no_carrier", _("The routing gateway is not known")
    # The switch said that it was answered, and nothing more.
    MISSING = "missing", _("Answered, its record is missing")
    FAULT = "fault", _("It could not be worked on")

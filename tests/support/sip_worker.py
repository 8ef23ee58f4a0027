"""What works beside the portal that a SIP server asks: the charger, and the clock, which grants as
few seconds at a time as the portal there does.
"""

from django.conf import settings
from django.core.management import call_command

SECONDS = 4


def charge() -> None:
    call_command("charge_calls")


def watch() -> None:
    settings.SWITCH_SECONDS = SECONDS
    call_command("switch_clock")

"""The portal's settings beside a SIP server on one machine: production without a proxy, and calls
that are granted a few seconds at a time.
"""

from accounts.gateways import signalling
from tests.support.served_settings import *  # noqa: F403
from tests.support.sip_worker import SECONDS

SECURE_SSL_REDIRECT = False
SWITCH_SECONDS = SECONDS

# Gateways of this machine are gateways here.
signalling._LOOPBACK.clear()

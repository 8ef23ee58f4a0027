"""What a deed gains decides whether the person proves again who they are: after a sign-in that is
not fresh, whoever sits at an open browser gains none of these (docs/security.md).
"""

from enum import StrEnum


class Gain(StrEnum):
    """What may be gained by a deed that takes a fresh proof. A page states it (`PortalView.gain`);
    where it follows from what is entered, the page calls `PortalView.prove` with it.
    """

    # A way into somebody's login: a new one, a reset, another address, a second factor less; and
    # what platform staff may do.
    LOGIN = "login"
    # What calls are made with: passwords of phones, passwords and addresses of gateways, and what
    # DIDs are for.
    SIP = "sip"
    # PINs in clear, and who needs none.
    CARD_SECRETS = "card_secrets"
    # Money for the own account (authorization 7).
    OWN_TOP_UP = "own_top_up"
    UNLIMITED_CREDIT = "unlimited_credit"
    # What administrators rule for a hierarchy.
    POLICY = "policy"
    # An end for good: an account closed or deleted, a phone or a gateway deleted, a call charged to
    # nobody.
    ENDING = "ending"
    # A payment taken back.
    REVERSAL = "reversal"
    # Calls charged anew, at every level.
    RERATING = "rerating"
    # A correction between two wallets, and what former transfers gave back.
    TRANSFER = "transfer"
    # A deed on more accounts at once than are confirmed by a click (`forms.mass.MASS`).
    MASS = "mass"

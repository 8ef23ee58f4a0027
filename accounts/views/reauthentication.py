"""Asking a person who signed in long ago to prove again who they are, before a dangerous deed."""

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired


def is_recently_signed_in() -> bool:
    """Whether the last proof is no older than ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    return not get_adapter().is_reauthentication_required(app="")


def require_recent_sign_in() -> None:
    """Lead the person of the current request to the re-authentication page if the last proof is
    older than ACCOUNT_REAUTHENTICATION_TIMEOUT; afterwards the request goes on, with what was
    typed: it waits in the session, so nothing secret may be in it.

    Raises allauth's ReauthenticationRequired, which its middleware turns into the redirect.
    """
    if not is_recently_signed_in():
        raise ReauthenticationRequired

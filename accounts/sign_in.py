"""The backend that signs people in, under the name that sessions keep: it outlives releases."""

from accounts.logins.services.sign_in import PasswordOrCode


class SignInBackend(PasswordOrCode):
    """Takes its name from this module, whichever way somebody signs in."""

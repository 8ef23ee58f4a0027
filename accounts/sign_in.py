"""The name of the backend that signs people in, as their sessions keep it: it outlives releases."""

from accounts.logins.services.sign_in import SignInBackend

__all__ = ["SignInBackend"]

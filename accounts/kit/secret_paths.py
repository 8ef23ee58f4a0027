"""Addresses that carry a secret (invitation and reset links), and how logs may show them."""

import re

# Anywhere in a text, with its last slash or without, and as part of another address.
_SECRETS = re.compile(
    r"(security(?P<slash>/|%2F)(?:invitation|password(?P=slash)reset)(?P=slash))"
    r"(?!(?:sent|done)(?P=slash))[^/\s?#&\"'<>%]+",
    re.IGNORECASE,
)


def without_secrets(path: str) -> str:
    """The path with the secret of an invitation or password-reset link replaced by an ellipsis."""
    return _SECRETS.sub(r"\1…", path)

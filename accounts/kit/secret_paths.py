"""Addresses that carry a secret (invitation and reset links), and how logs may show them."""

import re

_SECRETS = re.compile(r"(/security/(?:invitation|password/reset)/)(?!sent/|done/)[^/]+/")


def without_secrets(path: str) -> str:
    """The path with the secret of an invitation or password-reset link replaced by an ellipsis."""
    return _SECRETS.sub(r"\1…/", path)

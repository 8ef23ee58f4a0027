"""The pages of an account's authorizations."""

from accounts.core.models import Account


def page_of(account: Account, more: str = "") -> str:
    return f"/accounts/{account.account_id}/authorizations/{more}"

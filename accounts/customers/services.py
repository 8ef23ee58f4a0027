"""A new customer in one go: the account, on the usual terms, and its first phone."""

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.phones.rules.values import IssuedPhone
from accounts.phones.services.phones import phone_create
from accounts.portal.registry import registry
from accounts.tree.services.accounts import account_create


def customer_create(
    *, actor: Actor, agent: Account | None, account_id: str, name: str, number: str = ""
) -> tuple[Account, IssuedPhone | None]:
    """Add an account below `agent` (None: top-level, administrators only), on the terms on which
    the others there are, and a phone of this number ("" = none): all of it or nothing.

    Raises as `account_create`, and as `phone_create` where there is a number.
    """
    issued: list[IssuedPhone] = []

    def make(new: Account) -> None:
        # The use of an authorization is noted before wallets are locked.
        if number:
            issued.append(_phone(actor, new, number))
        for section in registry.form_sections:
            if section.usual and section.take_up:
                section.take_up(actor, new, section.usual(actor, agent)[0])

    account = account_create(
        actor=actor, account_id=account_id, name=name, parent=agent, with_new=make
    )
    return account, next(iter(issued), None)


def _phone(actor: Actor, account: Account, number: str) -> IssuedPhone:
    return phone_create(actor=actor, account=account, number=number)

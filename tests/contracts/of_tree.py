"""Accounts: made, changed, locked, closed, deleted, moved (docs/domain.md 1): authorization 1."""

from accounts.core.actor import SYSTEM
from accounts.tree.services.accounts import (
    account_create,
    account_edit,
    account_lock,
    account_unlock,
    accounts_set_status,
)
from accounts.tree.services.ending import account_close, account_delete
from accounts.tree.services.letterheads import logo_set
from accounts.tree.services.load import Draft, accounts_load
from accounts.tree.services.moving import account_move, accounts_move, move_preview
from tests.contracts.contract import OWN_AND_BELOW, Contract, needs
from tests.support.drawing import png

_TREE = "accounts.tree.services"
_MANAGE = needs("manage_account")
_THE_NEW_AGENT = "the new agent"

CONTRACTS = [
    # Creating needs 1, and an Agent ID that is the own account or one below it.
    Contract(
        service=f"{_TREE}.accounts.account_create",
        needs=_MANAGE,
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: account_create(
            actor=actor, account_id="New-One", name="New one", parent=on.target
        ),
    ),
    Contract(
        service=f"{_TREE}.load.accounts_load",
        needs=_MANAGE,
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: accounts_load(
            actor=actor, drafts=[Draft("New-One", "New one", on.target.account_id)]
        ),
    ),
    Contract(
        service=f"{_TREE}.accounts.account_edit",
        needs=_MANAGE,
        call=lambda actor, on, _it: account_edit(actor=actor, account=on.target, name="Other"),
        stale=lambda actor, on, _it: account_edit(
            actor=actor, account=on.target, name="Other", expected_version=0
        ),
    ),
    Contract(
        service=f"{_TREE}.letterheads.logo_set",
        needs=_MANAGE,
        call=lambda actor, on, _it: logo_set(actor=actor, account=on.target, picture=png()),
    ),
    Contract(
        service=f"{_TREE}.accounts.account_lock",
        needs=_MANAGE,
        call=lambda actor, on, _it: account_lock(actor=actor, account=on.target),
    ),
    Contract(
        service=f"{_TREE}.accounts.account_unlock",
        needs=_MANAGE,
        make=lambda on: account_lock(actor=SYSTEM, account=on.target) and None,
        call=lambda actor, on, _it: account_unlock(actor=actor, account=on.target),
    ),
    Contract(
        service=f"{_TREE}.accounts.accounts_set_status",
        needs=_MANAGE,
        call=lambda actor, on, _it: accounts_set_status(
            actor=actor, accounts=[on.own.second, on.target], locked=True
        ),
        entries=2,
        why="one for each of the two accounts",
    ),
    Contract(
        service=f"{_TREE}.ending.account_close",
        needs=_MANAGE,
        call=lambda actor, on, _it: account_close(actor=actor, account=on.target, reason="Why"),
    ),
    Contract(
        service=f"{_TREE}.ending.account_delete",
        needs=_MANAGE,
        call=lambda actor, on, _it: account_delete(actor=actor, account=on.target, reason="Why"),
        entries=2,
        why="its agent loses it: what is said of an account that is gone lies in no hierarchy",
        closed=None,
    ),
    Contract(
        service=f"{_TREE}.moving.account_move",
        needs=_MANAGE,
        call=lambda actor, on, _it: account_move(
            actor=actor, account=on.target, parent=on.own.second
        ),
    ),
    Contract(
        service=f"{_TREE}.moving.account_move",
        case=_THE_NEW_AGENT,
        needs=_MANAGE,
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: account_move(
            actor=actor, account=on.own.leaf, parent=on.target
        ),
    ),
    Contract(
        service=f"{_TREE}.moving.accounts_move",
        needs=_MANAGE,
        call=lambda actor, on, _it: accounts_move(
            actor=actor, accounts=[on.target], parent=on.own.second
        ),
    ),
    Contract(
        service=f"{_TREE}.moving.accounts_move",
        case=_THE_NEW_AGENT,
        needs=_MANAGE,
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: accounts_move(
            actor=actor, accounts=[on.own.leaf], parent=on.target
        ),
    ),
    Contract(
        service=f"{_TREE}.moving.move_preview",
        needs=_MANAGE,
        call=lambda actor, on, _it: move_preview(
            actor=actor, accounts=[on.target], parent=on.own.second
        ),
        entries=0,
        why="a preview",
        # It says of each account what stands against moving it.
        closed=None,
        shown=lambda plan: plan.moves,
    ),
    Contract(
        service=f"{_TREE}.moving.move_preview",
        case=_THE_NEW_AGENT,
        needs=_MANAGE,
        reach=OWN_AND_BELOW,
        call=lambda actor, on, _it: move_preview(
            actor=actor, accounts=[on.own.leaf], parent=on.target
        ),
        entries=0,
        why="a preview",
        closed=None,
    ),
]

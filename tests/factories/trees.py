"""A small hierarchy in which every relation between two accounts occurs."""

from dataclasses import dataclass, fields

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.tree.services.load import Draft, accounts_load
from tests.factories.accounts import AccountFactory

# By what they are to each other, and the Agent ID of each.
_NAMES = {
    "top": "BD-Wholesale-Agent",
    "agent": "Dhaka-Retail-Sub",
    "customer": "Customer-001",
    "customer_2": "Customer-002",
    "sub_agent": "Sub-Sub-Agent",
    "deep_customer": "Customer-301",
    "sibling": "Sylhet-Retail-Sub",
    "sibling_customer": "Customer-101",
    "other_top": "Master-Agent-2",
    "other_customer": "Customer-201",
}
_AGENTS = {
    "BD-Wholesale-Agent": "",
    "Dhaka-Retail-Sub": "BD-Wholesale-Agent",
    "Sub-Sub-Agent": "Dhaka-Retail-Sub",
    "Sylhet-Retail-Sub": "BD-Wholesale-Agent",
    "Master-Agent-2": "",
    "Customer-001": "Dhaka-Retail-Sub",
    "Customer-002": "Dhaka-Retail-Sub",
    "Customer-301": "Sub-Sub-Agent",
    "Customer-101": "Sylhet-Retail-Sub",
    "Customer-201": "Master-Agent-2",
}


@dataclass
class ResellerTree:
    """Two top-level agents; below the first two sibling sub-agents with customers.

    top (BD-Wholesale-Agent)
      agent (Dhaka-Retail-Sub)
        customer (Customer-001), customer_2 (Customer-002)
        sub_agent (Sub-Sub-Agent)
          deep_customer (Customer-301)
      sibling (Sylhet-Retail-Sub)
        sibling_customer (Customer-101)
    other_top (Master-Agent-2)
      other_customer (Customer-201)
    """

    top: Account
    agent: Account
    customer: Account
    customer_2: Account
    sub_agent: Account
    deep_customer: Account
    sibling: Account
    sibling_customer: Account
    other_top: Account
    other_customer: Account

    def refresh(self) -> "ResellerTree":
        """Read every account anew."""
        for one in fields(self):
            getattr(self, one.name).refresh_from_db()
        return self


def reseller_tree(*, one_by_one: bool = False) -> ResellerTree:
    """Make the tree; the instances are fresh. All of it at once, which the audit log tells in one
    entry; or one account after the other, each with an entry of its own.
    """
    if one_by_one:
        for account_id, agent in _AGENTS.items():
            AccountFactory(
                account_id=account_id,
                parent=Account.objects.get(account_id=agent) if agent else None,
            )
    else:
        drafts = [Draft(one, f"Name of {one}", agent) for one, agent in _AGENTS.items()]
        accounts_load(actor=SYSTEM, drafts=drafts)
    made = {one.account_id: one for one in Account.objects.filter(account_id__in=_AGENTS)}
    return ResellerTree(**{name: made[account_id] for name, account_id in _NAMES.items()})

"""A small hierarchy in which every relation between two accounts occurs."""

from dataclasses import dataclass, fields

from accounts.models import Account
from tests.factories.accounts import AccountFactory


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


def reseller_tree() -> ResellerTree:
    """Make the tree; the instances are fresh."""

    def make(account_id: str, parent: Account | None = None) -> Account:
        return AccountFactory(account_id=account_id, parent=parent)

    top = make("BD-Wholesale-Agent")
    agent = make("Dhaka-Retail-Sub", top)
    sub_agent = make("Sub-Sub-Agent", agent)
    sibling = make("Sylhet-Retail-Sub", top)
    other_top = make("Master-Agent-2")
    return ResellerTree(
        top=top,
        agent=agent,
        customer=make("Customer-001", agent),
        customer_2=make("Customer-002", agent),
        sub_agent=sub_agent,
        deep_customer=make("Customer-301", sub_agent),
        sibling=sibling,
        sibling_customer=make("Customer-101", sibling),
        other_top=other_top,
        other_customer=make("Customer-201", other_top),
    ).refresh()

"""What the navigation tree consists of, ready for its templates: texts are made here, in Python."""

from dataclasses import dataclass

from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.kit.addresses import address_of, page_address
from accounts.kit.counting import count_text


@dataclass(frozen=True)
class State:
    """Why an account does not operate, as icon and words."""

    icon: str
    label: str


@dataclass(frozen=True)
class More:
    """The rest of a branch: how many siblings are not shown, and where they are."""

    label: str
    level: int
    url: str
    page_url: str


@dataclass
class Node:
    """An account in the tree. `children` is None while the branch is closed."""

    pk: int
    account_id: str
    name: str
    total: int
    state: State | None
    level: int
    position: int = 1
    set_size: int = 1
    direct: int = 0
    has_branch: bool = False
    children: list["Node"] | None = None
    more: More | None = None
    is_current: bool = False
    # The current account, or the nearest agent above it that the tree shows.
    is_selected: bool = False
    # The one item that takes part in the tab order.
    is_entrance: bool = False

    @property
    def is_agent(self) -> bool:
        return self.total > 0

    @property
    def url(self) -> str:
        """What opening the node leads to: Sub account management, or the account where there is
        nothing below.
        """
        name = "accounts:sub-accounts" if self.is_agent else "accounts:detail"
        return address_of(name, self.account_id)

    @property
    def branch_url(self) -> str:
        return address_of("tree-branch", self.account_id)

    @property
    def open_url(self) -> str:
        """The page that shows this branch open, for readers without script."""
        return f"{page_address('tree')}?{urlencode({'open': self.account_id})}"

    @property
    def direct_text(self) -> str:
        return count_text(self.direct)

    @property
    def total_text(self) -> str:
        return count_text(self.total)

    @property
    def label(self) -> str:
        """The item in words, for readers who hear it."""
        parts = [self.account_id]
        if self.name and self.name != self.account_id:
            parts.append(self.name)
        if self.is_agent:
            parts.append(
                _("%(direct)s direct, %(all)s in all")
                % {"direct": self.direct_text, "all": self.total_text}
            )
        if self.state:
            parts.append(self.state.label)
        return ", ".join(parts)


@dataclass
class SidebarTree:
    """What `_tree.html` shows."""

    nodes: list[Node]
    # All of them, written.
    items: SafeString
    version: int
    shows_customers: bool
    is_forest: bool
    owner: str
    current: str = ""

    @property
    def is_without_agents(self) -> bool:
        """Nobody below the root has sub-accounts yet: the page says how agents arise."""
        return not self.nodes if self.is_forest else not self.nodes[0].has_branch

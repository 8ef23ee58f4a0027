"""An account at a glance, beside list and tree: what packages show of it there."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.core.authorizations import Codes

if TYPE_CHECKING:
    from accounts.core.actor import Actor
    from accounts.core.models import Account
    from accounts.core.querysets import ChainLink


@dataclass(frozen=True)
class Glance:
    """The account a panel is about, of the actor's scope, and what is read of it once for all
    parts: the way to it from the root, and what was granted along that. `asked` are the parameters
    of the address.
    """

    actor: "Actor"
    account: "Account"
    way: "tuple[ChainLink, ...]"
    grants: Mapping[int, Codes]
    asked: Mapping[str, Any]

    @property
    def is_own(self) -> bool:
        return self.account.pk == self.actor.account_pk


@dataclass(frozen=True)
class PanelPart:
    """A piece of the panel: a template and what it shows as `part` (None: nothing). The panel has
    few queries for all of its parts: each takes one at most.
    """

    template: str
    context: Callable[[Glance], Mapping[str, Any] | None]
    order: int = 0


def parts_of(parts: Iterable[PanelPart], glance: Glance) -> list[dict[str, Any]]:
    """What these parts show of the account."""
    found = [(one, one.context(glance)) for one in parts]
    return [{"template": one.template, **values} for one, values in found if values is not None]

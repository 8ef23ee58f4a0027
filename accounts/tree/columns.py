"""The columns of a list of accounts: ours and those of the apps above, and how each is sorted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy

from accounts.kit.pagination import SortKey
from accounts.portal.registry import registry

_FAR = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class AccountColumn:
    """A column that can be shown: its header, whether it is a number, how it is sorted (or not)."""

    name: str
    label: Any
    sort: SortKey | None = None
    is_number: bool = False
    # Where the cell goes when the list becomes cards on a phone.
    card: str = "card-skip"
    # Only of use where rows of several agents stand together.
    only_all: bool = False


COLUMNS: dict[str, AccountColumn] = {
    column.name: column
    for column in (
        AccountColumn(
            "account_id", gettext_lazy("Account ID"), SortKey(Lower("account_id")), card=""
        ),
        AccountColumn(
            "name", gettext_lazy("Name"), SortKey(Lower("name")), card="nowrap card-left"
        ),
        AccountColumn(
            "category",
            gettext_lazy("Category"),
            SortKey(
                Case(
                    When(rght=F("lft") + 1, then=Value(1)),
                    default=Value(0),
                    output_field=IntegerField(),
                ),
                int,
            ),
        ),
        AccountColumn(
            "agent",
            gettext_lazy("Agent"),
            SortKey(Coalesce(Lower("parent__account_id"), Value(""), output_field=CharField())),
            only_all=True,
            card="nowrap card-skip",
        ),
        AccountColumn(
            "level", gettext_lazy("Level"), SortKey(F("level"), int), is_number=True, only_all=True
        ),
        AccountColumn("path", gettext_lazy("Path"), only_all=True, card="nowrap card-wide"),
        AccountColumn(
            "status", gettext_lazy("Status"), SortKey(F("status")), card="nowrap card-top"
        ),
        AccountColumn(
            "sub_accounts",
            gettext_lazy("Sub-accounts"),
            SortKey(F("rght") - F("lft"), int),
            is_number=True,
        ),
        AccountColumn("type", gettext_lazy("Type"), SortKey(F("type"))),
        AccountColumn(
            "billing", gettext_lazy("CTD billing model"), SortKey(F("ctd_billing_model"))
        ),
        AccountColumn(
            "expiry",
            gettext_lazy("Valid until"),
            SortKey(Coalesce("valid_until", Value(_FAR)), datetime),
            card="nowrap card-skip",
        ),
        AccountColumn("memo", gettext_lazy("Memo")),
        AccountColumn("time_zone", gettext_lazy("Time zone"), SortKey(F("time_zone"))),
        AccountColumn(
            "created",
            gettext_lazy("Created"),
            SortKey(F("created_at"), datetime),
            card="nowrap card-skip",
        ),
        AccountColumn(
            "updated",
            gettext_lazy("Updated"),
            SortKey(F("updated_at"), datetime),
            card="nowrap card-skip",
        ),
    )
}
# As the hierarchy nests: the default under All of one agent, so in one tree. Every page costs the
# same, a range of the index of that tree.
TREE_ORDER = SortKey(F("lft"), int, is_unique=True)
DEFAULT_COLUMNS = ("account_id", "name", "category", "agent", "level", "status")
# The wider ones stand behind what the apps above show by default: balances come before paths.
DEFAULT_BEHIND = ("path", "sub_accounts", "expiry")


def all_columns() -> dict[str, AccountColumn]:
    """Our columns and those of the apps above."""
    extra = {
        one.name: AccountColumn(
            one.name,
            one.label,
            SortKey(one.sort, int) if one.sort is not None else None,
            is_number=one.is_number,
            card=one.card,
        )
        for one in registry.columns
    }
    return {**COLUMNS, **extra}


def chosen_columns(kept: Any, *, show_all: bool) -> list[str]:
    """The columns a person keeps, in their order; the account id is always the first."""
    known = all_columns()
    wanted = [name for name in kept if name in known] if isinstance(kept, list) else []
    names = wanted or [
        *DEFAULT_COLUMNS,
        *(one.name for one in registry.columns if one.is_default),
        *DEFAULT_BEHIND,
    ]
    names = ["account_id", *(name for name in dict.fromkeys(names) if name != "account_id")]
    return [name for name in names if show_all or not known[name].only_all]

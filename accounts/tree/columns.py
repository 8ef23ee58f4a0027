"""The columns of a list of accounts: ours and those that packages add."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, CharField, F, IntegerField, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy

from accounts.core.models import Account
from accounts.kit.choices import choice_words
from accounts.kit.moments import moment_words, until_value, until_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.columns import ACCOUNTS, VIEWERS, Column, by_name
from accounts.portal.registry import AccountColumn, registry
from accounts.tree.tables import accounts as tables
from accounts.tree.tables.accounts import Row


def _until(row: Row) -> str:
    """Days that were entered for an account are days of its own zone."""
    return until_words(row.account.valid_until, row.account.zone)


_FAR = datetime(9999, 12, 31, tzinfo=UTC)
_BY_AGENT = SortKey(
    Coalesce(Lower("parent__account_id"), Value(""), output_field=CharField())
)  # fmt: skip
BY_ACCOUNT_ID = SortKey(Lower("account_id"))
# As the hierarchy nests: the default under All of one agent, so in one tree. Every page costs the
# same, a range of the index of that tree.
TREE_ORDER = SortKey(F("lft"), int, is_unique=True)

COLUMNS = (
    Column(
        "account_id",
        gettext_lazy("Account ID"),
        tables.account_link,
        lambda row: row.account_id,
        BY_ACCOUNT_ID,
        css="",
    ),
    Column(
        "name",
        gettext_lazy("Name"),
        lambda row: row.account.name,
        lambda row: row.account.name,
        SortKey(Lower("name")),
        css="clip card-left",
        yields=3,
    ),
    Column(
        "category",
        gettext_lazy("Category"),
        tables.category,
        lambda row: str(row.account.category),
        SortKey(
            Case(
                When(rght=F("lft") + 1, then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            ),
            int,
        ),
        hint=gettext_lazy("An agent has sub-accounts"),
        yields=1,
    ),
    # In files it is two columns, the following ones.
    Column(
        "place",
        gettext_lazy("Level and agent"),
        tables.place,
        sort=_BY_AGENT,
        only_all=True,
        css="nowrap muted card-skip",
        yields=2,
    ),
    Column(
        "agent",
        gettext_lazy("Agent"),
        lambda row: row.agent,
        lambda row: row.agent,
        _BY_AGENT,
        only_all=True,
        css="nowrap card-skip",
    ),
    Column(
        "level",
        gettext_lazy("Level"),
        lambda row: row.level,
        lambda row: row.level,
        SortKey(F("level"), int),
        is_number=True,
        only_all=True,
    ),
    Column(
        "path",
        gettext_lazy("Path"),
        tables.path,
        lambda row: row.path,
        only_all=True,
        css="nowrap card-wide",
        hint=gettext_lazy("Every level above, from your own account down"),
    ),
    Column(
        "status",
        gettext_lazy("Status"),
        lambda row: row.word,
        lambda row: row.word,
        SortKey(F("status")),
        css=lambda row: f"st st-{row.state} card-top",
    ),
    Column(
        "sub_accounts",
        gettext_lazy("Sub-accounts"),
        tables.sub_accounts,
        lambda row: row.account.sub_account_count,
        SortKey(F("rght") - F("lft"), int),
        is_number=True,
        hint=gettext_lazy("On all levels below"),
    ),
    Column(
        "type",
        gettext_lazy("Type"),
        lambda row: choice_words(Account.Type, row.account.type),
        lambda row: choice_words(Account.Type, row.account.type),
        SortKey(F("type")),
    ),
    Column(
        "billing",
        gettext_lazy("CTD billing model"),
        lambda row: choice_words(Account.BillingModel, row.account.ctd_billing_model),
        lambda row: choice_words(Account.BillingModel, row.account.ctd_billing_model),
        SortKey(F("ctd_billing_model")),
    ),
    Column(
        "expiry",
        gettext_lazy("Valid until"),
        _until,
        lambda row: until_value(row.account.valid_until, row.account.zone),
        SortKey(Coalesce("valid_until", Value(_FAR)), datetime),
        css="nowrap card-skip",
        zone=ACCOUNTS,
    ),
    Column(
        "memo",
        gettext_lazy("Memo"),
        lambda row: row.account.detail.memo,
        lambda row: row.account.detail.memo,
    ),
    Column(
        "time_zone",
        gettext_lazy("Time zone"),
        lambda row: row.account.time_zone,
        lambda row: row.account.time_zone,
        SortKey(F("time_zone")),
    ),
    Column(
        "created",
        gettext_lazy("Created"),
        lambda row: moment_words(row.account.created_at),
        lambda row: row.account.created_at,
        SortKey(F("created_at"), datetime),
        css="nowrap card-skip",
        zone=VIEWERS,
    ),
    Column(
        "updated",
        gettext_lazy("Updated"),
        lambda row: moment_words(row.account.updated_at),
        lambda row: row.account.updated_at,
        SortKey(F("updated_at"), datetime),
        css="nowrap card-skip",
        zone=VIEWERS,
    ),
)
# What fits beside the tree on a small screen: who it is, how it stands, its money. Everything else
# is one choice away.
_DEFAULT_DIRECT = ("account_id", "name", "category", "status")
_DEFAULT_ALL = ("account_id", "name", "place", "status")


def all_columns() -> list[Column]:
    """Our columns and those that packages add."""
    return [*COLUMNS, *(_of_others(one) for one in registry.columns)]


def default_columns(is_all: bool) -> list[str]:
    """What who never chose columns sees."""
    own = _DEFAULT_ALL if is_all else _DEFAULT_DIRECT
    return [*own, *(one.name for one in registry.columns if one.is_default)]


def columns_of_file(names: list[str]) -> list[Column]:
    """The columns of a file that holds what the page shows."""
    known = by_name(all_columns())
    wanted = []
    for name in names:
        wanted += ["agent", "level"] if name == "place" else [name]
    return [known[name] for name in dict.fromkeys(wanted)]


def _of_others(one: AccountColumn) -> Column:
    def value(row: Row) -> Any:
        about = row.prepared[one.name]
        return "" if about is None else one.value(about)

    def cell(row: Row) -> Any:
        about = row.prepared[one.name]
        return one.cell(about) if about and one.cell else value(row)

    return Column(
        one.name,
        one.label,
        cell,
        value,
        SortKey(one.sort, int) if one.sort is not None else None,
        is_number=one.is_number,
        css=one.card,
        hint=one.hint,
        yields=one.yields,
    )

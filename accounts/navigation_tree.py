"""The navigation tree as data: which agents a page shows, nested, with counts and states.

Reads a constant number of statements however many rows are shown: one for the rows of all open
branches, one for the counts, and one for the way to the current account where the page does not
know it already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, Count, F, Q, Subquery, Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.access import NOBODY, Actor
from accounts.breadcrumbs import way_to
from accounts.models import Account
from accounts.querysets import AccountQuerySet, ChainLink, chains
from accounts.services import versions
from accounts.tree_nodes import More, Node, SidebarTree, State

PAGE = 50
# A branch never shows more at once, however often its reader asked for more.
MOST = 500
CUSTOMERS_KEY = "tree_customers"

_COLUMNS = (
    "pk",
    "account_id",
    "name",
    "parent_id",
    "status",
    "valid_until",
    "lft",
    "rght",
    "sibling_key",
    "tree_version",
)


@dataclass
class _Shown:
    """What one reading of the tree asks for and finds."""

    actor: Actor
    customers: bool
    extents: Mapping[int | None, int]
    after: tuple[int | None, str] | None = None
    current_pk: int | None = None
    rows: dict[int, Any] = field(default_factory=dict)
    children: dict[int | None, list[Any]] = field(default_factory=dict)
    counts: dict[int | None, tuple[int, int]] = field(default_factory=dict)
    # How many siblings stand before the first one shown, where a branch begins in its middle.
    skipped: dict[int | None, int] = field(default_factory=dict)

    @property
    def listed(self) -> AccountQuerySet:
        door = Account.objects.within(self.actor.scope)
        return door if self.customers else door.agents()

    def siblings(self, parent_pk: int | None) -> AccountQuerySet:
        return self.listed.filter(parent_id=parent_pk).annotate(sibling_key=Lower("account_id"))

    def set_size(self, parent_pk: int | None) -> int:
        direct, agents = self.counts.get(parent_pk, (0, 0))
        return direct if self.customers else agents


def sidebar_tree(request: HttpRequest) -> SidebarTree | None:
    """The tree beside a page, open down to the account the page is about; None for whoever has no
    tree.

    At most three queries. The page of the tree itself shows it in its own content.
    """
    actor: Actor = getattr(request, "actor", NOBODY)
    if actor.scope.is_empty or (
        request.resolver_match and request.resolver_match.view_name == "tree"
    ):
        return None
    account: Account | None = getattr(request, "current_account", None)
    way = actor.visible_part(way_to(request, account.pk)) if account else ()
    return tree(actor, way=way, customers=shows_customers(request))


def shows_customers(request: HttpRequest) -> bool:
    """Whether this session's tree shows ordinary accounts as well."""
    return bool(request.session.get(CUSTOMERS_KEY))


def tree(
    actor: Actor,
    *,
    way: tuple[ChainLink, ...] = (),
    open_branches: Mapping[int | None, int] | None = None,
    roots: int = PAGE,
    after: tuple[int | None, str] | None = None,
    customers: bool = False,
) -> SidebarTree:
    """The whole tree of an actor with some branches open. Two queries.

    `way` leads from the actor's root to the current account: all of it is shown and open.
    `open_branches` says for further branches how many children each shows, `roots` how many
    top-level agents. `after` starts one branch behind an account id. A branch whose agent is not
    shown itself is left out.
    """
    extents: dict[int | None, int] = {None: roots}
    if actor.account_pk is not None:
        extents[actor.account_pk] = PAGE
    extents.update({link.pk: PAGE for link in way})
    extents |= open_branches or {}
    shown = _Shown(
        actor,
        customers,
        {pk: min(n, MOST) for pk, n in extents.items()},
        after,
        current_pk=way[-1].pk if way else None,
    )
    version = _read(shown, [link.pk for link in way])
    blocked = actor.blocked_by == "above"
    nodes = _nest(shown, None, level=1, blocked=blocked)
    _mark_entrance(nodes, way)
    return SidebarTree(
        nodes=nodes,
        version=version,
        shows_customers=customers,
        is_forest=actor.is_administrator,
        owner=actor.login,
        current=way[-1].account_id if way else "",
        more=_more(shown, None, nodes) if actor.is_administrator else None,
    )


def branch(
    actor: Actor, account: Account | None, *, after: str = "", customers: bool = False
) -> tuple[list[Node], More | None]:
    """The next children of one account (None: the next top-level agents), and the rest. At most
    four queries.
    """
    pk = account.pk if account else None
    shown = _Shown(actor, customers, {pk: PAGE}, (pk, after) if after else None)
    way = chains([pk])[pk] if pk is not None else ()
    _read(shown, [], roots=pk is None)
    now = timezone.now()
    nodes = _nest(
        shown,
        pk,
        level=len(actor.visible_part(way)) + 1,
        blocked=any(link.is_stopped(now) for link in way),
    )
    return nodes, _more(shown, pk, nodes, account.account_id if account else "")


def _read(shown: _Shown, way_pks: list[int], *, roots: bool = True) -> int:
    """Read rows and counts; return the version of what was read, from the same statement as the
    rows.
    """
    arms = []
    for pk, extent in shown.extents.items():
        if pk is None and not roots:
            continue
        if pk is None and shown.actor.account_pk is not None:
            arms.append(Account.objects.within(shown.actor.scope).filter(pk=shown.actor.account_pk))
            continue
        siblings = shown.siblings(pk)
        if shown.after and shown.after[0] == pk:
            siblings = siblings.filter(sibling_key__gt=Lower(Value(shown.after[1])))
        page = siblings.order_by("sibling_key").values("pk")[:extent]
        # A part of a union may not be limited on every database; a subquery of one may. The scope
        # is inside it: said again outside, it misleads PostgreSQL's planner (56 instead of 3 ms).
        arms.append(Account.objects.filter(pk__in=page))
    if way_pks:
        arms.append(shown.listed.filter(pk__in=way_pks))
    parts = [_columns(arm, shown.actor, with_version=at == 0) for at, arm in enumerate(arms)]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    version = -1
    for row in rows.order_by("sibling_key"):
        version = max(version, row.tree_version or 0)
        if row.pk not in shown.rows:
            shown.rows[row.pk] = row
            top = row.pk == shown.actor.account_pk
            shown.children.setdefault(None if top else row.parent_id, []).append(row)
    _count(shown)
    if shown.after:
        pk, key = shown.after
        shown.skipped[pk] = shown.siblings(pk).filter(sibling_key__lte=Lower(Value(key))).count()
    return version if version >= 0 else versions.current(shown.actor)


def _columns(arm: AccountQuerySet, actor: Actor, *, with_version: bool) -> Any:
    version: Any = Value(0, output_field=BigIntegerField())
    if with_version:
        version = Subquery(versions.counter(actor), output_field=BigIntegerField())
    annotated = arm.order_by().annotate(sibling_key=Lower("account_id"), tree_version=version)
    return annotated.values_list(*_COLUMNS, named=True)


def _count(shown: _Shown) -> None:
    """Direct sub-accounts, and how many of them are agents, of everything shown; the forest's for
    administrators.
    """
    parents = Q(parent_id__in=list(shown.rows))
    parents |= Q(parent_id__in=[pk for pk in shown.extents if pk is not None])
    if shown.actor.is_administrator and None in shown.extents:
        parents |= Q(parent_id=None)
    counted = (
        Account.objects.within(shown.actor.scope)
        .filter(parents)
        .order_by()
        .values("parent_id")
        .annotate(direct=Count("pk"), agents=Count("pk", filter=Q(rght__gt=F("lft") + 1)))
    )
    shown.counts = {row["parent_id"]: (row["direct"], row["agents"]) for row in counted}


def _nest(shown: _Shown, parent_pk: int | None, *, level: int, blocked: bool) -> list[Node]:
    now = timezone.now()
    rows = shown.children.get(parent_pk, [])
    set_size = shown.set_size(parent_pk) if parent_pk or shown.actor.is_administrator else 1
    skipped = shown.skipped.get(parent_pk, 0)
    nodes = []
    for at, row in enumerate(rows, start=1):
        node = Node(
            pk=row.pk,
            account_id=row.account_id,
            name=row.name,
            total=(row.rght - row.lft - 1) // 2,
            state=_state(row, now, blocked),
            level=level,
            position=skipped + at,
            set_size=max(set_size, skipped + at),
            direct=shown.counts.get(row.pk, (0, 0))[0],
            has_branch=shown.set_size(row.pk) > 0,
            is_current=row.pk == shown.current_pk,
        )
        if node.has_branch and row.pk in shown.extents:
            stopped = blocked or _is_stopped(row, now)
            node.children = _nest(shown, row.pk, level=level + 1, blocked=stopped)
            node.more = _more(shown, row.pk, node.children, row.account_id)
        nodes.append(node)
    return nodes


def _more(
    shown: _Shown, parent_pk: int | None, nodes: list[Node], agent_id: str = ""
) -> More | None:
    rest = shown.set_size(parent_pk) - len(nodes) - shown.skipped.get(parent_pk, 0)
    if rest <= 0 or not nodes:
        return None
    # The way to the current account may stand behind the page; the page itself ends before it.
    last = nodes[min(len(nodes), shown.extents[parent_pk]) - 1].account_id
    query = {"after": last}
    if parent_pk is None:
        url, page_query = reverse("tree-roots"), query
    else:
        url, page_query = reverse("tree-branch", args=[agent_id]), {"open": agent_id, **query}
    return More(
        label=_("… %(count)s more – show") % {"count": number_format(rest, force_grouping=True)},
        level=nodes[0].level,
        url=f"{url}?{urlencode(query)}",
        page_url=f"{reverse('tree')}?{urlencode(page_query)}",
    )


def _is_stopped(row: Any, now: Any) -> bool:
    return row.status != Account.Status.ACTIVE or (
        row.valid_until is not None and row.valid_until <= now
    )


def _state(row: Any, now: Any, blocked: bool) -> State | None:
    if row.status == Account.Status.CLOSED:
        return State("no", _("Closed"))
    if row.status == Account.Status.LOCKED:
        return State("lock", _("Locked"))
    if row.valid_until is not None and row.valid_until <= now:
        return State("clock", _("Expired"))
    return State("stop", _("Blocked by a level above")) if blocked else None


def _mark_entrance(nodes: list[Node], way: tuple[ChainLink, ...]) -> None:
    """The deepest item of the way is selected and takes the tab stop; else the first takes it."""
    pks = {link.pk for link in way}
    entrance = nodes[0] if nodes else None
    level: list[Node] | None = nodes
    while level:
        on_way = next((node for node in level if node.pk in pks), None)
        if on_way is None:
            break
        entrance = on_way
        level = on_way.children
    if entrance:
        entrance.is_entrance = True
        entrance.is_selected = entrance.pk in pks

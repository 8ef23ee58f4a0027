"""The navigation tree as data: which agents a page shows, nested, with counts and states.

Reads a constant number of statements however many rows are shown: one for the rows of all open
branches with their counts, and one for the way to the current account where the page does not know
it already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.core import versions
from accounts.core.actor import NOBODY, Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, chains
from accounts.kit.addresses import address_of
from accounts.portal.breadcrumbs import way_to
from accounts.tree.nodes import More, Node, SidebarTree, State
from accounts.tree.queries.sidebar import Row, counted, listed, read_counts, read_rows, siblings
from accounts.tree.tables.branch import branch_items

PAGE = 50
# A branch never shows more at once, however often its reader asked for more.
MOST = 500
CUSTOMERS_KEY = "tree_customers"


@dataclass
class _Shown:
    """What one reading of the tree asks for and finds."""

    actor: Actor
    customers: bool
    extents: Mapping[int | None, int]
    after: tuple[int | None, str] | None = None
    current_pk: int | None = None
    rows: dict[int, Row] = field(default_factory=dict)
    children: dict[int | None, list[Row]] = field(default_factory=dict)
    counts: dict[int | None, tuple[int, int]] = field(default_factory=dict)
    # How many siblings stand before the first one shown, where a branch begins in its middle.
    skipped: dict[int | None, int] = field(default_factory=dict)

    def set_size(self, parent_pk: int | None) -> int:
        direct, agents = self.counts.get(parent_pk, (0, 0))
        return direct if self.customers else agents


def sidebar_tree(request: HttpRequest) -> SidebarTree | None:
    """The tree beside a page, open down to the account the page is about; None for whoever has no
    tree.

    At most two queries. The page of the tree itself shows it in its own content.
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
    """The whole tree of an actor with some branches open. One query.

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
    more = _more(shown, None, nodes) if actor.is_administrator else None
    return SidebarTree(
        nodes=nodes,
        items=branch_items(nodes, more),
        version=version,
        shows_customers=customers,
        is_forest=actor.is_administrator,
        owner=actor.login,
        current=way[-1].account_id if way else "",
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
    scope = shown.actor.scope
    extents = {pk: n for pk, n in shown.extents.items() if roots or pk is not None}
    with_forest = shown.actor.is_administrator and None in shown.extents
    version = -1
    for row in read_rows(
        scope,
        extents,
        way_pks,
        customers=shown.customers,
        with_forest=with_forest,
        after=shown.after,
    ):
        version = max(version, row.tree_version or 0)
        shown.counts[row.pk] = counted(row.below)
        if row.roots:
            shown.counts[None] = counted(row.roots)
        if row.pk not in shown.rows:
            shown.rows[row.pk] = row
            top = row.pk == shown.actor.account_pk
            shown.children.setdefault(None if top else row.parent_id, []).append(row)
    if not roots:
        # The branch of an account that is not among the rows.
        shown.counts |= {pk: read_counts(scope, pk) for pk in extents if pk is not None}
    if shown.after:
        pk, key = shown.after
        before = siblings(listed(scope, shown.customers), pk)
        shown.skipped[pk] = before.filter(sibling_key__lte=Lower(Value(key))).count()
    return version if version >= 0 else versions.current(scope)


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
        url, page_query = address_of("tree-branch", agent_id), {"open": agent_id, **query}
    return More(
        label=_("… %(count)s more – show") % {"count": number_format(rest, force_grouping=True)},
        level=nodes[0].level,
        url=f"{url}?{urlencode(query)}",
        page_url=f"{reverse('tree')}?{urlencode(page_query)}",
    )


def _is_stopped(row: Row, now: Any) -> bool:
    return row.status != Account.Status.ACTIVE or (
        row.valid_until is not None and row.valid_until <= now
    )


def _state(row: Row, now: Any, blocked: bool) -> State | None:
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

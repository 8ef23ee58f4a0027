"""Checks of the nested sets against the parent links, in SQL, and the repair of what is derived.

The parent links are the truth; lft, rght, level and tree_id are derived from them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from accounts.core.models import Account, AgentVersion


@dataclass(frozen=True)
class Problem:
    """One broken rule: which, in which trees, and how many rows show it."""

    rule: str
    tree_ids: tuple[int, ...]
    rows: int


_TABLE = Account._meta.db_table

# Each query yields one tree_id per offending row. Texts are constants; nothing of a request enters
# them.
_CHECKS = {
    "boundaries out of order": f"SELECT tree_id FROM {_TABLE} WHERE lft >= rght OR lft < 1",  # noqa: S608
    "a root that is not at level 0 or does not begin at 1": f"""
        SELECT tree_id FROM {_TABLE} WHERE parent_id IS NULL AND (level <> 0 OR lft <> 1)""",  # noqa: S608
    "a tree without exactly one root": f"""
        SELECT tree_id FROM {_TABLE} GROUP BY tree_id
        HAVING SUM(CASE WHEN parent_id IS NULL THEN 1 ELSE 0 END) <> 1""",  # noqa: S608
    "a sub-account outside its agent": f"""
        SELECT one.tree_id FROM {_TABLE} one JOIN {_TABLE} above ON above.id = one.parent_id
        WHERE one.tree_id <> above.tree_id OR one.lft <= above.lft OR one.rght >= above.rght
           OR one.level <> above.level + 1""",  # noqa: S608
    "boundaries used twice": f"""
        SELECT tree_id FROM (
            SELECT tree_id, lft AS edge FROM {_TABLE} UNION ALL SELECT tree_id, rght FROM {_TABLE}
        ) edges GROUP BY tree_id, edge HAVING COUNT(*) > 1""",  # noqa: S608
    "boundaries with gaps": f"""
        SELECT tree_id FROM {_TABLE} GROUP BY tree_id
        HAVING MAX(rght) <> 2 * COUNT(*) OR MIN(lft) <> 1""",  # noqa: S608
}


def tree_problems(tree_ids: Iterable[int] | None = None) -> list[Problem]:
    """Every broken invariant of the trees (all of them, or only those named); an empty list means
    sound.
    """
    wanted = None if tree_ids is None else set(tree_ids)
    found = []
    with connection.cursor() as cursor:
        for rule, sql in _CHECKS.items():
            cursor.execute(sql)
            rows = [row[0] for row in cursor.fetchall()]
            if wanted is not None:
                rows = [tree_id for tree_id in rows if tree_id in wanted]
            if rows:
                found.append(Problem(rule, tuple(sorted(set(rows))), len(rows)))
    missing = Account._base_manager.exclude(pk__in=AgentVersion.objects.values("pk"))
    if wanted is not None:
        missing = missing.filter(tree_id__in=wanted)
    trees = tuple(sorted(missing.values_list("tree_id", flat=True)))
    if trees:
        found.append(
            Problem("an account without change counter", tuple(sorted(set(trees))), len(trees))
        )
    return found


def renumber() -> tuple[int, list[str]]:
    """Write lft, rght, level and tree_id of every account anew from the parent links. Call it under
    all locks.

    Returns how many rows changed, and the account ids that hang in a cycle and cannot be numbered.
    Roots keep their tree_id where it is theirs alone.
    """
    rows = {
        pk: (parent, tree_id, lft, rght, level)
        for pk, parent, tree_id, lft, rght, level in Account._base_manager.order_by(
            "tree_id", "lft", "pk"
        ).values_list("pk", "parent_id", "tree_id", "lft", "rght", "level")
    }
    children: dict[int | None, list[int]] = defaultdict(list)
    for pk, row in rows.items():
        children[row[0]].append(pk)
    next_tree = (Account._base_manager.aggregate(top=Max("tree_id"))["top"] or 0) + 1
    used: set[int] = set()
    right: dict[int, tuple[int, int, int, int]] = {}
    for root in children[None]:
        tree_id = rows[root][1]
        if tree_id in used:
            tree_id, next_tree = next_tree, next_tree + 1
        used.add(tree_id)
        right.update(_numbers(root, tree_id, children))
    changed = [
        Account(pk=pk, tree_id=new[0], lft=new[1], rght=new[2], level=new[3])
        for pk, new in right.items()
        if new != rows[pk][1:]
    ]
    Account._base_manager.bulk_update(changed, ["tree_id", "lft", "rght", "level"], batch_size=500)
    lost = Account._base_manager.filter(pk__in=set(rows) - set(right))
    known = set(AgentVersion.objects.values_list("pk", flat=True))
    AgentVersion.objects.bulk_create(AgentVersion(pk=pk) for pk in rows if pk not in known)
    return len(changed), sorted(lost.values_list("account_id", flat=True))


def _numbers(
    root: int, tree_id: int, children: dict[int | None, list[int]]
) -> dict[int, tuple[int, int, int, int]]:
    """(tree_id, lft, rght, level) of every account below `root`, itself included, without
    recursion.
    """
    left: dict[int, int] = {}
    numbers: dict[int, tuple[int, int, int, int]] = {}
    edge = 0
    open_nodes = [(root, 0, False)]
    while open_nodes:
        pk, level, entered = open_nodes.pop()
        edge += 1
        if entered:
            numbers[pk] = (tree_id, left[pk], edge, level)
            continue
        left[pk] = edge
        open_nodes.append((pk, level, True))
        open_nodes.extend((child, level + 1, False) for child in reversed(children[pk]))
    return numbers

"""Checks of the nested sets against the parent links, in SQL.

The parent links are the truth; lft, rght, level and tree_id are derived from them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from accounts.core.models import Account, AgentVersion
from accounts.kit.findings import Findings


@dataclass(frozen=True)
class Problem:
    """One broken rule: which, in which trees, and how many rows show it."""

    rule: str
    tree_ids: tuple[int, ...]
    rows: int

    def __str__(self) -> str:
        trees = ", ".join(map(str, self.tree_ids[:_SHOWN]))
        left = len(self.tree_ids) - _SHOWN
        return f"{self.rule}: {self.rows} rows in tree {trees}" + (
            f" and {left} more" if left > 0 else ""
        )


_TABLE = Account._meta.db_table
_SHOWN = 10

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


def trees_found() -> Findings:
    """The same for whoever runs the portal."""
    return Findings.of(map(str, tree_problems()))

"""The repair of what is derived from the parent links: boundaries, levels and change counters."""

from collections import defaultdict

from django.db.models import Max

from accounts.core.models import Account, AgentVersion


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

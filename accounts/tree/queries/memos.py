"""Which memos on accounts don't go along to a new agent (docs/domain.md 1)."""

from collections.abc import Mapping, Sequence

from accounts.core.models import Account, AccountDetail, AuditEntry
from accounts.core.querysets import chains, in_branches
from accounts.kit.batches import batched

_NOTING = ("account.create", "account.edit")
# Keys asked for at once.
_CHUNK = 500


def memos_to_lose(accounts: Sequence[Account], target: Account | None) -> Sequence[AccountDetail]:
    """The memos in the branches of these accounts, before or after they move below `target`, whose
    writer then neither stands above them nor lies within the reach of `target`: those of the agents
    of before. What platform staff noted goes along, and at the top level (None) nobody new reads.
    Three queries, and one more for each 500 memos.
    """
    if target is None or not accounts:
        return []
    details = AccountDetail.objects.filter(in_branches(accounts)).exclude(memo="")
    noted = list(details.select_related("account").order_by("account__tree_id", "account__lft"))
    writers = _writers([one.account_id for one in noted])
    ways = chains([target.pk, *(pk for pk in writers.values() if pk is not None)])
    above = {link.pk for link in ways[target.pk]}
    reached = {target.pk, *(one.pk for one in accounts)}

    def stays(writer: int | None) -> bool:
        if writer is None or writer in above:
            return True
        return not reached.isdisjoint(link.pk for link in ways.get(writer, ()))

    return [one for one in noted if not stays(writers.get(one.account_id))]


def _writers(account_pks: Sequence[int]) -> Mapping[int, int | None]:
    """The account of who wrote the memo of each of these accounts; None, or none, for the platform,
    whose commands load accounts without an entry for each.
    """
    found: dict[int, int | None] = {}
    for pks in batched(account_pks, _CHUNK):
        entries = AuditEntry.objects.filter(
            account_pk__in=pks, action__in=_NOTING, is_refused=False, after__has_key="memo"
        )
        for pk, writer in entries.order_by("pk").values_list("account_pk", "actor_account_pk"):
            if pk is not None:
                found[pk] = writer
    return found

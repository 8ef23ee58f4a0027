"""What taking authorizations away does below an account: pages of it, and the whole as a file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.authorizations.forms.authorizations import BoxesForm
from accounts.authorizations.queries.facts import hit_accounts
from accounts.authorizations.services.grants import GrantPlan
from accounts.authorizations.views.boxes import Holding, ago, used_words
from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization, in_order
from accounts.core.exports import Export
from accounts.core.models import AuthorizationTemplate
from accounts.core.querysets import chains
from accounts.kit.moments import day_of_words, with_zone, zone_words
from accounts.kit.sheets_out import offered

_PAGE = 50
_CHUNK = 1000


@dataclass(frozen=True)
class Change:
    """One box that changes, in words."""

    code: Authorization
    is_added: bool
    aside: str = ""

    @property
    def is_high(self) -> bool:
        return self.code.risk == "high"


def changes_of(one: Holding, plan: GrantPlan) -> list[Change]:
    """The differences alone, in order; what is taken away says when it was used."""
    found = [Change(code, True) for code in plan.added]
    found += [Change(code, False, used_words(one.grants[code])) for code in plan.removed]
    return sorted(found, key=lambda change: change.code.number)


@dataclass(frozen=True)
class Hit:
    """A grant below that goes as well."""

    account_id: str
    path: str
    code: Authorization
    since: str
    used: str

    @property
    def url(self) -> str:
        return reverse("accounts:detail", args=[self.account_id])


def hits_page(
    request: HttpRequest,
    actor: Actor,
    plan: GrantPlan,
    form: BoxesForm,
    template: AuthorizationTemplate | None,
) -> dict[str, Any]:
    """One page of the grants below that go as well, with the total. A fixed number of queries."""
    if not plan.removed:
        return {"hits": [], "hit_count": 0, "hit_accounts": 0}
    total = plan.hits.count()
    if not total:
        return {"hits": [], "hit_count": 0, "hit_accounts": 0}
    last = (total - 1) // _PAGE + 1
    asked = request.GET.get("page", "")
    page = min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 9 else 1
    start = (page - 1) * _PAGE
    rows = list(plan.hits[start : start + _PAGE])
    address = reverse("accounts:authorization-review", args=[plan.account.account_id])
    query: dict[str, Any] = {code.value: "on" for code in in_order(form.codes())}
    query["expected"] = " ".join(in_order(plan.before))
    if template is not None:
        query |= {"template": template.key, "template_version": template.version}

    def url(**more: Any) -> str:
        return f"{address}?{urlencode({**query, **more})}"

    return {
        "hits": _shown(actor, rows),
        "hit_count": total,
        "hit_accounts": hit_accounts(plan.hits),
        "exports": offered(lambda kind: url(format=kind)),
        "pager": {
            "text": _("%(first)s–%(last)s of %(total)s")
            % {
                "first": number_format(start + 1, force_grouping=True),
                "last": number_format(start + len(rows), force_grouping=True),
                "total": number_format(total, force_grouping=True),
            },
            "newer_url": url(page=page - 1) if page > 1 else "",
            "older_url": url(page=page + 1) if page < last else "",
        },
    }


def _shown(actor: Actor, rows: Iterable[Any]) -> list[Hit]:
    rows = list(rows)
    ways = chains(row.content_object_id for row in rows)
    return [
        Hit(
            row.account_text,
            " › ".join(
                link.account_id
                for link in actor.visible_part(ways.get(row.content_object_id, ()))[:-1]
            ),
            Authorization(row.code),
            day_of_words(row.granted_at),
            ago(row.last_used_at) if row.last_used_at else _("never"),
        )
        for row in rows
    ]


def hits_export(actor: Actor, plan: GrantPlan) -> Export:
    """Everything that would go with it, as a file."""
    granted = with_zone(_("Granted"), zone_words())
    hits = plan.hits if plan.removed else plan.hits.none()
    return Export(
        what="cascade",
        account=plan.account,
        filters={"authorizations": [code.value for code in plan.removed]},
        name=f"{plan.account.account_id}-loses",
        header=[_("Account ID"), _("Path"), _("Authorization"), granted, _("Last used")],
        count=hits.count(),
        keys=lambda: list(hits.values_list("pk", flat=True)),
        lines=lambda keys: _lines(actor, hits, keys),
    )


def _lines(actor: Actor, hits: Any, keys: Sequence[int]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), _CHUNK):
        rows: list[Any] = list(hits.filter(pk__in=keys[start : start + _CHUNK]))
        for row, hit in zip(rows, _shown(actor, rows), strict=True):
            words = f"{hit.code.number} {hit.code.label}"
            yield [hit.account_id, hit.path, words, row.granted_at, row.last_used_at]

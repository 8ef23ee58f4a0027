"""Templates and tiers as their list shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.authorizations.queries.templates import TemplateUse
from accounts.core.authorizations import ALL, Authorization, codes_from, in_order
from accounts.core.models import AuthorizationTemplate
from accounts.kit.markup import format_html
from accounts.portal.lists.cells import link
from accounts.portal.lists.columns import Column

_Kind = AuthorizationTemplate.Kind


@dataclass(frozen=True)
class TemplateRow:
    """A template, and how much it is used within the viewer's scope; `may_edit`: the viewer's to
    change.
    """

    template: AuthorizationTemplate
    use: TemplateUse
    may_edit: bool

    @property
    def group(self) -> str:
        """What it stands under."""
        if self.template.owner_id is not None:
            return _("Yours")
        return _("Tiers") if self.template.kind == _Kind.TIER else _("Templates")


def numbers(codes: Iterable[Authorization]) -> str:
    """The numbers people know them by."""
    wanted = frozenset(codes)
    if wanted == ALL:
        return "1–8"
    return " ".join(str(code.number) for code in in_order(wanted)) or "–"


def _name(row: TemplateRow) -> Any:
    one = row.template
    return link(reverse("template-edit", args=[one.pk]), one.name) if row.may_edit else one.name


def _codes(row: TemplateRow) -> Any:
    codes = in_order(codes_from(row.template.codes))
    labels = ", ".join(f"{one.number} {one.label}" for one in codes)
    return format_html(
        '<span class="tnum" title="{}">{}<span class="visually-hidden">: {}</span></span>',
        labels,
        numbers(codes),
        labels,
    )


def _deeds(row: TemplateRow) -> Any:
    if not row.may_edit:
        return ""
    return format_html(
        '<a class="btn btn-quiet btn-sm" href="{}">{}<span class="visually-hidden"> {}</span></a>',
        reverse("template-delete", args=[row.template.pk]),
        _("Delete…"),
        row.template.name,
    )


COLUMNS = (
    Column("name", gettext_lazy("Name"), _name, css="", is_lead=True),
    Column("codes", gettext_lazy("Authorizations"), _codes, css="", is_labelled=True),
    Column(
        "note",
        gettext_lazy("When to use it"),
        lambda row: row.template.note or "–",
        css="card-wide",
    ),
    Column(
        "accounts",
        gettext_lazy("Accounts"),
        lambda row: row.use.accounts,
        is_number=True,
        css="",
        is_labelled=True,
    ),
    Column(
        "drifted",
        gettext_lazy("Drifted"),
        lambda row: row.use.drifted,
        is_number=True,
        css="",
        is_labelled=True,
    ),
    Column("deeds", gettext_lazy("Delete"), _deeds, css="", is_act=True, is_label_hidden=True),
)

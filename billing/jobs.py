"""The background work of billing, as the pages of jobs speak of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs.kinds import JobKind
from billing.cards.services.generation import JOB as CARDS
from billing.cards.services.generation import generate
from billing.distributions.services.paying import JOB
from billing.distributions.services.work import distribute
from billing.money import shown


def _title(job: Any) -> str:
    return _("Distribute credit to %(count)s accounts") % {
        "count": number_format(job.total, force_grouping=True)
    }


def _facts(job: Any) -> Sequence[tuple[str, str]]:
    total = shown(Decimal(job.input["total"]))
    return [(_("Control sum"), f"{total} {settings.CURRENCY}")]


def _links(job: Any) -> Sequence[tuple[str, str]]:
    if not job.committed_at:
        return []
    return [(_("See the payments"), reverse("billing:distribution", args=[_key(job)]))]


def _own_links(job: Any) -> Sequence[tuple[str, str]]:
    """What was not paid can be looked at, and corrected, by who handed it in."""
    if job.committed_at:
        return []
    return [(_("See the list"), reverse("billing:distribution-check", args=[_key(job)]))]


def _key(job: Any) -> str:
    return str(job.input["distribution"])


DISTRIBUTION = JobKind(
    JOB,
    gettext_lazy("Distribute credit"),
    distribute,
    is_idempotent=True,
    title=_title,
    facts=_facts,
    links=_links,
    own_links=_own_links,
    unit=gettext_lazy("accounts"),
    cancel=gettext_lazy("Cancel, and pay nobody"),
)


def _batch_title(job: Any) -> str:
    return _("Make %(count)s phone cards: %(name)s") % {
        "count": number_format(job.total, force_grouping=True),
        "name": job.input["name"],
    }


def _batch_facts(job: Any) -> Sequence[tuple[str, str]]:
    value = f"{shown(Decimal(job.input['face_value']))} {settings.CURRENCY}"
    return [
        (_("Agent"), job.input["account"]),
        (_("First serial"), job.input["first_serial"]),
        (_("Face value"), value),
    ]


def _batch_links(job: Any) -> Sequence[tuple[str, str]]:
    if not job.committed_at:
        return []
    return [(_("See the batch"), reverse("billing:card-batch", args=[job.result["batch"]]))]


CARD_BATCH = JobKind(
    CARDS,
    gettext_lazy("Make phone cards"),
    generate,
    is_idempotent=True,
    title=_batch_title,
    facts=_batch_facts,
    links=_batch_links,
    unit=gettext_lazy("cards"),
    cancel=gettext_lazy("Cancel, and make no card"),
)

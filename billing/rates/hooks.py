"""What rates add to the pages of others: their modules, what a number costs, and the words of the
audit log.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, register_job
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.finding import Offer, SearchDeed
from accounts.portal.modules import MONEY, Module
from accounts.portal.registry import Additions, numbered, registry
from accounts.portal.steps import DataCheck
from accounts.portal.ways import CallPage
from billing.money import signed
from billing.rates.dashboard import PRICE, PRICE_OF_NUMBER
from billing.rates.drafts import CopyDraft
from billing.rates.queries.integrity import rates_found
from billing.rates.services.copying import COPY, copy
from billing.rates.services.deck_checks import check
from billing.rates.services.deck_entering import enter
from billing.rates.services.decks import CHECK, ENTER

MODULE = Module(
    "rates",
    _("Rates"),
    "rates",
    lambda: reverse("billing:rate-groups"),
    MONEY,
    beginnings=("billing:rate",),
    words=(_("Rate groups"), _("Fee rate group management")),
    is_for=lambda actor: actor.is_administrator or Authorization.MANAGE_ACCOUNT in actor.effective,
    order=64,
)
PRICE_MODULE = Module(
    "price",
    _("Price of a number"),
    "calls",
    lambda: reverse("billing:price"),
    MONEY,
    pages=frozenset({"billing:price"}),
    order=65,
)


def _cost(actor: Actor, account: Account | None, figure: str) -> Offer | None:
    """What a number costs an account, asked at once where both are known."""
    who = account or actor.own
    asked = {"account": who.account_id} if who else {}
    said = {"number": figure, "account": asked.get("account", "")}
    if not figure:
        words = (
            gettext("What does a number cost %(account)s?") if who else gettext("Price of a number")
        )
    elif who:
        words = gettext("What does %(number)s cost %(account)s?")
    else:
        words = gettext("What does %(number)s cost?")
    if figure and who:
        asked = {**asked, "number": figure}
    return Offer(words % said, f"{reverse('billing:price')}?{urlencode(asked)}")


COST = SearchDeed(
    "cost",
    "calls",
    (_("what does it cost"), _("what does"), _("price of"), _("price"), _("cost")),
    _cost,
    takes="number",
    is_usual=False,
    order=40,
)
PRICE_PAGE = CallPage(
    "price", _("Price of a number"), lambda actor: reverse("billing:price"), order=40
)
AUDIT_TERMS = AuditTerms(
    words={
        "prices.export": ("download", "", _("Prices of numbers exported")),
        "rate_group.create": ("rates", "ok", _("Rate group %(subject)s made")),
        "rate_group.change": ("edit", "", _("Rate group %(subject)s changed")),
        "rate_group.delete": ("trash", "danger", _("Rate group %(subject)s deleted")),
        "rate_group.tiers": ("rates", "", _("Volume tiers of %(subject)s changed")),
        "rate.add": ("plus", "ok", _("Rate added: %(subject)s")),
        "rate.load": ("upload", "ok", _("Rates of %(subject)s loaded")),
        "rate.change": ("edit", "", _("Rate changed: %(subject)s")),
        "rate.change_many": ("edit", "warn", _("Rates of %(subject)s changed")),
        "rate.end": ("calendar", "warn", _("Rate ended: %(subject)s")),
        "rate.correct": ("edit", "warn", _("Past price corrected: %(subject)s")),
        "rate.uncorrect": ("edit", "", _("Correction taken back: %(subject)s")),
        "rate_compare.export": ("download", "", _("Comparison of rate groups exported")),
        "rate_group.export": ("download", "", _("Rates exported")),
        "rate_groups.export": ("download", "", _("List of rate groups exported")),
        "rate_import.enter": ("rates", "warn", _("Deck entered: %(subject)s")),
        "rate_import.undo": ("undo", "warn", _("Deck undone: %(subject)s")),
        "rate_import.export": ("download", "", _("Refused rows of a deck exported")),
    },
)


def _deck_title(words: Any) -> Callable[[Any], str]:
    return lambda job: str(words) % {"file": job.input["file"], "group": job.input["group"]}


def _deck_links(job: Any) -> Sequence[tuple[str, str]]:
    """Where the deck of a job is looked at."""
    words = gettext("See the deck") if job.kind == ENTER else gettext("See what it would do")
    return [(words, reverse("billing:rate-import", args=[job.input["deck"]]))]


DECK_CHECK = JobKind(
    CHECK,
    _("Check a deck of rates"),
    check,
    is_idempotent=True,
    title=_deck_title(_("Check %(file)s for %(group)s")),
    links=_deck_links,
    cancel=_("Cancel, nothing is entered yet"),
)
DECK_ENTER = JobKind(
    ENTER,
    _("Enter a deck of rates"),
    enter,
    is_idempotent=True,
    title=_deck_title(_("Enter %(file)s into %(group)s")),
    links=_deck_links,
    unit=_("rates"),
    cancel=_("Cancel, and enter nothing"),
)


def _copy_facts(job: Any) -> Sequence[tuple[str, str]]:
    """What the copy changes."""
    asked = CopyDraft.read(job.input)
    told = [
        (gettext("Percent"), f"{signed(asked.mark_up.percent)} %", asked.mark_up.percent),
        (gettext("Amount per minute"), signed(asked.mark_up.amount), asked.mark_up.amount),
    ]
    return [(label, words) for label, words, value in told if value]


def _copy_links(job: Any) -> Sequence[tuple[str, str]]:
    """Where the copy is looked at, once there is one."""
    if "group" not in job.result:
        return []
    url = reverse("billing:rate-group", args=[job.result["group"]])
    return [(gettext("See the rate group"), url)]


GROUP_COPY = JobKind(
    COPY,
    _("Copy a rate group"),
    copy,
    is_idempotent=True,
    title=lambda job: (
        gettext("Copy %(source)s as %(name)s")
        % {"source": job.input["source"], "name": job.input["name"]}
    ),
    facts=_copy_facts,
    links=_copy_links,
    unit=_("rates"),
    cancel=_("Cancel, and make no copy"),
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_job(DECK_CHECK)
    register_job(DECK_ENTER)
    register_job(GROUP_COPY)
    registry.add(
        "rates",
        Additions(
            modules=[MODULE, PRICE_MODULE],
            search_deeds=[COST],
            data_checks=[DataCheck("rates", _("Rates"), rates_found, order=60)],
            audit_terms=[AUDIT_TERMS],
            # After where the account stands, which is what the page is asked for first.
            overview_cards=numbered(115, [PRICE]),
            number_cards=numbered(10, [PRICE_OF_NUMBER]),
            call_pages=[PRICE_PAGE],
        ),
    )

"""What phone cards add to accounts: tab, deeds, column, search, their job and their secrets."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, register_job
from accounts.kit.addresses import address_of
from accounts.kit.errors import DomainError
from accounts.kit.secret_columns import SecretColumn, secret_columns
from accounts.numbers.presets import preset_labels
from accounts.portal.audit_terms import AuditTerms
from accounts.portal.deeds import MoveEffect
from accounts.portal.finding import Asked, Hit, Row, SearchSection
from accounts.portal.modules import EQUIPMENT, Module, OwnPage
from accounts.portal.object_search import keyed
from accounts.portal.registry import (
    Additions,
    Link,
    Placed,
    Tab,
    numbered,
    registry,
)
from accounts.portal.steps import CountedNote, StandingNote
from billing.cards import pins
from billing.cards.columns import CARD_COLUMNS
from billing.cards.models import Card, CardBatch
from billing.cards.queries import (
    any_live_without_group,
    batches_of,
    batches_to_stray,
    cards_called,
)
from billing.cards.rules.batches import check_may_have_cards, close_blockers, delete_blockers
from billing.cards.serials import cleaned
from billing.cards.services.batch_deeds import groups_of_batches_lost
from billing.cards.services.generation import JOB, generate
from billing.money import shown


def _url(actor: Actor, account: Account) -> str | None:
    """Card batches belong to general accounts."""
    if account.type != Account.Type.GENERAL:
        return None
    return address_of("billing:account-cards", account.account_id)


def _new_url(actor: Actor, account: Account) -> str | None:
    if account.type != Account.Type.GENERAL:
        return None
    return address_of("billing:card-batch-new", account.account_id)


def _why_not(actor: Actor, account: Account) -> str:
    decision = decide(actor, Authorization.MANAGE_PHONE_CARD, account)
    if not decision.is_allowed:
        return decision.sentence
    try:
        check_may_have_cards(account)
    except DomainError as refused:
        return str(refused.message)
    return ""


CARDS_TAB = Tab("cards", _("Phone cards"), _url)
CARDS = Link("cards", _("Phone cards"), "card", url=_url)
NEW_BATCH = Link("new-batch", _("New card batch…"), "card", url=_new_url, reason=_why_not)


def _may_see(actor: Actor) -> bool:
    return actor.is_administrator or Authorization.MANAGE_PHONE_CARD in actor.effective


def _called(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    """Cards by their serial, or the beginning of it; never by a PIN."""
    serial = cleaned(asked.fragment)
    return cards_called(actor, serial) if serial else None


SEARCH = SearchSection(
    "cards",
    _("Phone cards"),
    "card",
    _called,
    {"serial": "serial", "account": "batch__account_id", "batch": "batch__name"},
    lambda row: Hit(row["serial"], address_of("billing:card", row["serial"]), row["batch"]),
    lambda row, asked: row["serial"] == cleaned(asked.text),
    lambda row, asked: row["serial"],
    _may_see,
)


def _card_batch(row: Row, key: str) -> Hit:
    return Hit(key, reverse("billing:card-batch", args=[row["number"]]), row["name"])


BATCH_SECTION = keyed(
    "card-batches",
    _("Batches of phone cards"),
    "card",
    CardBatch.key_kind,
    batches_of,
    {"name": "name", "account": "account_id"},
    _card_batch,
)


def _batch_title(job: Any) -> str:
    return gettext("Make %(count)s phone cards: %(name)s") % {
        "count": number_format(job.total, force_grouping=True),
        "name": job.input["name"],
    }


def _batch_facts(job: Any) -> Sequence[tuple[str, str]]:
    value = f"{shown(Decimal(job.input['face_value']))} {settings.CURRENCY}"
    return [
        (gettext("Agent"), job.input["account"]),
        (gettext("First serial"), job.input["first_serial"]),
        (gettext("Face value"), value),
    ]


def _batch_links(job: Any) -> Sequence[tuple[str, str]]:
    if not job.committed_at:
        return []
    return [(gettext("See the batch"), reverse("billing:card-batch", args=[job.result["batch"]]))]


CARD_BATCH = JobKind(
    JOB,
    _("Make phone cards"),
    generate,
    is_idempotent=True,
    title=_batch_title,
    facts=_batch_facts,
    links=_batch_links,
    unit=_("cards"),
    cancel=_("Cancel, and make no card"),
)


MODULE = Module(
    "cards",
    _("Phone cards"),
    "card",
    lambda: reverse("billing:cards"),
    EQUIPMENT,
    beginnings=("billing:card", "billing:account-card"),
    is_for=_may_see,
    order=70,
)


OWN_PAGE = OwnPage(
    "cards",
    _("Phone cards"),
    "card",
    lambda actor: reverse("billing:cards") if MODULE.is_for(actor) else None,
    pages=frozenset({"billing:cards", "billing:card-batch"}),
    order=60,
)


def _batches_lose(
    actor: Actor, accounts: Sequence[Account], target: Account | None
) -> Mapping[str, Any] | None:
    """How many batches lose their rate group by a move. One query at most."""
    count = batches_to_stray(accounts, target).count() if accounts else 0
    return {"count": count} if count else None


def _no_group(found: int) -> StandingNote | None:
    """Whether there are cards that can be used, and open accounts that cannot call."""
    if not found:
        return None
    url = f"{reverse('billing:cards')}?calls_at=none"
    words = gettext("Phone cards without a rate group can be used: what they open cannot call")
    return StandingNote("warn", words, url)


NO_GROUP = CountedNote(
    "cards without a group",
    any_live_without_group,
    _no_group,
    values=lambda: [timezone.now()],
    order=35,
)
BATCHES_LOSE = MoveEffect("billing/cards/_groups_lost.html", _batches_lose, order=40)
AUDIT_TERMS = AuditTerms(
    words={
        "card_batch.create": ("card", "ok", _("Card batch %(subject)s made")),
        "card_batch.activate": ("card", "ok", _("Card batch %(subject)s activated")),
        "card_batch.release": ("card", "ok", _("Cards of batch %(subject)s released")),
        "card_batch.withdraw": ("no", "warn", _("Cards of batch %(subject)s withdrawn")),
        "card_batch.rename": ("edit", "", _("Card batch %(subject)s named otherwise")),
        "card_batch.opening": (
            "edit",
            "",
            _("Card batch %(subject)s opens accounts on other terms"),
        ),
        "card_batch.delete": ("trash", "danger", _("Card batch %(subject)s deleted")),
        "card_batch.block": ("lock", "warn", _("Card batch %(subject)s blocked")),
        "card_batch.unblock": ("unlock", "", _("Card batch %(subject)s unblocked")),
        "card_batch.extend": ("calendar", "", _("Card batch %(subject)s: another last day")),
        "card_batch.export": ("download", "warn", _("PINs of card batch %(subject)s exported")),
        "card_batches.export": ("download", "", _("List of card batches exported")),
        "card_batch.print": ("print", "warn", _("PINs of card batch %(subject)s printed")),
        "card.sell": ("card", "", _("Phone cards of %(subject)s sold")),
        "card.block": ("lock", "warn", _("Phone card blocked: %(subject)s")),
        "card.unblock": ("unlock", "", _("Phone card unblocked: %(subject)s")),
        "card.extend": ("calendar", "", _("Phone card %(subject)s: another last day")),
        "card.reveal": ("eye", "warn", _("PIN of phone card %(subject)s shown")),
        "card.callers": ("phone", "", _("Numbers that call with phone card %(subject)s")),
        "card.look_up": ("search", "", _("Phone card %(subject)s found by its PIN")),
        "card.redeem": ("card", "ok", _("Phone card %(subject)s used to recharge")),
        "card.activate": ("card", "ok", _("Phone card %(subject)s opened this account")),
    },
    labels={"number_preset": _("Number sections"), "callers": _("Caller numbers")},
    choices={"number_preset": preset_labels()},
    values={"batch": CardBatch.key_kind},
)


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    secret_columns.append(SecretColumn(Card, "pin", lookup="lookup_hash", purpose=pins.PURPOSE))
    register_job(CARD_BATCH)
    registry.add(
        "cards",
        Additions(
            modules=[MODULE],
            own_pages=[OWN_PAGE],
            audit_terms=[AUDIT_TERMS],
            # Beside what else an account has.
            columns=numbered(50, CARD_COLUMNS),
            account_tabs=numbered(90, [CARDS_TAB]),
            row_actions=numbered(180, [CARDS, NEW_BATCH]),
            search_sections=[*numbered(70, [SEARCH]), *numbered(90, [BATCH_SECTION])],
            counted_notes=[NO_GROUP],
            on_move=[Placed(20, groups_of_batches_lost)],
            move_effects=[BATCHES_LOSE],
            close_blockers=[Placed(40, close_blockers)],
            delete_blockers=[Placed(40, delete_blockers)],
        ),
    )

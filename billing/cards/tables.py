"""Cards and batches as pages show them, prepared as texts."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.kit.addresses import address_of
from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html
from accounts.kit.moments import (
    day_of_words,
    moment_words,
    until_value,
    until_words,
    with_zone,
    zone_words,
)
from accounts.numbers.presets import presets
from accounts.portal.lists.cells import icon, link, on_card, status
from accounts.portal.lists.columns import ACCOUNTS, VIEWERS, Column
from billing.cards import pins
from billing.cards.models import Card, CardBatch
from billing.cards.services.secrets import pin_masked
from billing.ledger.words import People
from billing.money import shown
from billing.wallets.queries import group_name

Status = Card.Status
# Symbol and colour of each status, and the colour of its part of the bar.
LOOKS: dict[str, tuple[str, str, str]] = {
    Status.NEW: ("ring", "muted", "mute"),
    Status.SOLD: ("half", "info", "info"),
    Status.ACTIVE: ("dot", "ok", "ok"),
    Status.USED_UP: ("check", "muted", ""),
    Status.EXPIRED: ("clock", "warn", "warn"),
    Status.LOCKED: ("lock", "danger", "danger"),
    Status.WITHDRAWN: ("no", "muted", "gone"),
}
# Some of its cards are released.
PARTLY = "partly"
STATES: dict[str, tuple[Any, str, str]] = {
    CardBatch.State.GENERATED: (CardBatch.State.GENERATED.label, "ring", "muted"),
    PARTLY: (gettext_lazy("Partly released"), "half", "info"),
    CardBatch.State.ACTIVE: (CardBatch.State.ACTIVE.label, "check", "ok"),
    CardBatch.State.BLOCKED: (CardBatch.State.BLOCKED.label, "lock", "danger"),
}


def figure(number: int) -> str:
    return str(number_format(number, force_grouping=True))


def card_row(card: Card, people: People, *, with_end: bool) -> dict[str, Any]:
    """One card as a list shows it; `with_end`: the last digits of the PIN too. The account that has
    its value is named as `people` knows it: it may have moved.
    """
    standing = card.standing_at(timezone.now())
    icon, colour, _bar = LOOKS[standing]
    account = card.account
    return {
        "serial": card.serial,
        "url": address_of("billing:card", card.serial),
        "reveal_url": address_of("billing:card-reveal", card.serial),
        "reveal_label": _("Show PIN of %(serial)s") % {"serial": card.serial},
        "pin": pin_masked(card) if with_end else pins.hidden(),
        "status": Status(standing).label,
        "icon": icon,
        "colour": colour,
        "is_over": standing in (Status.USED_UP, Status.EXPIRED, Status.WITHDRAWN),
        "released": day_of_words(card.released_at),
        "withdrawn": day_of_words(card.withdrawn_at),
        "sold": day_of_words(card.sold_at),
        "used": day_of_words(card.activated_at),
        "ends": until_words(card.ends_at, card.batch.account.zone),
        "account": people.account(account) if account else "",
        "account_url": account.get_absolute_url() if account and people.knows(account.pk) else "",
    }


def batch_row(batch: CardBatch) -> dict[str, Any]:
    """One batch as a list shows it."""
    label, icon, colour = STATES[_state(batch)]
    return {
        "name": batch.name,
        "url": reverse("billing:card-batch", args=[batch.pk]),
        "account": batch.account.account_id,
        "account_url": address_of("billing:account-cards", batch.account.account_id),
        "count": figure(batch.count),
        "face_value": shown(batch.face_value),
        "total": shown(batch.face_value * batch.count),
        "first": batch.serial_at(0),
        "last": batch.serial_at(batch.count - 1),
        "released": figure(batch.released),
        "state": label,
        "icon": icon,
        "colour": colour,
        "ends": until_words(batch.expires_at, batch.account.zone),
        "made": day_of_words(batch.created_at),
        "first_released": day_of_words(batch.activated_at),
        "memo": batch.memo,
        "batch": batch,
    }


def _state(batch: CardBatch) -> str:
    is_partly = batch.state == CardBatch.State.ACTIVE and batch.released < batch.count
    return PARTLY if is_partly else batch.state


def bar(counts: dict[str, int], total: int) -> dict[str, Any]:
    """The states of a batch's cards: parts of a bar in percent, and figures with words."""
    parts, at = [], 0.0
    for standing, (_icon, _colour, colour) in LOOKS.items():
        share = 100 * counts.get(standing, 0) / total
        if share:
            parts.append({"x": f"{at:.2f}%", "width": f"{share:.2f}%", "colour": colour})
        at += share
    figures = [
        {
            "label": Status(standing).label,
            "count": figure(counts.get(standing, 0)),
            "colour": looks[2],
        }
        for standing, looks in LOOKS.items()
    ]
    words = ", ".join(f"{one['count']} {one['label']}" for one in figures if one["count"] != "0")
    return {"parts": parts, "figures": figures, "words": words}


def opening_words(group: str, model: str, preset: str) -> dict[str, Any]:
    """What accounts have that cards open, for `billing/cards/_opening.html`: the name of the rate
    group as the viewer may know it ("" = none), CTD billing model, preset of number sections.
    """
    return {
        "rate_group": group,
        "ctd_billing_model": choice_words(Account.BillingModel, model),
        "number_preset": presets()[preset].label if preset else "",
    }


def opening_of(actor: Actor, batch: CardBatch) -> dict[str, Any]:
    """The same of a batch. Two queries at most."""
    group = group_name(actor, batch.rate_group)
    return opening_words(group, batch.ctd_billing_model, batch.number_preset)


def guess_words(one_in: int) -> str:
    """How likely a guess hits, in words."""
    return _("1 in %(chance)s guesses hits") % {"chance": figure(one_in)}


def file_header(batch: CardBatch) -> list[str]:
    """The columns of an exported batch."""
    return [
        _("Serial"), _("PIN"), _("Face value, %(currency)s") % {"currency": settings.CURRENCY},
        _("Status"), with_zone(_("Released"), zone_words()),
        with_zone(_("Use by"), batch.account.time_zone),
        _("Rate group"), _("CTD billing model"), _("Number sections"),
    ]  # fmt: skip


def file_rows(cards: Iterable[tuple[Card, str]], opening: Mapping[str, Any]) -> Iterable[list[Any]]:
    """Cards with their PINs as a file holds them, and what their accounts have (`opening_of`)."""
    now = timezone.now()
    for card, pin in cards:
        standing = Status(card.standing_at(now))
        yield [
            card.serial, pin, card.batch.face_value, standing.label, day_of_words(card.released_at),
            until_words(card.ends_at, card.batch.account.zone), opening["rate_group"],
            opening["ctd_billing_model"], opening["number_preset"],
        ]  # fmt: skip


def _with_memo(row: Mapping[str, Any]) -> Any:
    name = link(row["url"], row["name"])
    if not row["memo"]:
        return name
    return format_html('{} <span class="muted fw-normal text-wrap">{}</span>', name, row["memo"])


def _in_money(label: Any) -> Any:
    return format_lazy("{}, {}", label, settings.CURRENCY)


def _taken_from(row: Mapping[str, Any]) -> Any:
    if row["batch_url"]:
        return link(row["batch_url"], row["batch"])
    return format_html('{} <span class="muted fw-normal">{}</span>', row["batch"], _("deleted"))


def _agent_of(row: Mapping[str, Any]) -> Any:
    account = row["account"]
    return link(account.get_absolute_url(), account, "quiet-link") if account else "–"


PINS_TAKEN_COLUMNS = (
    Column("batch", gettext_lazy("Batch"), _taken_from, css=""),
    Column("agent", gettext_lazy("Agent"), _agent_of, css="card-left"),
    Column(
        "at",
        gettext_lazy("When"),
        lambda row: moment_words(row["at"]),
        css="tnum nowrap card-right",
        zone=VIEWERS,
    ),
    Column("what", gettext_lazy("How"), lambda row: row["what"], css="card-left"),
    Column(
        "count", gettext_lazy("Cards"), lambda row: row["count"], is_number=True, css="card-top"
    ),
    Column(
        "first", gettext_lazy("From serial"), lambda row: row["first"], css="mono nowrap card-right"
    ),
    Column("who", gettext_lazy("Who"), lambda row: row["who"], css="card-left"),
    Column("reason", gettext_lazy("Reason"), lambda row: row["reason"], css="text-wrap card-left"),
)
BATCH_COLUMNS = (
    Column("name", gettext_lazy("Name"), _with_memo, lambda row: row["name"], css=""),
    Column(
        "agent",
        gettext_lazy("Agent"),
        lambda row: link(row["account_url"], row["account"], "quiet-link"),
        lambda row: row["account"],
        only_all=True,
        css="nowrap card-left",
    ),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: status(row["icon"], row["colour"], row["state"]),
        lambda row: row["state"],
        css="card-right",
    ),
    Column("count", gettext_lazy("Cards"), value=lambda row: row["batch"].count),
    Column(
        "released",
        gettext_lazy("Released"),
        lambda row: _("%(released)s of %(count)s") % row,
        lambda row: row["batch"].released,
        is_number=True,
        css="nowrap card-top",
    ),
    Column(
        "face_value",
        _in_money(gettext_lazy("Face value")),
        lambda row: row["face_value"],
        lambda row: row["batch"].face_value,
        is_number=True,
    ),
    Column(
        "outstanding",
        _in_money(gettext_lazy("Outstanding")),
        lambda row: on_card(_("outstanding"), shown(row["outstanding"])),
        lambda row: row["outstanding"],
        is_number=True,
        css="card-right",
    ),
    Column(
        "serials",
        gettext_lazy("Serials"),
        lambda row: f"{row['first']} – {row['last']}",
        css="mono nowrap card-left",
    ),
    Column("first", gettext_lazy("From serial"), value=lambda row: row["first"]),
    Column("last", gettext_lazy("To serial"), value=lambda row: row["last"]),
    Column(
        "ends",
        gettext_lazy("Use by"),
        lambda row: row["ends"] or "–",
        lambda row: until_value(row["batch"].expires_at, row["batch"].account.zone),
        css="tnum nowrap card-skip",
        zone=ACCOUNTS,
    ),
    Column(
        "made",
        gettext_lazy("Made"),
        lambda row: row["made"],
        lambda row: row["batch"].created_at,
        css="tnum nowrap card-skip",
        is_roomy=True,
        zone=VIEWERS,
    ),
    Column("memo", gettext_lazy("Memo"), value=lambda row: row["memo"]),
)


def _pin(row: Mapping[str, Any]) -> Any:
    shown_pin = format_html('<span class="pin">{}</span>', row["pin"])
    if not row["may_reveal"]:
        return shown_pin
    return format_html(
        '{} <a class="btn btn-bare btn-icon" href="{}" aria-label="{}">{}</a>',
        shown_pin,
        row["reveal_url"],
        row["reveal_label"],
        icon("eye"),
    )


def _released(row: Mapping[str, Any]) -> Any:
    if row["released"]:
        return on_card(_("released"), row["released"])
    return format_html(
        '<span class="only-card muted">{}</span><span class="only-table">–</span>',
        _("not released"),
    )


def _account(row: Mapping[str, Any]) -> Any:
    if row["account_url"]:
        return link(row["account_url"], row["account"], "quiet-link")
    return row["account"] or "–"


CARD_COLUMNS = (
    Column(
        "serial",
        gettext_lazy("Serial"),
        lambda row: link(row["url"], row["serial"], "mono"),
        css="",
    ),
    Column("pin", gettext_lazy("PIN"), _pin, css="nowrap card-left"),
    Column(
        "status",
        gettext_lazy("Status"),
        lambda row: status(
            row["icon"], row["colour"], row["status"], "is-off" if row["is_over"] else ""
        ),
        css="card-right",
    ),
    Column(
        "released", gettext_lazy("Released"), _released, css="tnum nowrap card-left", zone=VIEWERS
    ),
    Column(
        "sold",
        gettext_lazy("Sold"),
        lambda row: row["sold"] or "–",
        css="tnum nowrap card-skip",
        zone=VIEWERS,
    ),
    Column(
        "used",
        gettext_lazy("First used"),
        lambda row: row["used"] or "–",
        css="tnum nowrap card-skip",
        zone=VIEWERS,
    ),
    Column(
        "ends",
        gettext_lazy("Expires"),
        lambda row: row["ends"] or "–",
        css="tnum nowrap card-top",
        zone=ACCOUNTS,
    ),
    Column("account", gettext_lazy("Account"), _account),
)

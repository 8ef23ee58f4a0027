"""Rate groups and rates as lists show them, prepared as texts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, ExpressionWrapper, F
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.core.actor import Actor
from accounts.kit.addresses import address_of
from accounts.kit.markup import format_html, joined
from accounts.kit.moments import moment_words
from accounts.kit.pagination import SortKey
from accounts.portal.lists.cells import badge, change, icon, link, quiet, status, under
from accounts.portal.lists.columns import Column
from billing.money import shown
from billing.rates.counting import COUNTED, GroupFigures
from billing.rates.folding import LEAD, Fold, code_of, place_words
from billing.rates.models import DeckRow, Rate, RateCorrection
from billing.wallets.models import RateGroup

_DAYS = (
    gettext_lazy("Mon"),
    gettext_lazy("Tue"),
    gettext_lazy("Wed"),
    gettext_lazy("Thu"),
    gettext_lazy("Fri"),
    gettext_lazy("Sat"),
    gettext_lazy("Sun"),
)


def figure(number: int) -> str:
    return str(number_format(number, force_grouping=True))


def per_minute(price: Any) -> str:
    """A price as lists show it: four decimals at least, so that they stand below one another."""
    whole, _point, decimals = shown(price).partition(".")
    return f"{whole}.{decimals.ljust(4, '0')}"


def block_words(rate: Rate) -> str:
    return f"{rate.first_block}/{rate.increment}"


def period_words(rate: Rate | DeckRow) -> str:
    """The hours of a rate in words; "" where it counts all the time."""
    period = rate.period
    if period is None:
        return ""
    names = [str(name) for at, name in enumerate(_DAYS) if period.days >> at & 1]
    days = _("every day") if len(names) == 7 else ", ".join(names)
    hours = str(period).rpartition(" ")[2].replace("-", "–")
    return f"{days} {hours}"


def group_url(group: RateGroup) -> str:
    return reverse("billing:rate-group", args=[group.pk])


def prefix_url(group: RateGroup, prefix: str) -> str:
    """The list of a group where a prefix stands: in a folded one its country is open."""
    code = code_of(prefix[:LEAD])
    return f"{group_url(group)}?open={code}#fold-{code}"


def rate_url(rate: Rate) -> str:
    return reverse("billing:rate", args=[rate.group_id, rate.pk])


def owner_words(actor: Actor, group: RateGroup) -> str:
    """Whose a group is, as the viewer may know it."""
    if actor.is_administrator:
        return str(group.owner) if group.owner_id else _("Platform")
    if group.owner_id == actor.account_pk:
        return _("yours")
    return _("the platform") if actor.is_top_level else actor.someone_above


def group_row(actor: Actor, group: RateGroup, figures: GroupFigures) -> dict[str, Any]:
    """One group as the list shows it."""
    is_kept = actor.is_administrator or group.owner_id == actor.account_pk
    notes = []
    if figures.is_bought_at:
        notes.append(_("you buy at it"))
    if group.is_shared:
        notes.append(_("shared with agents below") if is_kept else _("shared with you"))
    return {
        "pk": group.pk,
        "name": group.name,
        "url": group_url(group),
        "memo": group.memo if is_kept else "",
        "owner": owner_words(actor, group),
        "notes": notes,
        "users": figures.users,
        "users_url": _users_url(actor, group),
        "rates": figures.rates,
        "next": moment_words(figures.next_change, group.zone) if figures.next_change else "",
        "zone": group.time_zone,
        "currency": settings.CURRENCY,
    }


def _users_url(actor: Actor, group: RateGroup) -> str:
    """The list of those who buy at it, as far as the viewer reaches."""
    url = reverse("accounts:list")
    if actor.own is not None:
        url = address_of("accounts:sub-accounts", actor.own.account_id)
    return f"{url}?show=all&rate_group={group.key}"


def _group_name(row: Mapping[str, Any]) -> Any:
    name = link(row["url"], row["name"])
    return joined([name, under(row["memo"])]) if row["memo"] else name


def _owner(row: Mapping[str, Any]) -> Any:
    return joined([row["owner"], under(", ".join(row["notes"]))]) if row["notes"] else row["owner"]


def _users(row: Mapping[str, Any]) -> Any:
    return link(row["users_url"], figure(row["users"])) if row["users"] else quiet("0")


def _rates(row: Mapping[str, Any]) -> str:
    if row["rates"] > COUNTED:
        return _("more than %(count)s") % {"count": figure(COUNTED)}
    return figure(row["rates"])


GROUP_COLUMNS = (
    Column(
        "name", gettext_lazy("Rate group"), _group_name, itemgetter("name"), SortKey(Lower("name"))
    ),
    Column("owner", gettext_lazy("Owner"), _owner, itemgetter("owner"), css="card-left"),
    Column("notes", gettext_lazy("Notes"), value=lambda row: ", ".join(row["notes"])),
    Column(
        "users",
        gettext_lazy("Used by"),
        _users,
        itemgetter("users"),
        is_number=True,
        css="card-top",
    ),
    Column(
        "rates",
        gettext_lazy("Rates"),
        _rates,
        lambda row: _rates(row) if row["rates"] > COUNTED else row["rates"],
        is_number=True,
        css="card-right",
    ),
    Column(
        "next",
        gettext_lazy("Next change"),
        lambda row: (
            format_html('{} <span class="muted small">{}</span>', row["next"], row["zone"])
            if row["next"]
            else "–"
        ),
        itemgetter("next"),
        css="tnum nowrap card-skip",
    ),
    Column("zone", gettext_lazy("Time zone"), value=itemgetter("zone")),
    Column("memo", gettext_lazy("Memo"), value=itemgetter("memo")),
)


def state_of(rate: Rate, now: datetime) -> tuple[str, str, str]:
    """(symbol, colour, words) of how a rate stands."""
    if rate.void_at is not None:
        return "no", "muted", _("Taken back")
    if rate.effective_until and rate.effective_until <= now:
        return "no", "muted", _("Ended")
    if rate.effective_from > now:
        return "clock", "info", _("Coming")
    if rate.is_locked:
        return "lock", "danger", _("Locked")
    return "dot", "ok", _("In effect")


def rate_row(
    rate: Rate, group: RateGroup, now: datetime, *, may_change: bool = False
) -> dict[str, Any]:
    """One rate as lists show it; times are those of the group's zone. `may_change`: its price is
    edited where it stands, as long as it has not ended.
    """
    is_open = may_change and not (rate.effective_until and rate.effective_until <= now)
    place = [rate.group_id, rate.pk]
    symbol, colour, words = state_of(rate, now)
    return {
        "pk": rate.pk,
        "key": rate.key,
        "prefix": rate.prefix,
        "url": rate_url(rate),
        "destination": rate.destination,
        "price": per_minute(rate.price),
        "price_url": reverse("billing:rate-price", args=place) if is_open else "",
        "change_url": reverse("billing:rate-change", args=place) if is_open else "",
        "price_label": _("Change the price of %(prefix)s, %(price)s")
        % {"prefix": rate.prefix, "price": per_minute(rate.price)},
        "block": block_words(rate),
        "fee": shown(rate.connection_fee) if rate.connection_fee else "",
        "hours": period_words(rate),
        "since": moment_words(rate.effective_from, group.zone),
        "until": moment_words(rate.effective_until, group.zone),
        "state": status(symbol, colour, words),
        "is_locked": rate.is_locked,
    }


def _prefix(row: Mapping[str, Any]) -> Any:
    if "depth" not in row:
        return link(row["url"], row["prefix"], "mono")
    # Below its country: what it adds to the prefix above it stands out.
    above = row["above"]
    return format_html(
        '<a class="mono pfx d{}" href="{}">{}<b>{}</b></a>',
        row["depth"],
        row["url"],
        above,
        row["prefix"].removeprefix(above),
    )


def _price(row: Mapping[str, Any]) -> Any:
    if not row["price_url"]:
        return format_html('<span class="rate">{}</span>', row["price"])
    # Without script the link leads to the whole form.
    return format_html(
        '<a class="rate quiet-link" href="{}" hx-get="{}" hx-target="closest td" '
        'aria-label="{}">{}</a>',
        row["change_url"],
        row["price_url"],
        row["price_label"],
        row["price"],
    )


def _effect(row: Mapping[str, Any]) -> Any:
    since = format_html('<span class="muted small">{} </span>{}', _("from"), row["since"])
    return (
        joined([since, under(_("until %(at)s") % {"at": row["until"]})]) if row["until"] else since
    )


RATE_COLUMNS = (
    Column("prefix", gettext_lazy("Prefix"), _prefix, sort=SortKey(F("prefix"), str), css=""),
    Column(
        "destination",
        gettext_lazy("Destination"),
        lambda row: (
            joined([row["destination"], " ", badge(row["hours"], "plain", "clock")])
            if row["hours"]
            else row["destination"] or "–"
        ),
        css="card-left",
    ),
    Column(
        "price",
        format_lazy("{}, {}", gettext_lazy("Per minute"), settings.CURRENCY),
        _price,
        sort=SortKey(ExpressionWrapper(F("price"), BigIntegerField()), int),
        is_number=True,
        css="card-top",
    ),
    Column(
        "block",
        gettext_lazy("Block"),
        lambda row: row["block"],
        is_number=True,
        css="tnum card-right",
    ),
    Column(
        "fee",
        gettext_lazy("Fee"),
        lambda row: row["fee"] or quiet("0"),
        is_number=True,
        css="card-skip",
        is_roomy=True,
    ),
    Column(
        "since",
        gettext_lazy("In effect"),
        _effect,
        sort=SortKey(F("effective_from"), datetime),
        css="tnum nowrap card-left",
    ),
    Column("state", gettext_lazy("State"), lambda row: row["state"], css="card-right"),
)


def fold_row(fold: Fold, columns: Sequence[Column], url: str, *, is_open: bool, ticks: bool) -> Any:
    """The head of a country in the list of a group's rates; the link opens or closes it."""
    name = place_words(fold.code)
    words = _("Close %(code)s %(place)s") if is_open else _("Open %(code)s %(place)s")
    head = format_html(
        '<th scope="row"><a class="twist pfx" id="fold-{}" {} aria-expanded="{}" '
        'aria-label="{}">{}<b>{}</b></a></th>',
        fold.code,
        in_place(url, fold.code),
        "true" if is_open else "false",
        words % {"code": fold.code, "place": name},
        icon("right"),
        fold.code,
    )
    count = ngettext("%(count)s rate", "%(count)s rates", fold.rates)
    cells = {
        "prefix": head,
        "destination": format_html(
            '<td class="card-left"><b>{}</b> <span class="muted">{}</span></td>',
            name,
            count % {"count": figure(fold.rates)},
        ),
        "price": format_html(
            '<td class="num card-top"><span class="rate thin">{}</span></td>', _range(fold)
        ),
        "state": format_html(
            '<td class="card-right"><span class="muted small">{}</span></td>', _notes(fold)
        ),
    }
    rest = [
        cells.get(one.name) or format_html('<td class="{} card-skip"></td>', one.kind)
        for one in columns
    ]
    tick = SafeString('<td class="tick"></td>') if ticks else ""
    return format_html('<tr class="fold">{}{}</tr>', tick, joined(rest))


def in_place(url: str, code: str) -> SafeString:
    """A link of a folded list: it brings the list alone and leaves the rest of the page; without
    script, and from elsewhere, it leads to the country.
    """
    place = f"{url}#fold-{code}"
    return format_html(
        'href="{}" hx-get="{}" hx-target="#list" hx-select="#list" hx-swap="outerHTML" '
        'hx-push-url="{}"',
        place,
        url,
        place,
    )


def _range(fold: Fold) -> str:
    lowest, highest = per_minute(fold.lowest), per_minute(fold.highest)
    return lowest if lowest == highest else f"{lowest} – {highest}"


def _notes(fold: Fold) -> str:
    notes = []
    if fold.locked:
        notes.append(_("%(count)s locked") % {"count": figure(fold.locked)})
    if fold.coming:
        notes.append(_("%(count)s coming") % {"count": figure(fold.coming)})
    return ", ".join(notes)


def outcome_rows(outcomes: Any) -> list[dict[str, Any]]:
    """What a deed on many rates would do, for its check page."""
    return [
        {
            "prefix": one.rate.prefix,
            "destination": one.rate.destination,
            "hours": period_words(one.rate),
            "change": change(per_minute(one.before), _after(one)),
            "skipped": one.skipped,
        }
        for one in outcomes
    ]


def _after(outcome: Any) -> str:
    return _("ends") if outcome.after is None else per_minute(outcome.after)


def correction_row(one: RateCorrection, group: RateGroup, who: str) -> dict[str, Any]:
    """One correction as its page shows it."""
    return {
        "prefix": one.prefix,
        "price": per_minute(one.price),
        "since": moment_words(one.begins_at, group.zone),
        "until": moment_words(one.ends_at, group.zone),
        "reason": one.reason,
        "who": who,
        "at": moment_words(one.created_at),
        "remove_url": reverse("billing:rate-correction-remove", args=[group.pk, one.pk]),
        "remove_label": _("Take back the correction of %(prefix)s") % {"prefix": one.prefix},
    }

"""Switches, and who was refused at their door, as the page shows them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.kit.choices import choice_words
from accounts.kit.markup import format_html, format_html_join
from accounts.kit.moments import moment_words
from accounts.portal.lists.cells import link, quiet, status, time, under
from accounts.portal.lists.columns import VIEWERS, Column
from accounts.switches.models import DoorRefusal, Switch
from accounts.switches.queries import HEARD, Refused
from accounts.switches.sources import comes_from

Why = DoorRefusal.Why


def state_words(switch: Switch, now: datetime) -> tuple[str, str, str]:
    """Symbol, colour and words: whether it is heard."""
    if switch.is_locked:
        return "lock", "", _("Locked")
    if switch.last_seen_at is None:
        return "ring", "", _("Never heard")
    if now - switch.last_seen_at <= HEARD:
        return "dot", "ok", _("Heard")
    silent = timesince(switch.last_seen_at, now, depth=1)
    return "warn", "warn", _("Silent for %(time)s") % {"time": silent}


class SwitchRow:
    """A switch, seen at one moment."""

    def __init__(self, switch: Switch, now: datetime) -> None:
        self.switch = switch
        self.pk = switch.pk
        self.state = state_words(switch, now)


def _name(row: SwitchRow) -> Any:
    name = link(row.switch.get_absolute_url(), row.switch.name)
    return format_html("<span>{}{}</span>", name, under(row.switch.note) if row.switch.note else "")


def _seen(row: SwitchRow) -> Any:
    switch = row.switch
    if switch.last_seen_at is None:
        return quiet("–")
    shown = time(switch.last_seen_at, moment_words(switch.last_seen_at))
    return format_html("<span>{}{}</span>", shown, under(switch.last_address or ""))


def _key(row: SwitchRow) -> Any:
    since = _("since %(day)s") % {"day": moment_words(row.switch.key_made_at)}
    return format_html(
        '<span><span class="mono">vsw_{}…</span>{}</span>', row.switch.key_id, under(since)
    )


def _addresses(row: SwitchRow) -> Any:
    lines = format_html_join("<br>", "{}", ((one,) for one in row.switch.addresses))
    return format_html('<span class="mono">{}</span>', lines)


def _deeds(row: SwitchRow) -> Any:
    return format_html(
        '<a class="btn btn-quiet btn-sm" href="{}">{}<span class="visually-hidden">: {}</span></a>',
        reverse("switch-key", args=[row.switch.pk]),
        _("New key…"),
        row.switch.name,
    )


COLUMNS = (
    Column(
        "switch",
        gettext_lazy("Switch"),
        _name,
        lambda row: row.switch.name,
        css="",
        is_lead=True,
    ),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: status(*row.state),
        lambda row: row.state[2],
        css="card-top",
    ),
    Column(
        "seen",
        gettext_lazy("Last seen"),
        _seen,
        lambda row: row.switch.last_seen_at,
        css="tnum",
        is_labelled=True,
        zone=VIEWERS,
    ),
    Column("seen_from", gettext_lazy("Seen from"), value=lambda row: row.switch.last_address),
    # A file holds nothing of the key but since when there is it.
    Column("key", gettext_lazy("Key"), _key, css="tnum", is_labelled=True, zone=VIEWERS),
    Column(
        "key_since",
        gettext_lazy("Key since"),
        value=lambda row: row.switch.key_made_at,
        zone=VIEWERS,
    ),
    Column(
        "addresses",
        gettext_lazy("Addresses"),
        _addresses,
        lambda row: ", ".join(row.switch.addresses),
        css="",
        is_labelled=True,
    ),
    Column("note", gettext_lazy("Note"), value=lambda row: row.switch.note),
    Column("deeds", gettext_lazy("New key"), _deeds, css="", is_act=True, is_label_hidden=True),
)


def refused_rows(found: Sequence[Refused], switches: Iterable[Switch]) -> list[Mapping[str, Any]]:
    """Who was refused, in words; beside an address whose it is, where a switch has it."""
    known = list(switches)
    return [_refused_row(one, known) for one in found]


def _refused_row(one: Refused, switches: Sequence[Switch]) -> Mapping[str, Any]:
    named = next((each for each in switches if each.name == one.switch), None)
    owner = None
    if named is None and one.address:
        owner = next((each for each in switches if comes_from(one.address, each.addresses)), None)
    times = ngettext("%(count)s time", "%(count)s times", one.count) % {"count": f"{one.count:,}"}
    return {
        "icon": "globe" if one.why == Why.ADDRESS else "lock" if one.why == Why.LOCKED else "no",
        "colour": "warn" if named or owner else "danger",
        "address": one.address,
        "why": choice_words(Why, one.why),
        "switch": named,
        "owner": owner,
        "may_allow": named is not None and one.why == Why.ADDRESS,
        "times": times,
        "at": one.last_at,
    }

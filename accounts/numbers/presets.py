"""Named sets of prefixes and presets of rules, shipped as data with their source; no database
(docs/domain.md 5).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.numbers.places import country_codes
from accounts.numbers.verdict import Rule, Section

_FILE = Path(__file__).parent / "data" / "number_sets.json"
# The names of the file, for the translators.
_LABELS = {
    "satellite": gettext_lazy("Satellite"),
    "premium": gettext_lazy("Premium"),
    "local-reseller": gettext_lazy("Local Reseller"),
    "regional-agent": gettext_lazy("Regional Agent"),
    "global-wholesaler": gettext_lazy("Global Wholesaler"),
    "calling-card": gettext_lazy("Calling Card Agent"),
}


@dataclass(frozen=True)
class PrefixSet:
    """Prefixes with a name, and where that they belong together is written."""

    name: str
    label: str
    what: str
    source: str
    prefixes: tuple[str, ...]

    def rules(self, *, is_allow: bool) -> list[Rule]:
        return [Rule(Section(one), is_allow) for one in self.prefixes]


@dataclass(frozen=True)
class Preset:
    """Destination rules to start from."""

    name: str
    label: str
    what: str
    rules: tuple[Rule, ...]


def prefix_sets() -> dict[str, PrefixSet]:
    """The shipped sets by name; those of countries are `country_set`."""
    return {
        one["name"]: PrefixSet(
            one["name"],
            str(_LABELS[one["name"]]),
            one["what"],
            one["source"],
            tuple(one["prefixes"]),
        )
        for one in _data()["sets"]
    }


def country_set(code: str) -> PrefixSet | None:
    """The numbers of a country by its calling code, as the library `phonenumbers` knows it."""
    country = dict(country_codes()).get(code)
    if country is None:
        return None
    return PrefixSet(code, country, "", _("Library phonenumbers"), (code,))


def presets() -> dict[str, Preset]:
    """The shipped presets by name."""
    sets = prefix_sets()
    found = {}
    for one in _data()["presets"]:
        blocked = [*one["block"], *(x for name in one["block_sets"] for x in sets[name].prefixes)]
        rules = [Rule(Section(x), True) for x in one["allow"]]
        rules += [Rule(Section(x), False) for x in dict.fromkeys(blocked)]
        label = str(_LABELS[one["name"]])
        found[one["name"]] = Preset(one["name"], label, one["what"], tuple(rules))
    return found


def preset_labels() -> dict[str, Any]:
    """What the shipped presets are called, by name; to be put into the language of a request."""
    return {one["name"]: _LABELS[one["name"]] for one in _data()["presets"]}


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return data

"""Which column of a carrier's deck is which: the words of many systems (docs/domain.md 7). Pure
functions, no database.
"""

import re
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.kit.headings import MOST_ABOVE, Headings, Known, find_headings
from accounts.kit.sheets_in import BadSheet

# Rows that may stand up to the first rate.
ABOVE = MOST_ABOVE + 2

# Those that prices are written beside; a price in another one than the platform's is none.
CURRENCIES = (
    "USD", "EUR", "GBP", "BDT", "INR", "AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK",
    "HKD", "IDR", "JPY", "KES", "KWD", "LKR", "MXN", "MYR", "NGN", "NOK", "NPR", "NZD", "OMR",
    "PHP", "PKR", "PLN", "QAR", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY", "UAH", "VND",
    "XAF", "XOF", "ZAR",
)  # fmt: skip
_WORD = re.compile(r"[A-Z]{3}")


def _priced(*words: str) -> list[str]:
    """Words of a price, with the units they are written with."""
    units = ("", "/min", " per min", " per minute")
    found = [f"{word}{unit}" for word in words for unit in units]
    for currency in CURRENCIES:
        found += [f"{word} {currency}{unit}" for word in words for unit in units]
        found += [f"{currency} {word}" for word in words]
    return found


_PER_MINUTE = [f"{one}{unit}" for one in CURRENCIES for unit in ("/min", " per min", " per minute")]

KNOWN: Mapping[str, Known] = {
    "prefix": Known(
        (
            "Prefix", "Prefixes", "Dial code", "Dial codes", "Dialcode", "Dialing code",
            "Dialling code", "Dial prefix", "Dial string", "Dialed digits", "Destination code",
            "Destination codes", "Dest code", "Rate prefix", "Area prefix", "Number prefix",
            "Called prefix", "Callee prefix", "Full code", "Full dial code", "E164", "E.164 code",
            "Breakout code", "Code prefix", "Route prefix", "Tariff prefix", "Vorwahl", "Préfixe",
            "Prefijo", "Prefisso", "Digits", "Country + area code", "Destination prefix",
        ),
        ("Code", "Codes", "Number", "Pattern", "Number range", "Range", "Ranges", "Breakouts"),
    ),
    "country": Known(
        ("Country code", "Country codes", "CC", "Country dial code", "Country prefix", "IDD",
         "E164 country code", "Ctry code", "International code", "Int code", "Landesvorwahl"),
    ),
    "area": Known(
        ("Area code", "Area codes", "City code", "City codes", "NDC", "National code",
         "National codes", "Region code", "Region codes", "Area", "Ortsvorwahl", "Local code",
         "National destination code", "Area/city code", "City/area code", "Network code",
         "Operator code", "Mobile code", "Sub code"),
    ),
    "destination": Known(
        ("Destination", "Destination name", "Destinations", "Dest", "Dest name", "Description",
         "Zone name", "Area name", "Breakout name", "Code name", "Route name", "Prefix name",
         "Region name", "Location", "Ziel", "Destino", "Country/destination", "Rate name",
         "Country/region", "Destination description"),
        ("Zone", "Name", "Region", "Route", "Breakout"),
    ),
    "country_name": Known(("Country", "Country name", "Land", "Pays", "País")),
    "network": Known(
        ("Operator", "Network", "Network name", "Operator name", "Carrier name", "Mobile network"),
    ),
    "price": Known(
        (
            *_priced("New rate", "New price", "Price per minute", "Rate per minute"),
            *_PER_MINUTE,
            "Future rate", "Standard rate", "Flat rate", "Price 1 min", "Per minute", "Per min",
            "Per minute rate", "Per minute price", "Per minute cost", "Preis", "Precio", "Tarif",
            "Tarifa", "Rate, new", "New tariff", "New charge",
        ),
        (*_priced("Rate", "Price", "Tariff", "Rates", "Charge", "Cost", "Termination rate",
                  "Termination cost", "Sell rate", "Buy rate", "Selling price", "Voice rate",
                  "Billing rate", "Current rate", "Current price", "Fee rate", "Call rate"),),
    ),
    "peak": Known(
        (*_priced("Peak", "Peak rate", "Peak price", "Peak tariff", "Peak charge", "Rate peak",
                  "Price peak", "Peak time", "Peak time rate", "Peak cost", "Day rate"),),
    ),
    "off_peak": Known(
        (*_priced("Off-peak", "Off-peak rate", "Off-peak price", "Off-peak tariff",
                  "Off-peak charge", "Rate off-peak", "Price off-peak", "Off-peak time",
                  "Off-peak time rate", "Off-peak cost", "Night rate"),),
    ),
    "fee": Known(
        _priced("Connection fee", "Connect fee", "Connection charge", "Connection cost",
                "Connect cost", "Setup fee", "Setup charge", "Set-up fee", "Setup", "Set-up",
                "Call setup", "Call setup fee", "Setup cost", "Flag fall", "Flagfall",
                "Connection", "Conn. fee", "Conn fee", "Connect charge", "Initial charge"),
    ),
    "blocks": Known(
        ("Interval", "Intervals", "Billing interval", "Billing intervals", "Billing increment",
         "Billing increments", "Increments", "Rounding", "Pulse", "Min/Inc", "Billing terms",
         "Charge interval", "Billing", "Billing unit", "Billing rule", "Billing rounding",
         "Rate increment", "Call increment", "Taktung", "Billing cycle", "Initial/Increment",
         "First/Next", "Minimum/Increment", "Charging interval", "Increment rule"),
    ),
    "first": Known(
        ("First block", "First", "First interval", "Interval 1", "Interval1", "Initial increment",
         "Initial interval", "Initial period", "Minimum", "Min", "Minimum time", "Min time",
         "Minimum duration", "Min duration", "Minimum seconds", "Min sec", "Minimum charge",
         "Min charge", "Min. charge time", "First period", "First increment", "Initial block",
         "Minimal time", "1st interval", "Minimum interval"),
    ),
    "increment": Known(
        ("Increment", "Next", "Next block", "Next interval", "Interval N", "IntervalN",
         "Interval 2", "Interval2", "Subsequent", "Subsequent interval", "Subsequent increment",
         "Additional", "Additional increment", "Additional interval", "Next increment",
         "Sub interval", "Next period", "2nd interval", "Step", "Recurring interval", "Inc"),
    ),
    "since": Known(
        ("Effective", "Effective date", "Effective from", "Effective since", "Valid from",
         "Start date", "Start", "Date effective", "Activation date", "Begin date", "Begins",
         "With effect from", "WEF", "Effect date", "Effective time", "Effective date/time",
         "Valid since", "From date", "Start time", "Eff. date", "Eff date", "Gültig ab",
         "Effective on", "New rate effective date", "Begin"),
        ("From", "Date"),
    ),
    "until": Known(
        ("Effective until", "Effective to", "End date", "End", "Ends", "Valid to", "Valid until",
         "Valid till", "Expires", "Expiry", "Expiry date", "Expiration", "Expiration date",
         "Until", "To date", "End time", "Effective end date", "Stop date", "Gültig bis"),
        ("To", "Till"),
    ),
    "locked": Known(("Locked", "Lock", "Blocked", "Block", "Barred", "Is locked", "Disabled")),
    "enabled": Known(("Enabled", "Active", "Is active", "Available", "Open")),
    "change": Known(
        ("Status", "Change", "Rate change", "Change type", "Type of change", "Change status",
         "Rate status", "Action", "Indicator", "Change indicator", "Price change", "Code status",
         "Increase/decrease"),
    ),
    "period": Known(("Period", "Time period", "Hours", "Time band", "Time of day")),
    "currency": Known(("Currency", "Curr", "Cur", "Ccy", "Währung", "Devise", "Moneda")),
}  # fmt: skip


def deck_headings(rows: Sequence[Sequence[str]]) -> Headings | None:
    """The headings of a deck, whatever stands above them; None where none of the first rows says
    where the prefixes are. Raises BadSheet where two columns could both be meant.
    """
    for at in range(min(len(rows), MOST_ABOVE + 1)):
        found = _at(rows[at:])
        if found is None or not _is_deck(found):
            continue
        # A title above them could pass for what groups them.
        below = _at(rows[at + 1 :])
        if below is not None and _is_deck(below) and _named(below) >= _named(found):
            continue
        _check_sure(found)
        return Headings(found.first + at, found.columns, found.texts)
    return None


def _at(rows: Sequence[Sequence[str]]) -> Headings | None:
    some = [find_headings(rows, KNOWN, name) for name in ("prefix", "area", "country")]
    return max((one for one in some if one is not None), key=_named, default=None)


def _named(found: Headings) -> int:
    return len(found.columns) + len(found.doubtful)


def _is_deck(found: Headings) -> bool:
    names = {*found.columns.values(), *found.doubtful}
    return bool(names & {"price", "peak", "off_peak"})


def _check_sure(found: Headings) -> None:
    for name in found.doubtful:
        words = _("Which of these columns is meant? %(columns)s. Leave one of them, or rename it.")
        claimed = ", ".join(f"“{one}”" for one in found.claimed(name))
        raise BadSheet(words % {"columns": claimed}, "two_columns")
    for at, name in found.columns.items():
        other = foreign_currency(found.texts[at])
        if name in ("price", "peak", "off_peak", "fee") and other:
            words = _("“%(column)s” is in %(other)s; prices here are in %(own)s.")
            said = {"column": found.texts[at], "other": other, "own": settings.CURRENCY}
            raise BadSheet(words % said, "other_currency")


def foreign_currency(text: str) -> str:
    """The currency that a text names, where it is not the platform's; "" for none."""
    named = [one for one in _WORD.findall(text) if one in CURRENCIES]
    return "" if not named or settings.CURRENCY in named else named[0]

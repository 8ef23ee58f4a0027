"""The audit log in words: what each deed is called, the groups deeds are filtered by, and values as
a person reads them.

Other apps add their own words in `registry.audit_words`.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.approvals.models import SubAgentPolicy, SubAgentRequest
from accounts.core.authorizations import Authorization
from accounts.core.models import Account, AccountDetail, User
from accounts.gateways.models import Gateway
from accounts.kit.object_keys import LONGEST_NUMBER, object_key, typed_number
from accounts.phones.models import Phone, PhoneLock
from accounts.portal.registry import registry

# What a deed is called: symbol, colour, words. "%(subject)s" is the entry's object.
Words = tuple[str, str, Any]

_WORDS: dict[str, Words] = {
    "account.create": ("plus", "ok", gettext_lazy("Account created")),
    "account.edit": ("edit", "", gettext_lazy("Account changed")),
    "account.move": ("move", "", gettext_lazy("Moved to another agent")),
    "account.lock": ("lock", "danger", gettext_lazy("Locked")),
    "account.unlock": ("unlock", "ok", gettext_lazy("Unlocked")),
    "account.close": ("no", "danger", gettext_lazy("Closed for good")),
    "account.delete": ("trash", "danger", gettext_lazy("Account deleted")),
    "account.lose": ("trash", "danger", gettext_lazy("Sub-account %(subject)s deleted")),
    "account.load": ("upload", "ok", gettext_lazy("Accounts loaded")),
    "numbers.set": ("sections", "", gettext_lazy("Number sections changed")),
    "policy.set": ("branch", "", gettext_lazy("Rule for new agents changed")),
    "request.file": ("half", "", gettext_lazy("Approval asked for: it would become an agent")),
    "request.approve": ("check", "ok", gettext_lazy("Approved as an agent")),
    "request.reject": ("no", "danger", gettext_lazy("Rejected as an agent")),
    "request.withdraw": ("undo", "", gettext_lazy("The request for approval was withdrawn")),
    "request.void": ("stop", "warn", gettext_lazy("The request for approval became void")),
    "grant.add": ("shield", "ok", gettext_lazy("Authorization granted")),
    "grant.revoke": ("shield", "danger", gettext_lazy("Authorization revoked")),
    "grant.cut": ("shield", "danger", gettext_lazy("Authorization lost by a move")),
    "grant.restore": ("shield", "ok", gettext_lazy("Authorization restored")),
    "grant.review": ("check", "", gettext_lazy("Authorizations reviewed")),
    "template.create": ("shield", "ok", gettext_lazy("Template %(subject)s made")),
    "template.edit": ("shield", "", gettext_lazy("Template %(subject)s changed")),
    "template.delete": ("trash", "danger", gettext_lazy("Template %(subject)s deleted")),
    "login.create": ("key", "ok", gettext_lazy("Login %(subject)s invited")),
    "login.edit": ("key", "", gettext_lazy("Login %(subject)s changed")),
    "login.lock": ("lock", "danger", gettext_lazy("Login %(subject)s locked")),
    "login.unlock": ("unlock", "ok", gettext_lazy("Login %(subject)s unlocked")),
    "login.reset": ("key", "", gettext_lazy("Login %(subject)s reset")),
    "login.shut": ("lock", "warn", gettext_lazy("Login %(subject)s shut until it is reset")),
    "login.sessions_end": ("signout", "", gettext_lazy("Login %(subject)s signed out everywhere")),
    "login.password_set": ("key", "", gettext_lazy("Login %(subject)s chose a password")),
    "login.delete": ("trash", "danger", gettext_lazy("Login %(subject)s deleted")),
    "phone.create": ("phone", "ok", gettext_lazy("Phone %(subject)s added")),
    "phone.edit": ("phone", "", gettext_lazy("Phone %(subject)s changed")),
    "phone.lock": ("lock", "danger", gettext_lazy("Phone %(subject)s locked")),
    "phone.unlock": ("unlock", "ok", gettext_lazy("Phone %(subject)s unlocked")),
    "phone.reset": ("key", "", gettext_lazy("Phone %(subject)s got a new password")),
    "phone.move": ("move", "", gettext_lazy("Phone %(subject)s moved to another account")),
    "phone.delete": ("trash", "danger", gettext_lazy("Phone %(subject)s deleted")),
    "phones.import": ("upload", "ok", gettext_lazy("Phones imported")),
    "phones.export": ("download", "", gettext_lazy("List of phones exported")),
    "staff.create": ("key", "ok", gettext_lazy("Platform staff %(subject)s made")),
    "staff.powers": ("key", "warn", gettext_lazy("Powers of %(subject)s changed")),
    "gateway.create": ("gateway", "ok", gettext_lazy("Gateway %(subject)s made")),
    "gateway.information": ("gateway", "warn", gettext_lazy("Gateway %(subject)s changed")),
    "gateway.capacity": ("gateway", "", gettext_lazy("Capacity of gateway %(subject)s set")),
    "gateway.delete": ("trash", "danger", gettext_lazy("Gateway %(subject)s deleted")),
    "gateway.ceiling": ("gateway", "", gettext_lazy("Capacity ceiling set")),
    "gateways.export": ("download", "", gettext_lazy("List of gateways exported")),
    "demo.load": ("spark", "", gettext_lazy("Demo data loaded")),
    "view_as.start": ("eye", "", gettext_lazy("Began to look as this login")),
    "view_as.end": ("eye", "", gettext_lazy("Stopped looking as this login")),
    "job.start": ("clock", "", gettext_lazy("Job started: %(subject)s")),
    "job.cancel": ("stop", "warn", gettext_lazy("Job cancelled: %(subject)s")),
    "job.retry": ("undo", "", gettext_lazy("Job started again: %(subject)s")),
    "job.export": ("download", "", gettext_lazy("List of a job exported")),
    "accounts.export": ("download", "", gettext_lazy("List of accounts exported")),
    "audit.export": ("download", "", gettext_lazy("Audit log exported")),
    "group.drop": ("shield", "warn", gettext_lazy("Group without account removed")),
    "group.join": ("shield", "warn", gettext_lazy("Login put into its group")),
    "group.leave": ("shield", "warn", gettext_lazy("Login taken out of a foreign group")),
    "permission.drop": ("shield", "warn", gettext_lazy("Permission removed that nobody granted")),
    "refused.page": ("stop", "danger", gettext_lazy("Tried what was not permitted")),
    "refused.not_available": ("stop", "warn", gettext_lazy("Asked for what is not available")),
    "availability.release": (
        "check",
        "warn",
        gettext_lazy("Released: what is not available is named"),
    ),
    "refused.address": ("stop", "danger", gettext_lazy("Tried an address that is not there")),
}

# name → (label, beginnings of actions, ends of actions)
_GROUPS: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "accounts": (gettext_lazy("Accounts"), ("account.", "policy."), ()),
    "authorizations": (
        gettext_lazy("Authorizations"), ("grant.", "template.", "group.", "permission."), (),
    ),
    "numbers": (gettext_lazy("Number sections"), ("numbers.",), ()),
    "approvals": (gettext_lazy("Approvals"), ("request.",), ()),
    "money": (gettext_lazy("Money"), ("payment", "wallet."), ()),
    "gateways": (gettext_lazy("Gateways"), ("gateway.",), ()),
    "logins": (gettext_lazy("Logins"), ("login.", "staff.", "view_as."), ()),
    "phones": (gettext_lazy("Phones"), ("phone.", "phones."), ()),
    "jobs": (gettext_lazy("Jobs"), ("job.",), ()),
    "exports": (gettext_lazy("Exports"), (), (".export", "export")),
    "refused": (gettext_lazy("Attempts"), ("refused.", "availability."), ()),
}  # fmt: skip

_LABELS: dict[str, Any] = {
    "agent": gettext_lazy("Agent ID"),
    "account_id": gettext_lazy("Account ID"),
    "accounts": gettext_lazy("Accounts"),
    "administrator": gettext_lazy("Administrator"),
    "allocation": gettext_lazy("Allocation"),
    "addresses": gettext_lazy("IP addresses and networks"),
    "amount": gettext_lazy("Amount"),
    "asked": gettext_lazy("Asked for"),
    "asked_count": gettext_lazy("Entries asked for"),
    "authorization": gettext_lazy("Needs"),
    "ceiling": gettext_lazy("Ceiling"),
    "code": gettext_lazy("Code"),
    "source": gettext_lazy("From account"),
    "codecs": gettext_lazy("Codecs"),
    "codes": gettext_lazy("Authorizations"),
    "destination": gettext_lazy("Destinations"),
    "created": gettext_lazy("Added"),
    "changed": gettext_lazy("Changed"),
    "filters": gettext_lazy("Filters"),
    "first_login": gettext_lazy("First login"),
    "granted": gettext_lazy("Granted"),
    "is_active": gettext_lazy("May sign in"),
    "job": gettext_lazy("Job"),
    "kind": gettext_lazy("Kind"),
    "message": gettext_lazy("Why"),
    "named": gettext_lazy("Named as not available"),
    "method": gettext_lazy("Method"),
    "operator": gettext_lazy("Operator"),
    "owner": gettext_lazy("Account ID"),
    "dids": gettext_lazy("DIDs"),
    "password_changed": gettext_lazy("Password changed"),
    "permissions": gettext_lazy("Permissions"),
    "released_until": gettext_lazy("Released until"),
    "rows": gettext_lazy("Rows"),
    "second_factor_removed": gettext_lazy("Second factor removed"),
    "sessions_ended": gettext_lazy("Sessions ended"),
    "sub_agents": gettext_lazy("New agents"),
    "thing": gettext_lazy("Kind"),
    "unnamed": gettext_lazy("Not named"),
    "superuser": gettext_lazy("Superuser"),
    "way_in": gettext_lazy("Way in"),
}
_CHOICES: dict[str, dict[Any, Any]] = {
    "type": dict(Account.Type.choices),
    "status": {**dict(SubAgentRequest.Status.choices), **dict(Account.Status.choices)},
    "ctd_billing_model": dict(Account.BillingModel.choices),
    "sub_agents": dict(SubAgentPolicy.choices),
    "lock": dict(PhoneLock.choices),
    "direction": dict(Gateway.Direction.choices),
    "protocol": dict(Gateway.Protocol.choices),
    "registration": dict(Gateway.Registration.choices),
    "thing": {
        "account_id": gettext_lazy("account ID"),
        "username": gettext_lazy("user name of a login"),
        "email": gettext_lazy("e-mail address of a login"),
        "number": gettext_lazy("phone number"),
        "gateway": gettext_lazy("name of a gateway"),
        "user_name": gettext_lazy("user name of a gateway"),
        "addresses": gettext_lazy("address of a gateway"),
        "first_serial": gettext_lazy("serials of phone cards"),
    },
    "kind": {
        "create": gettext_lazy("a new account below it"),
        "move": gettext_lazy("an account moved below it"),
    },
    "way_in": {
        "one_time_code": gettext_lazy("one-time code"),
        "invitation": gettext_lazy("invitation by mail"),
        "password": gettext_lazy("password"),
    },
}
# As `registry.audit_subjects`.
_SUBJECTS = {"request.": SubAgentRequest.key_kind}
_CODES: dict[str, Authorization] = {code.value: code for code in Authorization}
# Read first, in this order; databases keep none.
_FIRST = (
    "account_id", "agent", "name", "type", "status", "amount", "message", "authorization", "kind",
    "method",
)  # fmt: skip
# Nothing secret is recorded; should a value be named like one, it is not shown either.
_SECRET = re.compile(r"password|secret|token|(^|_)pin($|_)|private|recovery|credential")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def words(action: str) -> Words:
    """Symbol, colour and words of an action; unknown ones are called by their name."""
    known = _WORDS.get(action) or registry.audit_words.get(action)
    if known is None and action.endswith(".export"):
        what = action.removesuffix(".export").replace("_", " ")
        return "download", "", _("Exported: %(what)s") % {"what": what}
    return known or ("dot", "", action)


def actions_saying(text: str) -> list[str]:
    """The actions whose words hold `text`."""
    known = {**_WORDS, **registry.audit_words}
    return [name for name, one in known.items() if text.lower() in str(one[2]).lower()]


def group_choices() -> list[tuple[str, Any]]:
    return [(name, label) for name, (label, _begin, _end) in _GROUPS.items()]


def in_group(name: str) -> Q:
    """A condition for entries whose action belongs to the group."""
    _label, beginnings, ends = _GROUPS[name]
    found = Q()
    for one in beginnings:
        found |= Q(action__startswith=one)
    for one in ends:
        found |= Q(action__endswith=one)
    return found


def label(key: str) -> Any:
    """What a value of an entry is called."""
    if key in _LABELS:
        return _LABELS[key]
    if key in _CODES:
        return f"{_CODES[key].number} {_CODES[key].label}"
    for model in (Account, AccountDetail, User, Phone, Gateway):
        for field in model._meta.concrete_fields:
            if field.name == key:
                return capfirst(field.verbose_name)
    return key.replace("_", " ").capitalize()


def subject(action: str, found: str) -> str:
    """The object of an entry, by its key where the entry holds its number."""
    beginning = action.partition(".")[0] + "."
    return _named(_subject_kinds().get(beginning), found)


def _subject_kinds() -> dict[str, str]:
    return {**_SUBJECTS, **registry.audit_subjects}


def _named(kind: str | None, found: Any) -> str:
    """The key of the object with this number; any other text as it is."""
    text = str(found)
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return object_key(kind, int(text)) if kind and is_number else text


def subjects_like(text: str, *, numbers: bool) -> Q:
    """A condition for the entries whose object `text` is a part of, or the key of. Only with
    `numbers` is it looked for in numbers of objects: they count the platform.
    """
    like, with_key = Q(subject__icontains=text), Q()
    for beginning, kind in _subject_kinds().items():
        if not numbers and text.isdecimal():
            like &= ~Q(action__startswith=beginning)
        number = typed_number(kind, text)
        if number is not None:
            with_key |= Q(action__startswith=beginning, subject=str(number))
    return like | with_key


def in_order(keys: Iterable[str]) -> list[str]:
    """The keys of an entry's values, those that matter most first."""
    return sorted(keys, key=lambda key: (_FIRST.index(key) if key in _FIRST else len(_FIRST), key))


def value(key: str, stored: Any) -> str:
    """A value of an entry as text."""
    if _SECRET.search(key) and not isinstance(stored, (bool, int)) and key not in _CHOICES:
        return _("not shown")
    if isinstance(stored, bool):
        if key in _CODES:
            return _("granted") if stored else _("not granted")
        return _("yes") if stored else _("no")
    if stored is None or stored in ("", [], {}):
        return _("none")
    if key in registry.audit_values:
        return _named(registry.audit_values[key], stored)
    if isinstance(stored, dict):
        return ", ".join(f"{label(one)}: {value(one, inner)}" for one, inner in stored.items())
    if isinstance(stored, list):
        return ", ".join(value(key, one) for one in stored)
    if stored in _CODES and key in ("codes", "granted", "authorization"):
        return f"{_CODES[stored].number} {_CODES[stored].label}"
    if isinstance(stored, str) and _MOMENT.match(stored) and (moment := parse_datetime(stored)):
        return date_format(localtime(moment) if moment.tzinfo else moment, "j M Y, H:i")
    return str(_CHOICES.get(key, {}).get(stored, stored))

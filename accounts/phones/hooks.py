"""What phones add to the pages of accounts, through the registry."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import Actor, decide
from accounts.core.authorizations import Authorization
from accounts.core.models import Account
from accounts.jobs.kinds import JobKind, register_job
from accounts.kit.addresses import address_of
from accounts.kit.beginnings import capitals
from accounts.kit.secret_columns import SecretColumn, secret_columns
from accounts.numbers.reading import digits_of
from accounts.phones.models import Phone, PhoneLock
from accounts.phones.queries import (
    blockers,
    numbers_like,
    phones_counted,
    phones_of,
    phones_on,
)
from accounts.phones.rules.moves import numbers_outside
from accounts.phones.services import import_jobs
from accounts.phones.tables import state_of, why_not
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.counted import counted_column
from accounts.portal.deeds import MoveEffect
from accounts.portal.finding import Asked, Hit, Offer, Row, SearchDeed, SearchSection
from accounts.portal.modules import EQUIPMENT, Module, ModuleAction, OwnPage
from accounts.portal.panel import Glance, PanelPart
from accounts.portal.registry import (
    Additions,
    Counted,
    Link,
    Placed,
    Tab,
    numbered,
    registry,
)

# Fewer digits are in nearly every number.
_SHORTEST = 3
# A whole number leads straight to its phone; a short extension may be a part of anything.
_WHOLE = 7


def _list(actor: Actor, account: Account) -> str:
    return address_of("accounts:phones", account.account_id)


def _new(actor: Actor, account: Account) -> str:
    return address_of("accounts:phone-new", account.account_id)


def _manages_below(actor: Actor) -> bool:
    """An agent that may; administrators add phones in their list, all day something else."""
    own: Any = actor.own
    return own is not None and decide(actor, Authorization.MANAGE_PHONE, own).is_allowed


def _called(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    """Numbers that hold the digits asked for, of at least three."""
    digits = digits_of(asked.fragment)
    return numbers_like(actor, digits) if len(digits) >= _SHORTEST else None


def _number(row: Row) -> Hit:
    note = gettext("DID of %(phone)s") % {"phone": row["phone"]} if row["is_did"] else row["memo"]
    return Hit(row["name"], address_of("phone", row["phone"]), note)


def _is_whole(row: Row, asked: Asked) -> bool:
    digits = digits_of(asked.text)
    return len(digits) >= _WHOLE and bool(row["name"] == digits)


def _beginning_first(row: Row, asked: Asked) -> tuple[bool, str]:
    return not row["name"].startswith(digits_of(asked.text)), row["name"]


def _noted(actor: Actor, asked: Asked) -> QuerySet[Any] | None:
    """Phones whose memo begins like this."""
    if not asked.fragment:
        return None
    begins = phones_of(actor).filter(memo__capitals__beginning=capitals(asked.fragment))
    return begins.order_by("number")


# Phones that the panel of an account names.
_NAMED = 4


def _part(glance: Glance) -> Mapping[str, Any]:
    account = glance.account
    phones = phones_on(glance.actor, account, with_below=False).order_by("number")
    found = list(phones[: _NAMED + 1])
    return {
        "phones": [(one, *state_of(glance.actor, one, glance.way)) for one in found[:_NAMED]],
        "has_more": len(found) > _NAMED,
        "url": _list(glance.actor, account),
        "new_url": "" if why_not(glance.actor, account) else _new(glance.actor, account),
    }


PART = PanelPart("accounts/phones/_panel.html", _part, order=50)
COUNTED = Counted(
    "phones",
    _("Phones"),
    phones_counted,
    "accounts:phones",
    _("Phones of %(account)s: %(count)s"),
    order=10,
)


def _moved(
    actor: Actor, accounts: Sequence[Account], target: Account | None
) -> Mapping[str, Any] | None:
    outside = numbers_outside(actor, accounts, target)
    return {"outside": outside, "target": target} if outside.count else None


MOVED = MoveEffect("accounts/phones/_outside.html", _moved, order=10)
SEARCH = SearchSection(
    "phones",
    _("Phones"),
    "phone",
    _called,
    {
        "name": "number",
        "phone": "phone__number",
        "is_did": "is_did",
        "memo": "phone__memo",
        "account": "phone__account_id",
    },
    _number,
    _is_whole,
    _beginning_first,
    all_url=lambda text: f"{reverse('phones')}?{urlencode({'q': text})}",
)
MEMOS = SearchSection(
    "phone-memos",
    _("Memos of phones"),
    "edit",
    _noted,
    {"number": "number", "memo": "memo", "account": "account_id"},
    lambda row: Hit(row["number"], address_of("phone", row["number"]), row["memo"]),
    place=lambda row, asked: row["number"],
)


def _add(actor: Actor, account: Account | None, figure: str) -> Offer | None:
    if account is None or why_not(actor, account):
        return None
    return Offer(
        gettext("Add phones to %(account)s…") % {"account": account.account_id},
        _new(actor, account),
    )


ADD = SearchDeed(
    "phone-new",
    "plus",
    (_("add phones to"), _("add phone to"), _("add a phone to"), _("new phone")),
    _add,
    order=50,
)
# A phone to hand over, from wherever an agent begins.
HAND_OVER = ModuleAction(
    "dashboard",
    _("Phone with QR code"),
    "phone",
    lambda: reverse("phone-new"),
    _manages_below,
    order=7,
)
TAB = Tab("phones", _("Phones"), _list, order=60)
OPEN = Link("phones", _("Phones"), "phone", _list)
NEW = Link("phone-new", _("Add phones…"), "plus", _new, reason=why_not)
MODULE = Module(
    "phones",
    _("Phones"),
    "phone",
    lambda: reverse("phones"),
    EQUIPMENT,
    beginnings=("phone", "accounts:phone"),
    order=50,
)
OWN_PAGE = OwnPage(
    "phones",
    _("Phones"),
    "phone",
    lambda actor: address_of("accounts:phones", actor.own.account_id) if actor.own else None,
    pages=frozenset({
        "phones", "accounts:phones", "phone", "phone-new", "accounts:phone-new", "phone-edit",
        "phone-lock", "phone-reset", "phone-delete",
    }),
    in_dock=True,
    order=40,
)  # fmt: skip
AUDIT_TERMS = AuditTerms(
    words={
        "phone.create": ("phone", "ok", _("Phone %(subject)s added")),
        "phone.edit": ("phone", "", _("Phone %(subject)s changed")),
        "phone.lock": ("lock", "danger", _("Phone %(subject)s locked")),
        "phone.unlock": ("unlock", "ok", _("Phone %(subject)s unlocked")),
        "phone.reset": ("key", "", _("Phone %(subject)s got a new password")),
        "phone.dids_used": ("phone", "", _("DIDs of phone %(subject)s are for something else")),
        "phone.move": ("move", "", _("Phone %(subject)s moved to another account")),
        "phone.delete": ("trash", "danger", _("Phone %(subject)s deleted")),
        "phones.import": ("upload", "ok", _("Phones imported")),
        "phones.export": ("download", "", _("List of phones exported")),
    },
    labels={
        "owner": _("Account ID"),
        "dids": _("DIDs"),
        "uses": _("Use of DIDs"),
        "created": _("Added"),
        "changed": _("Changed"),
    },
    choices={"lock": dict(PhoneLock.choices)},
    models=[Phone],
    accounts={"owner": _("another account")},
    order=30,
)
AUDIT_GROUP = AuditGroup("phones", _("Phones"), ("phone.", "phones."), order=80)


def _figure(number: int) -> str:
    return number_format(number, force_grouping=True)


def _check_title(job: Any) -> str:
    words = ngettext(
        "Check an import of %(count)s row", "Check an import of %(count)s rows", job.total
    )
    return words % {"count": _figure(job.total)}


def _import_title(job: Any) -> str:
    words = ngettext("Import %(count)s phone", "Import %(count)s phones", job.total)
    return words % {"count": _figure(job.total)}


def _counts(job: Any) -> Sequence[tuple[str, str]]:
    labels = {
        "new": gettext("New"),
        "changed": gettext("Changed"),
        "same": gettext("Unchanged"),
        "taken": gettext("Not available"),
        "wrong": gettext("With a problem"),
    }
    return [(label, _figure(job.result[key])) for key, label in labels.items() if key in job.result]


def _checked(job: Any) -> Sequence[tuple[str, str]]:
    if not job.result:
        return []
    return [(gettext("See what it would do"), reverse("phones-import-checked", args=[job.pk]))]


def _done(job: Any) -> Sequence[tuple[str, str]]:
    """After the deed the passwords, before it the list that was checked."""
    if not job.committed_at:
        checked = reverse("phones-import-checked", args=[job.input["check"]])
        return [(gettext("See what it would do"), checked)]
    if not job.result.get("new"):
        return []
    url = reverse("phones-import-passwords", args=[job.pk])
    return [(gettext("Take down the passwords"), url)]


def _phones(job: Any) -> Sequence[tuple[str, str]]:
    return [(gettext("See the phones"), reverse("phones"))] if job.committed_at else []


JOBS = [
    JobKind(
        import_jobs.CHECK,
        _("Check an import of phones"),
        import_jobs.check,
        is_idempotent=True,
        title=_check_title,
        facts=_counts,
        own_links=_checked,
        cancel=_("Cancel the check"),
    ),
    JobKind(
        import_jobs.IMPORT,
        _("Import phones"),
        import_jobs.run,
        is_idempotent=True,
        title=_import_title,
        facts=_counts,
        links=_phones,
        own_links=_done,
        unit=_("phones"),
        cancel=_("Cancel, and import nothing"),
    ),
]


def register() -> None:
    """Fill the registries; called once when the app is ready."""
    for kind in JOBS:
        register_job(kind)
    registry.add(
        "phones",
        Additions(
            modules=[MODULE],
            module_actions=[HAND_OVER],
            own_pages=[OWN_PAGE],
            audit_terms=[AUDIT_TERMS],
            audit_groups=[AUDIT_GROUP],
            columns=numbered(30, [counted_column(COUNTED)]),
            counted=[COUNTED],
            move_effects=[MOVED],
            account_tabs=[TAB],
            panel_parts=[PART],
            row_actions=numbered(120, [OPEN, NEW]),
            search_sections=[*numbered(20, [SEARCH]), *numbered(125, [MEMOS])],
            search_deeds=[ADD],
            close_blockers=[Placed(10, blockers)],
            delete_blockers=[Placed(10, blockers)],
        ),
    )
    secret_columns.append(SecretColumn(Phone, "ha1"))

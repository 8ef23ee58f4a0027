"""What administrators should know of the platform itself."""

from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.core.privileges import is_unnamed
from accounts.kit.moments import moment_words
from accounts.portal.steps import StandingNote
from accounts.upkeep.queries import Checked, checked, last_at


def role_note() -> StandingNote | None:
    """Whether somebody looks after what the web processes may do in the database. No query."""
    if not is_unnamed():
        return None
    return StandingNote(
        "warn",
        _(
            "Nothing keeps the portal's database role from changing the audit log and the ledger: "
            "WEB_ROLE names none. Whoever runs the server finds how in the operations guide."
        ),
    )


def checks_note() -> StandingNote:
    """When the stored data was last checked, and what was found. One query."""
    kind, text = _said(checked())
    return StandingNote(kind, text, reverse("checks"))


def notes() -> list[StandingNote]:
    """Both, as far as there is something to say."""
    return [one for one in (role_note(), checks_note()) if one]


def _said(checks: list[Checked]) -> tuple[str, str]:
    broken = [str(one.label) for one in checks if one.is_broken]
    overdue = [str(one.label) for one in checks if one.is_overdue]
    at = moment_words(last_at(checks))
    if broken:
        words = ngettext(
            "A check of the stored data failed: %(names)s",
            "Checks of the stored data failed: %(names)s",
            len(broken),
        )
        return "danger", words % {"names": get_text_list(broken, _("and"))}
    if overdue and not at:
        return "warn", _(
            "The stored data was not checked yet, or not all of it: the daily job does not run"
        )
    if overdue:
        words = _("The stored data was last checked on %(at)s: the daily job does not run")
        return "warn", words % {"at": at}
    return "", _("The stored data was checked on %(at)s: all is well") % {"at": at}

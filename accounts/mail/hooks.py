"""What mails add to the pages of others: a module for administrators, words of the audit log."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.core.actor import Actor
from accounts.mail.kinds import MailKind, register_mail
from accounts.mail.queries import REMEMBERED, mails_in_trouble
from accounts.portal.audit_terms import AuditGroup, AuditTerms
from accounts.portal.modules import OPERATION, Module, Value, Waiting
from accounts.portal.registry import Additions, registry


def _since(actor: Actor) -> Sequence[Value]:
    return [timezone.now() - REMEMBERED]


MODULE = Module(
    "mail",
    _("Mail"),
    "mail",
    lambda: reverse("mails"),
    OPERATION,
    pages=frozenset({"mails"}),
    is_for=lambda actor: actor.is_administrator,
    # What fails now or was given up lately.
    waiting=Waiting(
        mails_in_trouble,
        _since,
        ngettext_lazy("%(count)s mail in trouble", "%(count)s mails in trouble", "count"),
    ),
    order=115,
)
AUDIT_TERMS = AuditTerms(
    words={
        "mail.again": ("undo", "", _("Mail tried again: %(subject)s")),
        "mails.export": ("download", "", _("List of mails exported")),
    },
    labels={"mail": _("Mail")},
)
AUDIT_GROUP = AuditGroup("mail", _("Mail"), ("mail.",), order=95)

# `manage.py try_mail`
TEST = MailKind(
    "mail.test",
    _("Test mail"),
    "accounts/mail/mail/test.txt",
    find=lambda mail: None,
    is_probe=True,
)


def register() -> None:
    """Fill the registry; called once when the app is ready."""
    register_mail(TEST)
    registry.add(
        "mail",
        Additions(modules=[MODULE], audit_terms=[AUDIT_TERMS], audit_groups=[AUDIT_GROUP]),
    )

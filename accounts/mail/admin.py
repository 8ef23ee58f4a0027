"""Mails in the Django admin: to look at, for whoever watches over the mail server."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.mail.kinds import mail_label
from accounts.mail.models import Mail
from accounts.portal.admin import ReadOnlyAdmin


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    """What waits, what fails, and what the server said. Addresses that were typed by nobody knows
    whom are the business of administrators; the token is a secret of the worker's.
    """

    list_display = (
        "created_at", "what", "state", "login", "attempts", "due_at", "ended_at", "error",
    )  # fmt: skip
    list_select_related = ("login",)
    list_filter = ("state",)
    search_fields = ("login__username__iexact", "kind__iexact")
    search_help_text = _("User name or kind, written out in full")
    ordering = ("-created_at", "pk")
    sortable_by = ()
    fields = (
        "id", "kind", "state", "error", "login", "attempts", "task_id", "created_at", "queued_at",
        "due_at", "tried_at", "ended_at",
    )  # fmt: skip

    @admin.display(description=_("kind"))
    def what(self, mail: Any) -> str:
        return mail_label(mail.kind)

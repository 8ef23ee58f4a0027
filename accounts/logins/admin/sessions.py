"""Sessions in the Django admin: to look at and to end."""

from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.core.actor import CHANGE_LOGIN
from accounts.logins.queries import session_keys_alive
from accounts.logins.services import logins, staff
from accounts.portal.admin import Deed, ServiceAdmin


@admin.register(UserSession)
class SessionAdmin(ServiceAdmin):
    """Who is signed in now. The session's key is a secret and never shown."""

    list_display = ("user", "account", "ip", "last_seen_at", "created_at")
    list_select_related = ("user__account",)
    search_fields = ("user__username", "user__account__account_id")
    search_help_text = _("User name or account ID contains …")
    ordering = ("-last_seen_at", "-pk")
    actions = None
    fields = readonly_fields = (
        "user", "account", "ip", "user_agent", "last_seen_at", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(session_key__in=session_keys_alive())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees logins sees their sessions."""
        user: Any = request.user
        return bool(user.has_perm("accounts.view_user") or user.has_perm(CHANGE_LOGIN))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("account"))
    def account(self, session: UserSession) -> Any:
        return session.user.account or "–"

    def all_deeds(self) -> tuple[Deed, ...]:
        return (
            Deed(
                "end",
                _("End session"),
                _("This browser is signed out with its next request."),
                self._end,
                self._may_end,
                form=forms.Form,
            ),
        )

    def _may_end(self, request: HttpRequest, session: UserSession) -> bool:
        """As the login itself: platform staff by superusers alone."""
        user: Any = request.user
        if session.user.account_id is None:
            return bool(user.is_superuser)
        return bool(user.has_perm(CHANGE_LOGIN))

    def _end(self, request: HttpRequest, session: UserSession, clean: dict[str, Any]) -> Any:
        of_staff = session.user.account_id is None
        end = staff.staff_session_end if of_staff else logins.login_session_end
        end(actor=self.actor(request), session=session)
        return _("The session of %(login)s has ended.") % {"login": session.user}

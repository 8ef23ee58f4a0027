"""Every address is a page of ours that states its authorization, or is listed here."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.portal.views.base import PortalView

# Pages that strangers may open. Everything else asks for a sign-in.
OPEN = {
    "account_login", "account_logout", "security-invitation", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn",
    "admin-sign-in", "admin-sign-out", "csp-report", "health-live", "health-ready",
}  # fmt: skip

# Browsers report by themselves, without our token.
WITHOUT_TOKEN = {"csp-report"}

# Views that are no PortalView: signing in and second factors are django-allauth's, with our forms
# and templates; the others show no data of anybody.
OTHERS = OPEN | {
    "account_change_password", "account_set_password", "account_reauthenticate", "mfa_index",
    "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn",
    "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "admin-password-change", "admin-shortcut",
}  # fmt: skip


def addresses(
    patterns: list[Any] | None = None, namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every address but the Django admin's own as (name, pattern)."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLResolver):
            if one.app_name == "admin":
                continue
            inner = f"{one.namespace}:" if one.namespace else ""
            yield from addresses(one.url_patterns, namespace + inner)
        else:
            yield namespace + (one.name or ""), one


@pytest.fixture(scope="module")
def views() -> dict[str, Any]:
    return {name: pattern.callback for name, pattern in addresses()}


def test_every_address_has_a_name_of_its_own() -> None:
    names = [name for name, _pattern in addresses()]
    assert "" not in names
    assert sorted(names) == sorted(set(names))


def test_every_page_stands_on_the_base_that_knows_scope(views: dict[str, Any]) -> None:
    foreign = {
        name
        for name, view in views.items()
        if not issubclass(getattr(view, "view_class", object), PortalView)
    }
    assert foreign - OTHERS == set(), "derive it from PortalView, or say here why not"


def test_only_the_named_pages_are_open_to_strangers(views: dict[str, Any]) -> None:
    open_ones = {name for name, view in views.items() if not getattr(view, "login_required", True)}
    assert open_ones == OPEN


def test_only_browser_reports_come_without_a_token(views: dict[str, Any]) -> None:
    assert {n for n, view in views.items() if getattr(view, "csrf_exempt", False)} == WITHOUT_TOKEN


def test_no_address_holds_the_number_of_an_object() -> None:
    """Numbers count the platform: `accounts.kit.object_paths` names objects by keys. Former
    addresses with numbers lead on to those, and are told by their names.
    """
    held = [
        f"{name}: {pattern.pattern}"
        for name, pattern in addresses()
        if any(kind in str(pattern.pattern) for kind in ("<int:", "<former:"))
        and not name.endswith("-by-number")
    ]
    assert held == []


def test_the_admin_keeps_its_own_guard() -> None:
    assert not getattr(site.index, "csrf_exempt", False)

"""The pages of one's own second factors open, and the proof by a code."""

import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.logins.rules.second_factor import has_second_factor
from tests.factories import PASSWORD, UserFactory
from tests.support.pages import markup_of
from tests.support.signing_in import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


@pytest.fixture
def inside(time_machine: Any) -> tuple[Client, str]:
    """A browser whose login set an app up a moment ago, and the app's key. Time stands still."""
    time_machine.move_to(timezone.now(), tick=False)
    client, login = Client(), UserFactory()
    assert sign_in(login.username, PASSWORD, client).status_code == 302
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert answer.headers["Location"] == reverse("mfa_view_recovery_codes")
    assert has_second_factor(login)
    return client, secret


def code_of(secret: str) -> str:
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def test_the_app_can_be_removed_on_a_page_of_its_own(inside: tuple[Client, str]) -> None:
    page = markup_of(inside[0].get(reverse("mfa_deactivate_totp")))
    assert 'method="post"' in page


def test_recovery_codes_are_shown_and_handed_over_as_a_file(inside: tuple[Client, str]) -> None:
    page = inside[0].get(reverse("mfa_view_recovery_codes"))
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    assert all(code in markup_of(page) for code in codes)
    answer = inside[0].get(reverse("mfa_download_recovery_codes"))
    assert "attachment" in answer.headers["Content-Disposition"]
    assert set(answer.content.decode().split()) >= set(codes)


def test_a_code_is_proof_enough_later(inside: tuple[Client, str], time_machine: Any) -> None:
    client, secret = inside
    time_machine.shift(16 * 60)
    wanted = reverse("mfa_deactivate_totp")
    asked = client.get(wanted)
    assert asked.status_code == 302
    again = f"{reverse('mfa_reauthenticate')}?next={wanted}"
    assert "code" in markup_of(client.get(again))
    assert client.post(again, {"code": "000000"}).status_code == 422
    answer = client.post(again, {"code": code_of(secret)})
    assert (answer.status_code, answer.headers["Location"]) == (302, wanted)
    assert client.get(wanted).status_code == 200

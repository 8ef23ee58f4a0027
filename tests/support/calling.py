"""Calls as pages name them."""

from django.test import Client
from django.urls import reverse

from accounts.core.models import Account
from billing.calls.models import Leg
from tests.factories import UserFactory
from tests.factories.fixtures import signed_in

CALLS = "/calls/"


def call_page(call_id: str, leg: str = "") -> str:
    """The address of a call."""
    return reverse("billing:call", args=[Leg.objects.get(call_id=call_id, leg=leg).pk])


def browser_of(account: Account) -> Client:
    """Somebody of the account, who holds no authorization."""
    return signed_in(UserFactory(account=account))

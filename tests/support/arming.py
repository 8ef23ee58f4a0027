"""Texts that do harm, in the rows of lists that administrators take as files."""

from collections.abc import Callable

from django.utils import timezone

from accounts.approvals.models import SubAgentRequest
from accounts.core.actor import SYSTEM
from accounts.logins.services.logins import login_edit
from accounts.mail.models import Mail
from accounts.requests.models import AuthorizationRequest
from tests.factories.switches import new_switch
from tests.support.mails import queued_mail
from tests.support.world import World


def lists_armed(world: World, harm: Callable[[int], str]) -> None:
    """In what the customer asked for, in its login, in a switch and in a mail that was given up."""
    request, asked = world.requests["customer"], world.asked["customer"]
    SubAgentRequest.objects.filter(pk=request).update(reason=harm(6))
    AuthorizationRequest.objects.filter(pk=asked).update(reason=harm(7))
    login_edit(actor=SYSTEM, user=world.logins["customer"], full_name=harm(0))
    new_switch("harm", note=harm(2))
    queued_mail()
    Mail.objects.update(error=harm(1), state=Mail.State.GIVEN_UP, ended_at=timezone.now())

"""What a page without a form of Django's asks has to arrive as well
(`accounts.portal.forms.whole`).
"""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.kit.errors import Refused
from accounts.portal.forms.whole import MARK


def check_answered(request: HttpRequest, *names: str, boxes: str = "") -> None:
    """Raise Refused where one of the fields did not arrive, or neither the boxes nor their mark: a
    deed is never guessed.
    """
    sent = request.POST
    is_shown = not boxes or boxes in sent or boxes in sent.getlist(MARK)
    if not is_shown or any(name not in sent for name in names):
        raise _incomplete()


def answer(request: HttpRequest, name: str, *values: str) -> str:
    """Which of `values` the field says. Raises Refused where it is none of them, or did not
    arrive.
    """
    said = request.POST.get(name, "")
    if said not in values:
        raise _incomplete()
    return said


def _incomplete() -> Refused:
    return Refused(
        _("A part of the page did not arrive, and nothing was done. Open the page again."),
        code="missing",
    )

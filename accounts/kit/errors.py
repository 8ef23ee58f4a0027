"""What the business says no with.

Every refusal of a rule is a `DomainError`: a sentence for a person, a stable code for programs and
tests, the form field it belongs to, and the ways out. Views and forms translate them; nothing else
is raised for a rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class WayOut:
    """One thing a person can do about a refusal: the words, and the address when a page does it."""

    label: Any
    url: str = ""


class DomainError(Exception):
    """A rule refused the deed; nothing was changed.

    `message` is a translated sentence, `code` is stable, `field` names the form field it belongs to
    (None: the whole form), `ways_out` lists what can be done instead, `items` the objects that
    stand in the way.
    """

    status = 422

    def __init__(
        self,
        message: Any,
        *,
        code: str,
        field: str | None = None,
        ways_out: Sequence[WayOut] = (),
        items: Sequence[Any] = (),
    ) -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code
        self.field = field
        self.ways_out = tuple(ways_out)
        self.items = tuple(items)


class Refused(DomainError):
    """A rule of the business stands against it (a cycle, too deep, still has sub-accounts …)."""


class NotInScope(DomainError):
    """The object does not exist for this actor: unknown and foreign alike (docs/domain.md 2)."""

    status = 404

    def __init__(self, message: Any = "", *, code: str = "not_in_scope", **more: Any) -> None:
        super().__init__(message or _("There is no such account."), code=code, **more)


class NotAllowed(DomainError):
    """In scope, but the authorization or the state of the own account does not permit the deed.

    Where an authorization was asked for, `asked` names it, `cause` is what decided, `steps` are the
    checks that were made, and `question` is what the access check is asked to say the same.
    """

    status = 403

    def __init__(
        self,
        message: Any,
        *,
        asked: Any = None,
        cause: str = "",
        steps: Sequence[Any] = (),
        question: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message, **more)
        self.asked = asked
        self.cause = cause
        self.steps = tuple(steps)
        self.question = question or {}


class Clash(DomainError):
    """Somebody else changed the object since the form was opened."""

    status = 409


class Busy(DomainError):
    """The trees are being changed by others; nothing was done and a new try may succeed."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("Others are changing these accounts right now. Nothing was changed; try again."),
            code="busy",
        )

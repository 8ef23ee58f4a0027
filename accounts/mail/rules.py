"""Whether a mail can be tried again."""

from accounts.core.actor import Actor
from accounts.mail.models import Mail


def may_try_again(actor: Actor, mail: Mail) -> bool:
    """Whether an administrator may have it sent at once: it failed, or was given up."""
    is_failed = mail.state == Mail.State.GIVEN_UP or (
        mail.state == Mail.State.WAITING and bool(mail.error)
    )
    return actor.is_administrator and not actor.read_only and is_failed

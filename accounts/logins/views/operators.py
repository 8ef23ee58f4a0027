"""What who grants, or lets a login in, is told about logins that an operator opened."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.core.models import User

# So many are named.
_MOST = 20


def before_granting(logins: Sequence[str]) -> str:
    """What granting does to these logins ("": there are none)."""
    if not logins:
        return ""
    return _(
        "An operator made or let in: %(logins)s. Whoever is in there would get what you grant: with"
        " it these logins are shut, until you reset them."
    ) % {"logins": _named(logins)}


def after_granting(logins: Sequence[str]) -> str:
    """What granting did to them ("": there are none)."""
    if not logins:
        return ""
    return _(
        "Shut, because an operator made or let in: %(logins)s. Each can sign in again once you have"
        " reset it."
    ) % {"logins": _named(logins)}


def before_letting_in(login: User) -> str:
    """What to know before a login is unlocked ("": nothing)."""
    if not login.opened_by_operator:
        return ""
    return _(
        "An operator made or let in %(login)s, who may know its password or have its address. Reset"
        " it if you do not know who is in there."
    ) % {"login": login.username}


def _named(logins: Sequence[str]) -> str:
    return ", ".join([*logins[:_MOST], *(["…"] if len(logins) > _MOST else [])])

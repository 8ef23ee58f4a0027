"""The logins of an account as overviews show them."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects

from accounts.core.models import Account, User


def logins_of(account: Account) -> list[User]:
    """The account's logins by name, each knowing whether it `has_second_factor`. One query, however
    often it is asked about the same object.
    """
    factor = Authenticator.objects.filter(user=OuterRef("pk")).exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    logins = User.objects.annotate(has_second_factor=Exists(factor)).order_by("username")
    prefetch_related_objects([account], Prefetch("logins", queryset=logins))
    return list(account.logins.all())

"""Reading gateways within a scope. Nothing here writes."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import OuterRef, Q, Subquery

from accounts.core.actor import Actor
from accounts.core.models import Account
from accounts.core.querysets import ChainLink, in_scope
from accounts.core.scope import Scope
from accounts.gateways.models import Gateway, GatewayAddress, GatewayCeiling, GatewayQuerySet
from accounts.kit.text import name_key


def gateways_of(actor: Actor) -> GatewayQuerySet:
    """The gateways the actor reaches, with their accounts and addresses."""
    reached: GatewayQuerySet = Gateway.objects.within(actor.scope)
    return reached.select_related("account").prefetch_related("addresses")


# Of a gateway the first of its addresses, as a column.
ADDRESS = Subquery(
    GatewayAddress.objects.filter(gateway=OuterRef("pk")).order_by("first", "pk").values("text")[:1]
)


def registering_gateway(user_name: str) -> Gateway | None:
    """The mapping gateway that registers with this user name, in any case and whoever asks: for
    switches. One query.
    """
    # By the index, unless the name has letters that it knows in one case alone.
    named = Q(user_name__lower=name_key(user_name))
    return (
        Gateway.objects.filter(
            named if user_name.isascii() else Q(user_name__iexact=user_name),
            registration=Gateway.Registration.DYNAMIC,
            direction=Gateway.Direction.MAPPING,
        )
        .exclude(user_name="")
        .first()
    )


def rewriting_gateways(actor: Actor, account: Account, most: int) -> list[Gateway]:
    """The gateways of an account of the actor's scope that rewrite what is dialled there, those at
    work first. One query.
    """
    own = Gateway.objects.within(actor.scope).filter(
        account=account, direction=Gateway.Direction.MAPPING
    )
    return list(own.exclude(callee_rewrites=[]).order_by("is_locked", "name")[:most])


def gateways_known_to(scope: Scope) -> GatewayQuerySet:
    """The gateways that count for an account of a list, for who has this scope."""
    return Gateway.objects.known_to(scope)


def ceilings_of(account_pks: Iterable[int]) -> dict[int, int]:
    """What was set on these very accounts. One query."""
    rows = GatewayCeiling.objects.filter(pk__in=set(account_pks))
    return dict(rows.values_list("pk", "calls"))


def lowest_ceiling(
    way: Sequence[ChainLink], ceilings: Mapping[int, int] | None = None
) -> tuple[ChainLink, int] | None:
    """The smallest ceiling from the root down to an account, and the level it was set on."""
    known = ceilings_of(link.pk for link in way) if ceilings is None else ceilings
    found = [(known[link.pk], at) for at, link in enumerate(way) if link.pk in known]
    if not found:
        return None
    calls, at = min(found)
    return way[at], calls


def over_ceiling_below(account: Account, calls: int) -> int:
    """How many gateways of the account and of everything below it have a larger figure."""
    below = Gateway.objects.filter(in_scope(Scope.of(account.pk), "account"))
    return int(below.filter(capacity__gt=calls).count())

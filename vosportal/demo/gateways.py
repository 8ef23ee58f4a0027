"""The gateways of the demo: a trunk provider, its customers, two countries, a carrier."""

from dataclasses import dataclass
from decimal import Decimal

from accounts.core.actor import SYSTEM, actor_for
from accounts.core.models import Account, User
from accounts.gateways.models import Gateway
from accounts.gateways.services.capacity import ceiling_set, gateway_capacity_set
from accounts.gateways.services.gateways import gateway_create, gateway_information_set
from accounts.gateways.windows import Window, minute
from billing.handing_out.services.terms import terms_set


@dataclass(frozen=True)
class DemoGateway:
    """One gateway. `windows` as (days, from, until, calls)."""

    name: str
    account_id: str
    addresses: tuple[str, ...] = ()
    capacity: int = 0
    direction: str = Gateway.Direction.MAPPING
    port: int = 5060
    protocol: str = Gateway.Protocol.SIP
    prefixes: tuple[str, ...] = ()
    rewrites: tuple[str, ...] = ()
    user_name: str = ""
    windows: tuple[tuple[str, str, str, int], ...] = ()
    is_locked: bool = False
    note: str = ""


_PLAN = (
    DemoGateway("elbe-core-01", "DE-Wholesale-Elbe", ("203.0.113.16/29",), 240,
                windows=(("workdays", "08:00", "19:00", 320), ("weekend", "00:00", "24:00", 120)),
                note="Both halves of the cluster"),
    DemoGateway("elbe-backup", "DE-Wholesale-Elbe", ("203.0.113.40",), 60),
    DemoGateway("elbe-old", "DE-Wholesale-Elbe", ("203.0.113.57",), 20, is_locked=True,
                note="Switched off after the move"),
    DemoGateway("speicher-pbx", "DE-Trunk-Speicher", ("198.51.100.10",), 30, rewrites=("0>49",)),
    DemoGateway("harburg-pbx", "DE-Trunk-Harburg", ("198.51.100.24", "198.51.100.25"), 45,
                port=5080, prefixes=("49", "0049")),
    DemoGateway("nordlicht-sbc", "DE-Wholesale-Nordlicht", ("198.51.100.128/28",), 600),
    DemoGateway("gulf-dubai", "AE-Multi-Gulfbridge", ("192.0.2.8",), 180),
    DemoGateway("gulf-dubai-h323", "AE-Multi-Gulfbridge", ("192.0.2.9",), 40, port=1720,
                protocol=Gateway.Protocol.H323),
    DemoGateway("nairobi-01", "KE-Country-Kenya", user_name="nairobi-01", capacity=60,
                windows=(("daily", "20:00", "24:00", 20),)),
    DemoGateway("manila-01", "PH-Country-Philippines", ("192.0.2.64/28",), 90),
    DemoGateway("sao-paulo-01", "BR-Country-Brazil", ("192.0.2.130",), 75, rewrites=("00>",)),
    DemoGateway("carrier-frankfurt", "EU-Carrier-Clearing", ("203.0.113.200",), 1000,
                direction=Gateway.Direction.ROUTING, prefixes=("49", "43", "41")),
    DemoGateway("carrier-london", "EU-Carrier-Clearing", ("203.0.113.210",), 600,
                direction=Gateway.Direction.ROUTING),
    DemoGateway("carrier-singapore", "SG-Carrier-Clearing", ("203.0.113.220",), 800,
                direction=Gateway.Direction.ROUTING,
                prefixes=("880", "91", "63", "94", "977", "65", "60")),
)  # fmt: skip


def connect_all() -> None:
    """Make the gateways that are not there yet, and let two people change one."""
    for one in _PLAN:
        if not Gateway.objects.called(one.name).exists():
            _make(one)
    for name in ("EU-Carrier-Clearing", "SG-Carrier-Clearing"):
        # A carrier without money takes no calls; these send an invoice.
        terms_set(
            actor=SYSTEM,
            account=Account.objects.get(account_id=name),
            payment_mode="postpaid",
            credit_limit=Decimal(25_000),
            reason="Invoiced by the month",
        )
    ceiling_set(
        actor=SYSTEM,
        account=Account.objects.get(account_id="KE-Country-Kenya"),
        calls=80,
        reason="Agreed in the contract",
    )
    backup = Gateway.objects.called("elbe-backup").get()
    elbe = actor_for(User.objects.called("elbe").get())
    gateway_information_set(
        actor=elbe,
        gateway=backup,
        information={"addresses": ["203.0.113.41"]},
        reason="New data centre",
    )
    gateway_capacity_set(actor=elbe, gateway=backup, capacity=80)


def _make(one: DemoGateway) -> None:
    information = {
        "protocol": one.protocol,
        "port": one.port,
        "addresses": one.addresses,
        "prefixes": one.prefixes,
        "callee_rewrites": one.rewrites,
        "is_locked": one.is_locked,
        "note": one.note,
    }
    if one.user_name:
        information |= {
            "registration": Gateway.Registration.DYNAMIC,
            "user_name": one.user_name,
            "password": f"{one.user_name}-of-the-demo",
        }
    gateway_create(
        actor=SYSTEM,
        account=Account.objects.get(account_id=one.account_id),
        name=one.name,
        direction=one.direction,
        information=information,
        capacity=one.capacity,
        windows=[Window(days, minute(a), minute(b), calls) for days, a, b, calls in one.windows],
    )

"""What the demo consists of, as plain data: accounts with their agents, logins, and states."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "portal-demo-2026"  # noqa: S105 - printed for everybody who runs the demo


@dataclass(frozen=True)
class DemoAccount:
    """One account. `agent` is the account id above it (""= top); `login` a user name, if any.

    `expires_in` days from the day of loading (negative: it has expired); `end` is "locked",
    "closed" or "".
    """

    account_id: str
    name: str
    agent: str = ""
    login: str = ""
    person: str = ""
    time_zone: str = ""
    type: str = "general"
    flow: bool = False
    expires_in: int | None = None
    end: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def _company(name: str, person: str, domain: str, city: str, phone: str) -> dict[str, Any]:
    return {
        "company": name,
        "contact_person": person,
        "email": f"noc@{domain}",
        "phone": phone,
        "address": city,
        "is_published": True,
    }


def reference() -> Iterator[DemoAccount]:
    """The hierarchy every guide of the portal refers to."""
    dhaka = "Asia/Dhaka"
    yield DemoAccount(
        "BD-Wholesale-Agent", "BD Wholesale", login="bd-wholesale", person="Nadia Rahman",
        time_zone=dhaka,
        detail={
            **_company("BD Wholesale Ltd", "Nadia Rahman", "bdwholesale.example", "Gulshan, Dhaka",
                       "+880 2 5550 1001"),
            "memo": "First agent of the platform.",
            "codecs": ["G.729", "G.711a"],
        },
    )  # fmt: skip
    yield DemoAccount(
        "Dhaka-Retail-Sub", "Dhaka Retail", "BD-Wholesale-Agent", "dhaka-retail", "Imran Hossain",
        detail=_company("Dhaka Retail", "Imran Hossain", "dhakaretail.example", "Mirpur, Dhaka",
                        "+880 2 5550 1002"),
    )  # fmt: skip
    yield DemoAccount(
        "Customer-001", "Airport Lounge", "Dhaka-Retail-Sub", "customer-001", "Farhana Akter"
    )
    yield DemoAccount("Customer-002", "Mirpur Call Centre", "Dhaka-Retail-Sub")
    yield DemoAccount("Customer-003", "Green Road Clinic", "Dhaka-Retail-Sub")
    yield DemoAccount(
        "Dhaka-Empty-Account", "Not used yet", "Dhaka-Retail-Sub",
        detail={"memo": "Ordinary account without sub-accounts: the next agent."},
    )  # fmt: skip
    yield DemoAccount("Chittagong-Retail-Sub", "Chittagong Retail", "BD-Wholesale-Agent",
                      "chittagong-retail", "Sumaiya Islam")  # fmt: skip
    yield DemoAccount("Sub-Sub-Agent", "Agrabad Retail", "Chittagong-Retail-Sub",
                      "sub-sub-agent", "Tanvir Alam")  # fmt: skip
    yield DemoAccount("Customer-101", "Agrabad Hotel", "Sub-Sub-Agent")
    yield DemoAccount("Customer-102", "Port Logistics", "Sub-Sub-Agent", end="locked")
    yield DemoAccount(
        "Master-Agent-2", "Second Master", login="master-2", person="Joseph Mwangi",
        time_zone="Africa/Nairobi",
        detail=_company("Second Master", "Joseph Mwangi", "master2.example", "Westlands, Nairobi",
                        "+254 20 555 0110"),
    )  # fmt: skip
    yield DemoAccount("Customer-201", "Savanna Tours", "Master-Agent-2")
    yield DemoAccount("Customer-202", "Lake Bank", "Master-Agent-2", expires_in=-20)
    yield DemoAccount("Standalone-Customer-01", "Direct customer", login="standalone",
                      person="Elena Petrova", time_zone="Europe/Sofia")  # fmt: skip
    yield DemoAccount("EU-Carrier-Clearing", "Carrier we owe", type="clearing",
                      time_zone="Europe/Berlin")  # fmt: skip
    yield DemoAccount("SG-Carrier-Clearing", "Carrier in Singapore", type="clearing",
                      time_zone="Asia/Singapore")  # fmt: skip


_TRADES = (
    "Pharmacy", "Bakery", "Travel", "Hotel", "Clinic", "School", "Garage", "Bookshop", "Studio",
    "Market", "Press", "Textile", "Logistics", "Courier", "Salon", "Foods", "Motors", "Optics",
)  # fmt: skip


def retail() -> Iterator[DemoAccount]:
    """A retail reseller: shops of three cities, walk-in customers below them."""
    root = "IN-Retail-Lakshmi"
    yield DemoAccount(
        root, "Lakshmi Telecom", login="lakshmi", person="Priya Nair", time_zone="Asia/Kolkata",
        detail=_company("Lakshmi Telecom Pvt", "Priya Nair", "lakshmi.example", "Fort, Mumbai",
                        "+91 22 5550 1200"),
    )  # fmt: skip
    cities = {"Mumbai": 16, "Chennai": 14, "Kolkata": 12}
    for at, (city, customers) in enumerate(cities.items()):
        shop = f"IN-Retail-{city}"
        yield DemoAccount(shop, f"Lakshmi {city}", root, "lakshmi-mumbai" if not at else "",
                          "Arjun Mehta" if not at else "")  # fmt: skip
        for number in range(customers):
            trade = _TRADES[(number + 5 * at) % len(_TRADES)]
            yield DemoAccount(
                f"IN-Shop-{city}-{trade}" if number < len(_TRADES) else f"IN-Shop-{city}-{number}",
                f"{city} {trade}",
                shop,
                login="lakshmi-pharmacy" if city == "Mumbai" and number == 0 else "",
                person="Ravi Kulkarni" if city == "Mumbai" and number == 0 else "",
                end="locked" if number == 7 else "closed" if number == 9 else "",
                expires_in=12 if number == 3 else None,
            )


def wholesale() -> Iterator[DemoAccount]:
    """A wholesale provider of SIP trunks: few customers, each with sites."""
    root = "DE-Wholesale-Nordlicht"
    yield DemoAccount(
        root, "Nordlicht Trunks", login="nordlicht", person="Jonas Weber",
        time_zone="Europe/Berlin",
        detail={
            **_company("Nordlicht Trunks GmbH", "Jonas Weber", "nordlicht.example", "Hamburg",
                       "+49 40 5550 130"),
            "codecs": ["G.711a", "G.722"],
        },
    )  # fmt: skip
    yield DemoAccount("DE-Wholesale-Elbe", "Elbe reseller", root, "elbe", "Marie Schulz")
    for at, company in enumerate(
        ("Hafen", "Speicher", "Alster", "Harburg", "Altona", "Wandsbek", "Bergedorf", "Eppendorf")
    ):
        customer = f"DE-Trunk-{company}"
        yield DemoAccount(
            customer, f"{company} AG", root if at % 2 else "DE-Wholesale-Elbe",
            login="hafen" if at == 0 else "", person="Lena Vogt" if at == 0 else "",
        )  # fmt: skip
        for site in ("Zentrale", "Lager"):
            yield DemoAccount(f"DE-Trunk-{company}-{site}", f"{company} {site}", customer)


def cards() -> Iterator[DemoAccount]:
    """A calling-card operator: kiosks as agents, card accounts below them, one callback service."""
    root = "GB-Card-Operator"
    yield DemoAccount(
        root, "Thames Cards", login="thames", person="Oliver Grant", time_zone="Europe/London",
        detail=_company("Thames Cards plc", "Oliver Grant", "thamescards.example", "London",
                        "+44 20 5550 1400"),
    )  # fmt: skip
    for at, place in enumerate(("Brixton", "Camden", "Hackney", "Leeds", "Luton")):
        kiosk = f"GB-Card-{place}"
        yield DemoAccount(kiosk, f"{place} kiosk", root, "thames-brixton" if not at else "",
                          "Amara Okafor" if not at else "")  # fmt: skip
        for number in range(1, 9):
            yield DemoAccount(
                f"GB-Card-{place}-{number:02d}", f"{place} card {number:02d}", kiosk,
                type="phone_card", expires_in=25 if number == 4 else None,
                login="brixton-card" if not at and number == 1 else "",
                person="Grace Bell" if not at and number == 1 else "",
            )  # fmt: skip
    yield DemoAccount("GB-Callback-Camden", "Camden callback", "GB-Card-Camden", flow=True)


def countries() -> Iterator[DemoAccount]:
    """An operator of several countries: an agent per country, sub-agents per city."""
    root = "AE-Multi-Gulfbridge"
    yield DemoAccount(
        root, "Gulfbridge", login="gulfbridge", person="Layla Haddad", time_zone="Asia/Dubai",
        detail=_company("Gulfbridge FZE", "Layla Haddad", "gulfbridge.example", "Dubai",
                        "+971 4 555 1500"),
    )  # fmt: skip
    plan = {
        ("KE", "Kenya", "Africa/Nairobi"): ("Nairobi", "Mombasa", "Kisumu"),
        ("PH", "Philippines", "Asia/Manila"): ("Manila", "Cebu", "Davao"),
        ("EG", "Egypt", "Africa/Cairo"): ("Cairo", "Giza"),
        ("BR", "Brazil", "America/Sao_Paulo"): ("Recife", "Santos"),
    }
    for at, ((code, name, zone), cities) in enumerate(plan.items()):
        country = f"{code}-Country-{name}"
        yield DemoAccount(
            country, f"Gulfbridge {name}", root, "gulfbridge-kenya" if not at else "",
            "Wanjiru Kamau" if not at else "", time_zone=zone,
            end="locked" if code == "EG" else "",
        )  # fmt: skip
        for city in cities:
            sub = f"{code}-City-{city}"
            yield DemoAccount(sub, f"{city} office", country)
            for number in range(1, 6):
                trade = _TRADES[(number * 3 + at) % len(_TRADES)]
                first = city == "Nairobi" and number == 1
                yield DemoAccount(
                    f"{code}-{city}-{trade}", f"{city} {trade}", sub,
                    login="nairobi-hotel" if first else "", person="Peter Otieno" if first else "",
                )  # fmt: skip


def everything() -> list[DemoAccount]:
    """All accounts, agents before their sub-accounts."""
    return [*reference(), *retail(), *wholesale(), *cards(), *countries()]

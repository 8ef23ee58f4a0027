"""What is known of an address of the portal: who comes, what it names, what it asks for. The
addresses themselves stand in `urls_registry`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Audience(StrEnum):
    # Also who is not signed in.
    PUBLIC = "public"
    # Everybody signed in, operators included: one's own security.
    SIGNED_IN = "signed in"
    # Administrators and logins of accounts.
    PORTAL = "portal"
    ADMINISTRATORS = "administrators"
    # The Django admin: operators, as far as their permissions go.
    STAFF = "staff"


@dataclass(frozen=True)
class Address:
    """What is known of one address.

    `names` is the kind of object in the address: "account", "login" (of an account), "factor" (a
    second factor of the own login), "request" (filed by an account), "payment" (to an account),
    "phone" (of an account), "batch" (of an account's grants), "template" (an account's own), "job"
    and "draft" (of one of an account's logins), "distribution" (paid by one of them), "gateway",
    "card batch", "card", "call", "call record" or "running call" (of an account), "re-rating",
    "switch", "carrier" and "carrier's gateway" (of nobody). `asks`: the code of the authorization
    it takes, "" where it takes none of the eight; `own_asks`: the one that takes its place on the
    own account.
    `posts_ask`: everybody who reaches the object may look, and only posting asks. `is_own_only`:
    reached by the logins of its own account alone. `is_for_keepers`: the object is there for those
    alone who hold 1 or 8, on their own account as well. `is_free_at_home`: on the own account it
    takes none of the eight.
    `queries` and `fields` are the parameters that name or look for accounts, `variants` query
    strings that make it a different page; `is_post_only`: nothing to look at.
    """

    audience: Audience
    asks: str
    names: str = ""
    own_asks: str = ""
    queries: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    is_post_only: bool = False
    posts_ask: bool = False
    is_own_only: bool = False
    is_for_keepers: bool = False
    is_free_at_home: bool = False
    variants: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether already looking takes the authorization."""
        return bool(self.asks) and not self.posts_ask

    def asked(self, method: str, *, own: bool) -> str:
        """The code that this method asks for on the own account, or on another one."""
        if self.posts_ask and method != "POST":
            return ""
        if own and self.is_free_at_home:
            return ""
        return (self.own_asks if own else "") or self.asks


PUBLIC = Address(Audience.PUBLIC, "")
SIGNED_IN = Address(Audience.SIGNED_IN, "")
FACTOR = Address(Audience.SIGNED_IN, "", names="factor")
STAFF = Address(Audience.STAFF, "")
PORTAL = Address(Audience.PORTAL, "")
POSTED = Address(Audience.PORTAL, "", is_post_only=True)
LOOK = Address(Audience.PORTAL, "", names="account")
REQUEST = Address(Audience.PORTAL, "", names="request")
PAYMENT = Address(Audience.PORTAL, "", names="payment")
PHONE = Address(Audience.PORTAL, "", names="phone")
GATEWAY = Address(Audience.PORTAL, "", names="gateway")
JOB = Address(Audience.PORTAL, "", names="job", is_own_only=True)
JOB_DEED = replace(JOB, is_post_only=True)
ADMINISTRATORS = Address(Audience.ADMINISTRATORS, "")
SWITCH = Address(Audience.ADMINISTRATORS, "", names="switch")
CARRIER = Address(Audience.ADMINISTRATORS, "", names="carrier")
CARRIERS_GATEWAY = Address(Audience.ADMINISTRATORS, "", names="carrier's gateway")
OF_ADMINISTRATORS = Address(Audience.ADMINISTRATORS, "", names="account")


def looking(*queries: str, names: str = "", variants: tuple[str, ...] = ()) -> Address:
    """A page that takes account ids or words to search for in its query."""
    return Address(Audience.PORTAL, "", names=names, queries=queries, variants=variants)


def asking(code: str, names: str = "account", **more: Any) -> Address:
    """A page that takes the authorization with this code, to be looked at and to be posted to."""
    return Address(Audience.PORTAL, code, names=names, **more)

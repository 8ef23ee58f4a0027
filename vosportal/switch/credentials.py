"""Who is this user name? The digest a SIP server proves a caller by, or a neutral no. Whose gateway
is at this address? Its name; nothing is secret there.

A lock of a phone or gateway is about calls and hides nobody: who calls is proven first, and
`authorize` answers for the lock. Below an account that is stopped nobody is known.

A no is the same whatever it is for, in the same time: the same statements, one secret read and one
digest made.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.core.querysets import chains
from accounts.gateways.queries import registering_gateway
from accounts.kit.encryption import decrypted, encrypted
from accounts.phones.queries import phone_numbered
from accounts.phones.rules.values import digest
from accounts.switches.models import Switch
from vosportal.switch.queries.callers import by_address
from vosportal.switch.reading import text_of

# Longer than any number of a phone and any user name of a gateway; and than any address.
_MOST, _MOST_ADDRESS = 64, 49
_UNKNOWN: dict[str, Any] = {"known": False}


class _Kept(NamedTuple):
    """What is kept of somebody who registers; `is_digest`: the secret is the digest already;
    `has_one`: it is a secret of theirs.
    """

    account: int
    # As what `authorize` is asked about it: {"phone": number}, or {"gateway": name}.
    calls_as: dict[str, str]
    user: str
    realm: str
    secret: str
    is_digest: bool
    has_one: bool


def credentials(_switch: Switch, body: dict[str, Any]) -> dict[str, Any]:
    """{"user"} → {"known": true, "user", "realm", "ha1", and "phone" or "gateway"}, or {"known":
    false}: for a phone by its number, for a mapping gateway by the user name it registers with.
    {"address"} → {"known": true, "gateway"}, for one that does not register. Raises BadBody.
    """
    address = text_of(body, "address", most=_MOST_ADDRESS)
    if address and not body.get("user"):
        caller = by_address(address)
        return {"known": True, "gateway": caller.gateway} if caller else _UNKNOWN
    return _credentials(text_of(body, "user", most=_MOST, needed=True))


@sensitive_variables()
def _credentials(user: str) -> dict[str, Any]:
    kept = _kept(user)
    way = chains([kept.account]).get(kept.account, ())
    now = timezone.now()
    is_running = bool(way) and not any(link.is_stopped(now) for link in way)
    secret = decrypted(kept.secret)
    made = digest(kept.user, kept.realm, secret)
    if not (kept.has_one and is_running):
        return _UNKNOWN
    ha1 = secret if kept.is_digest else made
    return {"known": True, "user": kept.user, "realm": kept.realm, "ha1": ha1, **kept.calls_as}


def _kept(user: str) -> _Kept:
    """What is kept of whoever this is; of nobody, what is never open."""
    phone, gateway = phone_numbered(user), registering_gateway(user)
    if phone is not None:
        return _Kept(
            phone.account_id,
            {"phone": phone.number},
            phone.number,
            phone.realm,
            phone.ha1,
            True,
            True,
        )
    realm = settings.SIP_REALM
    if gateway is not None:
        secret = gateway.secret or _nobodys(tuple(settings.ENCRYPTION_KEYS))
        return _Kept(
            gateway.account_id,
            {"gateway": gateway.name},
            gateway.user_name,
            realm,
            secret,
            False,
            bool(gateway.secret),
        )
    return _Kept(0, {}, user, realm, _nobodys(tuple(settings.ENCRYPTION_KEYS)), False, False)


@lru_cache(maxsize=4)
def _nobodys(_keys: tuple[str, ...]) -> str:
    """A secret of nobody, to be read where there is none. Made anew with other keys."""
    return encrypted("a secret of nobody, read all the same")

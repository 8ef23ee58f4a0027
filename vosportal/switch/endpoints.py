"""What a switch can ask: the last part of an address below /switch/v1/, and what answers there
(docs/switch/README.md).

An endpoint is given the switch whose key was proven and the body as `reading.read_body` gives it,
and answers with an object, or with a status and an object. It may raise `BadBody`; an outage of the
database becomes 503 by itself. It manages its own transactions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.switches.models import Switch
from vosportal.patience import LONGEST
from vosportal.switch.asking import authorize, cuts, told
from vosportal.switch.cdr import cdr
from vosportal.switch.credentials import credentials

Answer = dict[str, Any] | tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Endpoint:
    """`seconds`: how long it may wait for the database as a whole; statements in a transaction are
    ended by the server with `vosportal.patience.statements_end`. `takes_list`: its body may be a
    list.
    """

    call: Callable[[Switch, Any], Answer]
    seconds: float = LONGEST
    takes_list: bool = False


ENDPOINTS: dict[str, Endpoint] = {
    "credentials": Endpoint(credentials, seconds=5),
    # A caller that hears nothing for longer hangs up: the switch is told that nobody knows.
    "authorize": Endpoint(authorize, seconds=1),
    "events": Endpoint(told, seconds=5),
    "cuts": Endpoint(cuts, seconds=5),
    "cdr": Endpoint(cdr, takes_list=True),
}

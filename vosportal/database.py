"""How the portal connects to its database: what is the same whatever the address says."""

from typing import Any

# How often a connection makes a statement before the server keeps its plan. Once would keep plans
# of statements that never come again.
_PREPARED_FROM = 2


def connecting(database: dict[str, Any], *, keep: int, prepared: bool) -> dict[str, Any]:
    """The settings of a connection, `keep` seconds of which are kept for the next request.

    `prepared`: PostgreSQL keeps the plans of statements that come again, for a list of eight joins
    takes it forty times longer to plan than to run. Each connection has its own, so that a pooler
    between must know of them.

    How long PostgreSQL may work on a statement is said by its roles (docs/operations.md), so that a
    pooler between changes nothing. From here is noticed what the server cannot tell: that it does
    not answer, and that the network lost it.
    """
    given = database.get("OPTIONS", {})
    if database["ENGINE"].endswith("sqlite3"):
        options = {
            # Writers queue from their first statement on; otherwise they fail: "database is
            # locked". They wait as long as a statement may take on PostgreSQL.
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        return {**database, "ENGINE": "vosportal.sqlite3", "OPTIONS": {**options, **given}}
    options = {
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    if prepared:
        options |= {"server_side_binding": True, "prepare_threshold": _PREPARED_FROM}
    return {
        "CONN_MAX_AGE": keep,
        **database,
        "ENGINE": "vosportal.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, **given},
    }

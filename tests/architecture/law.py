"""The law of imports (docs/architecture.md): down by role first, then by package.

What a module is follows from where it stands: `<app>/<package>/<role>.py` or
`<app>/<package>/<role>/….py`. A new module needs no entry anywhere; a new package has its place in
the order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Low to high; an app imports from those before it.
APPS = ("accounts", "billing", "vosportal")

# Low to high. `vosportal` holds what needs both apps; nothing of its own is ordered.
PACKAGES = {
    "accounts": (
        "validators", "kit", "core", "portal", "mail", "upkeep", "logins", "authorizations",
        "audit", "jobs", "tree", "approvals", "requests", "numbers", "phones", "gateways",
        "switches", "availability", "customers",
    ),
    "billing": (
        "errors", "money", "fields", "forms", "wallets", "ledger", "handing_out", "payments",
        "distributions", "cards", "rates", "calls", "holds", "charging", "reports", "carriers",
    ),
}  # fmt: skip

# What everything stands on, whatever its role.
GROUND = ("validators", "kit", "core")

# Low to high; whatever has no such name is plain, and lies below all of them.
ROLES = (
    {"models"},
    {"queries"},
    {"rules"},
    {"services", "mails"},
    {"forms", "filters", "tables", "columns", "actions", "lists", "words", "dashboard"},
    {"views", "middleware", "adapters"},
    {"hooks"},
    {"urls", "admin"},
)  # fmt: skip
PLAIN = 0
_SHELL = {"management", "demo", "benchmarks"}
_LEVELS = {name: level for level, names in enumerate(ROLES, PLAIN + 1) for name in names}

# What Django and people's sessions find at the top of an app: it only leads into the packages.
_TOP = len(ROLES) + 1


@dataclass(frozen=True, order=True)
class Place:
    """Where a module stands; a lower place may be imported from a higher one."""

    app: int
    ground: int
    role: int
    package: int


def place_of(module: str) -> Place | None:
    """Where a module of ours stands by its dotted name; None for what is not ours."""
    app, *rest = module.split(".")
    if app not in APPS:
        return None
    at = APPS.index(app)
    order = PACKAGES.get(app, ())
    if not order:
        return Place(at, 0, PLAIN, 0)
    if not rest or rest[0] not in order:
        return Place(at, 1, _TOP, 0)
    package = order.index(rest[0])
    if rest[0] in GROUND:
        return Place(at, 0, PLAIN, package)
    return Place(at, 1, _LEVELS.get(role_of(module), PLAIN), package)


def role_of(module: str) -> str:
    """What a module of ours is for: one of ROLES, `core`, `shell` for what only an operator's shell
    runs, or "" for what is plain.
    """
    app, package, *rest = [*module.split("."), "", ""]
    if package in _SHELL:
        return "shell"
    if app == "accounts" and package == "core":
        return "core"
    # A file's name may raise the role of its folder, never lower it; at the top of an app the
    # module is a package of its own.
    names = [name for name in (package, *rest) if name in _LEVELS]
    return max(names, key=_LEVELS.__getitem__, default="")


def violations(graph: Mapping[str, set[str]]) -> Iterator[str]:
    """What in these imports (module → what it imports) the law forbids, a sentence each."""
    for module, below in sorted(graph.items()):
        own = place_of(module)
        for name in sorted(below):
            there = place_of(name)
            if own is None or there is None or _is_in(module, name):
                continue
            if there > own or (there.role == _TOP and own.app == there.app):
                yield f"{module} imports {name}"


def _is_in(module: str, package: str) -> bool:
    """A package and what gathers it are one."""
    return module.startswith(f"{package}.") or package.startswith(f"{module}.")

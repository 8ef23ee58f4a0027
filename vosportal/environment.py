"""What the settings are read from: the environment, or `.env` beside manage.py.

Whatever stands there, the answer is a value that works or a sentence (ImproperlyConfigured), never
a failure of its own. No sentence shows a value that could be secret.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

BASE_DIR = Path(__file__).resolve().parent.parent

_LARGEST = 2**31 - 1  # what is counted fits a column, and a number of days a date
_LINE = re.compile(r"(?:export )?[A-Za-z_0-9]+=.*")
_TRUE, _FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_MAILBOX = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@([^\s@<>]+)")
_DATABASES = {
    "postgres": "postgresql", "postgresql": "postgresql", "pgsql": "postgresql",
    "psql": "postgresql", "sqlite": "sqlite3",
}  # fmt: skip
_MAILS = (
    "smtp", "smtps", "smtp+tls", "smtp+ssl",
    "consolemail", "filemail", "memorymail", "dummymail",
)  # fmt: skip


class Environment(environ.Env):
    """As django-environ reads it, but: what is empty counts as not set, a `$` is a `$`, and what
    cannot be read is refused in a sentence that names the variable.
    """

    def get_value(
        self,
        var: str,
        cast: Any = None,
        default: Any = environ.Env.NOTSET,
        parse_default: bool = False,
    ) -> Any:
        """The value of `var` as `cast` makes it. Raises ImproperlyConfigured."""
        raw = self.ENVIRON.get(var, "").strip()
        if not raw:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"Set {var} in the environment.")
            if not parse_default:
                return default
            raw = str(default)
        if not raw.isprintable():
            raise ImproperlyConfigured(f"{var} holds characters that are no text: write it again.")
        if cast is bool:
            return _flag(var, raw)
        if cast is list:
            return [part.strip() for part in raw.split(",") if part.strip()]
        try:
            return raw if cast is None else self.parse_value(raw, cast)
        except ImproperlyConfigured:
            raise
        except Exception as error:
            raise ImproperlyConfigured(f"{var} cannot be read: see .env.example.") from error

    def int(
        self, var: str, default: Any = environ.Env.NOTSET, *, least: int = 0, most: int = _LARGEST
    ) -> int:
        """A whole number from `least` to `most`."""
        value = self.get_value(var, default=default)
        text = str(value)
        if not (
            text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most
        ):
            raise ImproperlyConfigured(f"{var} must be a whole number from {least} to {most}.")
        return int(text)

    def choice(self, var: str, default: str, choices: tuple[str, ...]) -> str:
        """One of `choices`."""
        value = self.get_value(var, default=default)
        if value not in choices:
            raise ImproperlyConfigured(
                f"{var} is `{'`, `'.join(choices[:-1])}` or `{choices[-1]}`."
            )
        return str(value)

    def database(self, var: str, default: str) -> dict[str, Any]:
        """PostgreSQL or SQLite, as `DATABASES` has it."""
        raw = self.get_value(var, default=default)
        parts = _parts(var, raw)
        if parts.scheme not in _DATABASES:
            raise ImproperlyConfigured(f"{var} must begin with postgres:// or sqlite:///.")
        try:
            config: dict[str, Any] = self.db_url_config(raw)
        except Exception as error:
            raise ImproperlyConfigured(f"{var} cannot be read: see .env.example.") from error
        config["ENGINE"] = f"django.db.backends.{_DATABASES[parts.scheme]}"
        if parts.scheme == "sqlite":
            if config["NAME"] == ":memory:" or parts.netloc or Path(config["NAME"]).is_dir():
                raise ImproperlyConfigured(
                    f"{var} names no file: write sqlite:// and then its whole path, as in "
                    "sqlite:////var/lib/portal/portal.sqlite3."
                )
            return config
        if not config["NAME"] or len(config["NAME"]) > 63:
            raise ImproperlyConfigured(
                f"{var} names no database: write postgres://user:password@host:port/name."
            )
        _check_options(var, config)
        return config

    def mails(self, var: str, default: str) -> dict[str, Any]:
        """Where mails go, as settings by name."""
        raw = self.get_value(var, default=default)
        parts = _parts(var, raw)
        if parts.scheme not in _MAILS:
            raise ImproperlyConfigured(
                f"{var} must begin with smtp://, smtp+tls:// or smtp+ssl:// (or with "
                "consolemail:// to print mails)."
            )
        if parts.query or parts.fragment:
            raise ImproperlyConfigured(
                f"{var} must end with the port: percent-encode “?” and “#” in its password."
            )
        if parts.scheme.startswith("smtp") and not is_host(parts.hostname or ""):
            raise ImproperlyConfigured(f"{var} names no mail server: write smtp://host:port.")
        config: dict[str, Any] = self.email_url_config(raw)
        return config

    def redis(self, var: str) -> str:
        """The address of a Redis server, or "" where none is set."""
        raw = str(self.get_value(var, default=""))
        if not raw:
            return ""
        if _parts(var, raw).scheme not in ("redis", "rediss", "unix"):
            raise ImproperlyConfigured(f"{var} must begin with redis://, rediss:// or unix://.")
        try:
            redis: Any = import_module("redis")  # only an extra of the portal
        except ImportError as error:
            raise ImproperlyConfigured(
                f"{var} is set, but the package for it is missing: "
                ".venv/bin/pip install -e '.[redis]' -c constraints.txt"
            ) from error
        try:
            redis.ConnectionPool.from_url(raw).make_connection()
        except Exception as error:  # Of many kinds, by what stands behind the “?”.
            raise ImproperlyConfigured(f"{var} cannot be read: see .env.example.") from error
        return raw

    def origin(self, var: str, default: str, schemes: tuple[str, ...]) -> str:
        """A scheme and a host, and nothing behind them."""
        raw = str(self.get_value(var, default=default)).rstrip("/")
        parts = _parts(var, raw)
        if parts.scheme not in schemes:
            raise ImproperlyConfigured(
                f"{var} must begin with {schemes[0]}://: the portal needs TLS."
                if len(schemes) == 1
                else f"{var} must begin with {':// or '.join(schemes)}://."
            )
        host = parts.hostname or ""
        if parts.path or parts.query or parts.fragment or "?" in raw or "#" in raw:
            raise ImproperlyConfigured(
                f"{var} must end with the host name (or its port), as in {schemes[0]}://"
                "portal.example.com: the portal lives at the top of its host, under no path."
            )
        if parts.username is not None or not is_host(host):
            raise ImproperlyConfigured(
                f"{var} must name the portal's host, as in {schemes[0]}://portal.example.com."
            )
        return raw

    def hosts(self, var: str) -> list[str]:
        """Host names; one that begins with a dot stands for those below it as well."""
        found: list[str] = self.list(var, default=[])
        if "*" in found:
            raise ImproperlyConfigured(f"{var} must name the portal's hosts, not “*”.")
        if not all(is_host(host.removeprefix(".").strip("[]")) for host in found):
            raise ImproperlyConfigured(
                f"{var} must hold host names alone, separated by commas: "
                "no https://, no port, no path."
            )
        return found

    def mailbox(self, var: str, default: str) -> str:
        """What mails come from: `portal@example.com`, or `Portal <portal@example.com>`."""
        raw = str(self.get_value(var, default=default))
        name, bracket, rest = raw.partition("<")
        address = rest.removesuffix(">") if bracket and raw.endswith(">") else raw
        found = _MAILBOX.fullmatch(address)
        if not found or not is_host(found[1]) or '"' in name or not address.isascii():
            raise ImproperlyConfigured(
                f"{var} must be an address such as portal@example.com, or "
                "Portal <portal@example.com>."
            )
        return raw

    def folder(self, var: str, default: Path) -> str:
        """A folder, which need not be there yet."""
        raw = str(self.get_value(var, default=str(default)))
        try:
            is_other = os.path.lexists(raw) and not os.path.isdir(raw)
        except ValueError:
            is_other = True
        if is_other or len(raw) > 4000:
            raise ImproperlyConfigured(f"{var} must name a folder.")
        return raw


def is_host(text: str) -> bool:
    """Whether a text is a host name or an address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return len(text) < 254 and all(_LABEL.fullmatch(label) for label in labels)
    return True


def _flag(var: str, raw: str) -> bool:
    if raw.lower() not in (*_TRUE, *_FALSE):
        raise ImproperlyConfigured(f"{var} is `true` or `false`.")
    return raw.lower() in _TRUE


def _parts(var: str, raw: str) -> SplitResult:
    """The parts of an address, whose port is one."""
    try:
        parts = urlsplit(raw)
        # Of a cluster each host has one, which its driver reads.
        if "," not in parts.netloc:
            parts.port  # noqa: B018 - looks at it
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{var} is no address: percent-encode special characters in its password."
        ) from error
    return parts


def _check_options(var: str, config: dict[str, Any]) -> None:
    """What stands behind the “?” must be something that PostgreSQL's driver knows."""
    for name in ("CONN_MAX_AGE", "ATOMIC_REQUESTS", "AUTOCOMMIT", "CONN_HEALTH_CHECKS"):
        if name in config:
            raise ImproperlyConfigured(f"{var} must not set {name}: see DATABASE_CONN_MAX_AGE.")
    try:
        make_conninfo(**config.get("OPTIONS", {}))
    except (ProgrammingError, TypeError) as error:
        raise ImproperlyConfigured(
            f"{var} has options behind its “?” that PostgreSQL does not know."
        ) from error


def _read_files() -> None:
    """Take over the lines of the files for what the environment itself does not set. Of several the
    first that has a name wins: one with what only some of the processes know stands before the one
    that all of them read.
    """
    named = os.environ.get("ENV_FILE", "")
    for one in named.split(os.pathsep) if named else [str(BASE_DIR / ".env")]:
        _read_file(Path(one), is_named=bool(named))


def _read_file(file: Path, *, is_named: bool) -> None:
    try:
        if not is_named and not file.exists():
            return
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        # Else the portal would run in development mode, on the network.
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        shown = str(file).encode(errors="replace").decode()
        raise ImproperlyConfigured(f"The settings in {shown} cannot be read: {why}.") from error
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#") and not _LINE.fullmatch(line):
            raise ImproperlyConfigured(
                f"Line {number} of {file} is no setting: write NAME=value, or begin it with #."
            )
        if "\x00" in line:
            raise ImproperlyConfigured(f"Line {number} of {file} holds what is no text.")
    environ.Env.read_env(str(file))


_read_files()
env = Environment()


def required(name: str, why: str) -> str:
    """A value that production needs. Raises ImproperlyConfigured."""
    value = env.str(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment: {why}")
    return str(value)


def secret(name: str, why: str = "") -> str:
    """A value that production needs and nobody may guess. Raises ImproperlyConfigured."""
    value = required(name, f"a secret of at least 50 random characters{why}.")
    if len(value) < 50 or len(set(value)) < 5 or value.startswith("django-insecure"):
        raise ImproperlyConfigured(
            f"{name} is too easy to guess: use at least 50 random characters."
        )
    return value


def development_key(name: str, make: Callable[[], str]) -> str:
    """A key of this machine's development, made once; the files are git-ignored."""
    file = BASE_DIR / name
    if not file.exists():
        file.write_text(make())
        file.chmod(0o600)
    return file.read_text().strip()

"""A real SIP server beside the demo, where this machine has one: Kamailio as docs/switch has it,
phones and a gateway of the demo that register and call by SIPp, and a carrier that answers. All of
it ends with the demo, however that ends.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

from django.conf import settings

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.gateways.models import Gateway
from accounts.gateways.services.gateways import gateway_create, gateway_information_set
from accounts.gateways.services.routing import gateway_routing_set
from accounts.numbers.queries import number_verdict
from accounts.phones.queries import phone_numbered
from accounts.phones.services.phones import phone_reset
from accounts.switches.models import Switch
from accounts.switches.services.switches import key_made, switch_new
from vosportal.demo import sip_steps
from vosportal.demo.callers import Group, groups
from vosportal.demo.calls import dialled, numbers_of, own_number

NAME = "kamailio-demo"
_CARRIER, _CLEARING = "carrier-sipp", "SG-Carrier-Clearing"
_HOST = "127.0.0.1"
_CONFIGURATION = settings.BASE_DIR / "docs/switch/kamailio"
# Debian's places, and who has the modules.
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
_MODULES = {"http_client": "kamailio-utils-modules", "jansson": "kamailio-extra-modules"}
_PROGRAMS = {"kamailio": "kamailio", "sipp": "sip-tester", "setpriv": "util-linux"}
# Who calls by SIPp: so many phones, and a gateway that registers.
_PHONES, _GATEWAY = 3, "nairobi-01"
# Seconds between two calls of one caller, and before it registers again: the first time the portal
# is not up yet.
_EVERY, _AGAIN = 20, 10
_PATIENCE = 5


def lacking() -> list[str]:
    """What this machine has not: Debian's packages, by their names, and an address."""
    found = [] if _here() else ["an address of its own in a network"]
    found += [package for name, package in _PROGRAMS.items() if not _program(name)]
    for name, package in _MODULES.items():
        if not any(Path(one, "kamailio/modules", f"{name}.so").exists() for one in _FOLDERS):
            found.append(package)
    return sorted(set(found))


def _here() -> str:
    """The address of this machine to others, which a carrier must have; "" for none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, suppress(OSError):
        # Nothing is sent.
        one.connect(("192.0.2.1", 9))
        return str(one.getsockname()[0])
    return ""


def _program(name: str) -> str:
    # Not everybody's path has what is an administrator's.
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


@contextmanager
def sip_server(portal: str) -> Iterator[str]:
    """Carry calls by Kamailio and SIPp beside what happens in here, which serves the portal at this
    address; where SIP is spoken.
    """
    port, carrier = _free_port(), _free_port()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="portal-sip-")))
        _connect(carrier)
        _configure(folder, portal, _key(), port)
        kamailio = [
            "kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-f", str(folder / "kamailio.cfg"),
            "-w", str(folder), "-Y", str(folder), "-P", str(folder / "kamailio.pid"),
        ]  # fmt: skip
        ends.enter_context(_running(folder, "kamailio", kamailio, ends_by="TERM"))
        ends.enter_context(
            _sipp(folder, "carrier", sip_steps.ANSWERS, "-p", str(carrier), at=_here())
        )
        for at, (user, password, shown, numbers) in enumerate(_callers()):
            who = sip_steps.Who(user, password, shown)
            called = folder / f"called-{at}.csv"
            called.write_text("RANDOM\n" + "\n".join(numbers) + "\n")
            to = f"{_HOST}:{port}"
            often = ["-l", "2", "-r", "1", "-rp", str(_EVERY * 1000 + at * 1700)]
            seldom = ["-l", "1", "-r", "1", "-rp", str(_AGAIN * 1000)]
            registers = sip_steps.registers(who)
            ends.enter_context(_sipp(folder, f"registers-{at}", registers, to, *seldom))
            calls = [to, "-inf", str(called), *often]
            ends.enter_context(_sipp(folder, f"calls-{at}", sip_steps.calls(who), *calls))
        yield f"{_HOST}:{port}"


def _connect(port: int) -> None:
    """A routing gateway to what answers here. It takes what the callers of SIPp dial alone: others
    of the demo go where they always went.
    """
    gateway = Gateway.objects.called(_CARRIER).first()
    if gateway is None:
        codes = sorted({code for group in (_phones(), _gateways()) for code in group.destinations})
        gateway = gateway_create(
            actor=SYSTEM,
            account=Account.objects.get(account_id=_CLEARING),
            name=_CARRIER,
            direction=Gateway.Direction.ROUTING,
            information={
                "addresses": [_here()],
                "prefixes": codes,
                "is_locked": False,
                "note": "SIPp on this machine, while the demo runs with its SIP server",
            },
            capacity=100,
        )
    gateway_information_set(
        actor=SYSTEM,
        gateway=gateway,
        information={"addresses": [_here()], "port": port},
        reason="Where it is this time",
    )
    gateway.refresh_from_db()
    there = {"host": _here(), "transport": "udp", "priority": 1, "weight": 1}
    gateway_routing_set(
        actor=SYSTEM, gateway=gateway, routing=there, reason="Where it is this time"
    )


def _key() -> str:
    """A key of the switch; the one of the time before is worth nothing then."""
    switch = Switch.objects.called(NAME).first()
    if switch is not None:
        return key_made(actor=SYSTEM, switch=switch).key.text
    note = "Kamailio on this machine, while the demo runs with it"
    return switch_new(actor=SYSTEM, name=NAME, addresses=[_HOST], note=note).key.text


def _configure(folder: Path, portal: str, key: str, port: int) -> None:
    for one in _CONFIGURATION.glob("*.cfg"):
        shutil.copy(one, folder)
    own = folder / "portal.cfg"
    own.touch(mode=0o600)
    own.write_text(
        f'#!define PORTAL "http://{portal}/switch/v1/"\n'
        f'#!define KEY "{key}"\n'
        f'#!define REALM "{settings.SIP_REALM}"\n'
        f"#!define RING {settings.SWITCH_RING}\n"
        "#!define DEAD 4000\n"
        f"listen=udp:{_HOST}:{port}\n"
    )


def _callers() -> Iterator[tuple[str, str, str, Sequence[str]]]:
    """(user name, password, number shown, numbers called) of phones, which get new passwords, and
    of a gateway.
    """
    dice = random.Random()  # noqa: S311 - no secret
    group = _phones()
    for name, _account, _share in group.callers[:_PHONES]:
        phone = phone_numbered(name)
        if phone is not None:
            password = phone_reset(actor=SYSTEM, phone=phone).password
            found = _numbers(dice, group)
            let = [one for one in found if number_verdict(phone.account_id, one).is_allowed]
            # Some are refused, as it is everywhere.
            yield name, password, name, [*let, *found[:2]]
    group = _gateways()
    (name, *_rest), *_others = group.callers
    yield name, f"{name}-of-the-demo", own_number(name), _numbers(dice, group)


def _numbers(dice: random.Random, group: Group) -> list[str]:
    return [
        dialled(group, number)
        for code in group.destinations
        for number in dice.sample(numbers_of(dice, code), 10)
    ]


def _phones() -> Group:
    return next(one for one in groups() if one.column == "phone")


def _gateways() -> Group:
    return next(one for one in groups() if one.callers[0][0] == _GATEWAY)


def _sipp(
    folder: Path, name: str, steps: str, *how: str, at: str = _HOST
) -> AbstractContextManager[None]:
    scenario = folder / f"{name}.xml"
    scenario.touch(mode=0o600)
    scenario.write_text(steps)
    command = ["sipp", "-sf", str(scenario), "-nostdin", "-t", "u1", "-i", at, *how]
    return _running(folder, name, command, ends_by="KILL")


@contextmanager
def _running(folder: Path, name: str, command: Sequence[str], *, ends_by: str) -> Iterator[None]:
    """A program that ends with this one, by a signal that it heeds; by the system, where this one
    is killed.
    """
    program, *rest = command
    with (folder / f"{name}.log").open("wb") as said:
        process = subprocess.Popen(  # noqa: S603 - programs of the system, words of ours
            [_program("setpriv"), "--pdeathsig", ends_by, _program(program), *rest],
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=folder,
            # Ctrl-C in the terminal is for the demo alone.
            start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        process.send_signal(signal.Signals[f"SIG{ends_by}"])
        try:
            process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            # With all that it started.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind((_HOST, 0))
        return int(one.getsockname()[1])

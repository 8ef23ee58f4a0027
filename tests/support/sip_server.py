"""A real SIP server beside the portal: Kamailio as docs/switch/kamailio has it, quicker."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import Request, urlopen

from django.conf import settings

from tests.support import processes, sip_worker
from tests.support.configuration import GOOD, ROOT
from tests.support.waiting import until

CONFIGURATION = ROOT / "docs/switch/kamailio"
HOST = "127.0.0.1"
# Seconds a call may ring, and milliseconds after which a gateway that says nothing is dead.
RING, DEAD = 6, 400
# Seconds after which it asks about a call that got no answer; and its own, which are more.
LATE, _LATE = "#!define LATE 1", "#!define LATE 10"
_MODULES = ("http_client", "jansson", "uuid")
_FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")


def missing() -> str:
    """Which of Debian's packages this machine has not; "" where all are there."""
    found = [name for name in ("kamailio", "sipp", "setpriv") if _program(name) is None]
    folders = [Path(one) / "kamailio/modules" for one in _FOLDERS]
    for name in _MODULES:
        if not any((one / f"{name}.so").exists() for one in folders):
            found.append(f"Kamailio's module {name}")
    return ", ".join(found)


def _program(name: str) -> str | None:
    # Not everybody's path has what is an administrator's.
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def configured(folder: Path, *, portal: str, key: str, port: int) -> Path:
    """A copy of the configuration with this place filled in; what Kamailio is started with."""
    for one in CONFIGURATION.glob("*.cfg"):
        shutil.copy(one, folder)
    file = folder / "kamailio.cfg"
    own = file.read_text()
    assert _LATE in own
    file.write_text(own.replace(_LATE, LATE))
    (folder / "portal.cfg").write_text(
        f'#!define PORTAL "{portal}"\n'
        f'#!define KEY "{key}"\n'
        f'#!define REALM "{settings.SIP_REALM}"\n'
        f"#!define RING {RING}\n"
        f"#!define DEAD {DEAD}\n"
        f"listen=udp:{HOST}:{port}\n"
    )
    return file


def checked(file: Path) -> "subprocess.CompletedProcess[str]":
    """What Kamailio says of a configuration."""
    command = [str(_program("kamailio")), "-c", "-f", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class Kamailio:
    """The switch. Begun and ended by a test; it ends with the run in any case."""

    def __init__(self, folder: Path, *, portal: str, key: str) -> None:
        self.folder, self.port = folder, free_port(socket.SOCK_DGRAM)
        self.file = configured(folder, portal=portal, key=key, port=self.port)
        self.log = folder / "kamailio.log"
        self.begin()

    def begin(self) -> None:
        """Back when it answers."""
        command = [
            str(_program("setpriv")), "--pdeathsig", "TERM", str(_program("kamailio")), "-DD", "-E",
            "-m", "64", "-M", "8", "-f", str(self.file), "-w", str(self.folder),
            "-Y", str(self.folder), "-P", str(self.folder / "kamailio.pid"),
        ]  # fmt: skip
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                command, stdout=said, stderr=said, start_new_session=True, cwd=self.folder
            )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        ask = (
            f"OPTIONS sip:{HOST}:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST};branch=z9hG4bKa\r\n"
            f"From: <sip:a@{HOST}>;tag=1\r\nTo: <sip:{HOST}>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 9\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(0.2)
            one.connect((HOST, self.port))
            try:
                one.send(ask.encode())
                return b"200" in one.recv(2000)
            except OSError:
                return False

    def kill(self) -> None:
        """As the machine does when memory ends: all of it gets no word in."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


class Portal:
    """gunicorn, the charger and the clock on the database of this test, at one port, so that they
    can be ended and begun again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://{HOST}:{self.port}/switch/v1/"
        self._web: subprocess.Popen[bytes] | None = None
        self._beside = [processes.begin(work) for work in (sip_worker.charge, sip_worker.watch)]
        self.begin()

    def begin(self) -> None:
        """Back when it answers."""
        command = [
            str(_program("setpriv")), "--pdeathsig", "TERM", sys.executable, "-m", "gunicorn",
            "--config", "python:vosportal.server", "vosportal.wsgi", "--threads", "16",
            "--bind", f"{HOST}:{self.port}",
        ]  # fmt: skip
        with (self.folder / "web.log").open("ab") as said:
            self._web = subprocess.Popen(
                command, cwd=ROOT, env=_environment(), stdout=said, stderr=said,
                start_new_session=True,
            )  # fmt: skip
        until(self._answers)

    def end_web(self) -> None:
        if self._web is None:
            return
        os.killpg(self._web.pid, signal.SIGKILL)
        self._web.wait()
        self._web = None
        until(lambda: not self._answers())

    @contextmanager
    def halted(self) -> Iterator[None]:
        """It hears what it is asked, and answers afterwards."""
        assert self._web is not None
        os.killpg(self._web.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._web.pid, signal.SIGCONT)

    def end(self) -> None:
        self.end_web()
        for one in self._beside:
            processes.killed(one)

    def _answers(self) -> bool:
        """Whether it refuses who has no key."""
        assert self._web is None or self._web.poll() is None, (self.folder / "web.log").read_text()
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=5)) as there:
            try:
                there.request("POST", "/switch/v1/credentials", "{}")
                return there.getresponse().status in (401, 429)
            except OSError:
                return False


class Relay(ThreadingHTTPServer):
    """Between a switch and the portal. What is asked is passed on and done; the answer to what
    `is_late` never comes, until the switch hangs up.
    """

    daemon_threads = True

    def __init__(self, portal: str, is_late: str) -> None:
        super().__init__((HOST, 0), _Passed)
        self.portal, self.is_late = portal, is_late
        self.address = f"http://{HOST}:{self.server_port}/switch/v1/"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Passed(BaseHTTPRequestHandler):
    server: Relay

    def do_POST(self) -> None:
        question = self.path.rsplit("/", 1)[-1]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        heads = {"Authorization": self.headers["Authorization"]}
        with urlopen(Request(self.server.portal + question, body, heads), timeout=20) as answer:
            said = answer.read()
        if question == self.server.is_late:
            # The switch hangs up.
            self.rfile.read()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Not to the terminal of the tests."""


def _environment() -> Mapping[str, str]:
    return {
        **os.environ,
        **GOOD,
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": processes.database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.support.sip_settings",
        "EMAIL_URL": "consolemail://",
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
        "PYTHONPATH": str(ROOT),
        "SIP_REALM": settings.SIP_REALM,
    }


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])

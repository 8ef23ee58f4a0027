"""The systemd units of docs/systemd: what they run is there, each is hardened alike, and none fails
unheard.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "systemd"
HARDENING = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ReadWritePaths": "/var/lib/portal",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictSUIDSGID": "yes",
    "SystemCallFilter": "@system-service",
    "User": "portal",
    "EnvironmentFile": "/etc/portal/env",
}
TELLS = "portal-failed@.service"


def unit(name: str) -> dict[str, list[str]]:
    """The lines of a unit by what they set."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / name).read_text().splitlines():
        match = re.fullmatch(r"(\w+)=(.*)", line)
        if match:
            found.setdefault(match[1], []).append(match[2])
    return found


SERVICES = sorted(one.name for one in FOLDER.glob("*.service") if one.name != TELLS)
TIMERS = sorted(one.name for one in FOLDER.glob("*.timer"))


def test_there_are_seven_services_and_three_timers() -> None:
    assert SERVICES == [
        "portal-charger@.service", "portal-clock@.service", "portal-daily.service",
        "portal-housekeeping.service",
        "portal-months.service", "portal-worker@.service", "portal.service",
    ]  # fmt: skip
    assert TIMERS == ["portal-daily.timer", "portal-housekeeping.timer", "portal-months.timer"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_alike(name: str) -> None:
    lines = unit(name)
    # Only what owns the tables comes as somebody else.
    user = "portal-owner" if name == "portal-months.service" else "portal"
    wanted = {**HARDENING, "User": user}
    assert {key: lines.get(key, [None])[0] for key in wanted} == wanted


@pytest.mark.parametrize("name", SERVICES)
def test_none_fails_unheard(name: str) -> None:
    assert unit(name)["OnFailure"] == ["portal-failed@%n.service"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_it_runs_is_there_and_it_runs_one_thing(name: str) -> None:
    (line,) = unit(name)["ExecStart"]
    words = shlex.split(line)
    assert words[0] in ("/opt/portal/.venv/bin/python", "/opt/portal/.venv/bin/gunicorn")
    commands = [words[2]] if words[1] == "manage.py" else []
    assert set(commands) <= set(get_commands())


@pytest.mark.parametrize("name", TIMERS)
def test_every_timer_has_its_service_which_ends_in_time(name: str) -> None:
    lines = unit(name.replace(".timer", ".service"))
    assert lines["Type"] == ["oneshot"]
    assert "TimeoutStartSec" in lines


class TestSystemdItself:
    """What systemd says of them; it need not run here."""

    @pytest.fixture(autouse=True)
    def _there(self, tmp_path: Path) -> None:
        if shutil.which("systemd-analyze") is None:
            pytest.skip("there is no systemd-analyze: apt-get install systemd")
        for one in FOLDER.iterdir():
            # What the units run lies elsewhere on this machine, and is verified to be there.
            text = re.sub(r"/opt/portal/\.venv/bin/\w+", sys.executable, one.read_text())
            (tmp_path / one.name).write_text(text)

    def said(self, folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["systemd-analyze", *command],
            env={"SYSTEMD_UNIT_PATH": f"{folder}:"},
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.mark.parametrize("name", [*SERVICES, *TIMERS, TELLS])
    def test_it_has_nothing_to_say_against_them(self, tmp_path: Path, name: str) -> None:
        done = self.said(tmp_path, "verify", "--man=no", str(tmp_path / name))
        assert (done.returncode, done.stderr) == (0, "")

    def test_it_would_find_a_mistake(self, tmp_path: Path) -> None:
        made = tmp_path / "portal.service"
        made.write_text(made.read_text().replace("KillMode=", "KillsMode="))
        done = self.said(tmp_path, "verify", "--man=no", str(made))
        assert "KillsMode" in done.stderr

    @pytest.mark.parametrize("name", SERVICES)
    def test_it_finds_them_little_exposed(self, tmp_path: Path, name: str) -> None:
        unit = str(tmp_path / name)
        done = self.said(tmp_path, "security", "--offline=true", "--threshold=20", unit)
        assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_who_tells_of_failures_is_not_root() -> None:
    assert unit(TELLS)["User"] == ["portal"]


def test_the_guide_says_how_they_are_put_there() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    assert "docs/systemd/* /etc/systemd/system/" in guide
    for name in ("portal.service", "portal-housekeeping.timer", "portal-daily.timer", TELLS):
        assert name in guide


def test_the_guide_grants_nothing_by_hand() -> None:
    """What is granted by hand is forgotten by the next restore: `migrate` does it."""
    guide = (ROOT / "docs" / "operations.md").read_text()
    granted = re.findall(r"^ {4,}(?:GRANT|REVOKE|ALTER DEFAULT).*", guide, re.MULTILINE)
    assert [one for one in granted if "SCHEMA public" not in one] == []

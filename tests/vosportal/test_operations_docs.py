"""What the documented commands and the documented proxy give away: no password, no secret link."""

import re

import pytest

from tests.support.configuration import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
COMMANDS = [
    line.strip()
    for text in (OPERATIONS, (ROOT / "README.md").read_text())
    for line in text.splitlines()
    if line.startswith("    ")
]


def test_no_command_line_holds_a_password() -> None:
    lines = [one for one in COMMANDS if not re.match(r"[A-Z_]+=", one)]  # of the environment's file
    assert [one for one in lines if re.search(r"://[^@\s/]*:[^@\s/]*@", one)] == []
    assert [one for one in lines if re.search(r"PGPASSWORD=|PASSWORD '", one)] == []


def test_what_is_run_is_installed_first() -> None:
    install = next(one for one in COMMANDS if one.startswith("apt-get install"))
    for package in ("adduser", "curl", "git", "nginx", "postgresql", "python3-venv"):
        assert package in install.split()
    assert "sudo" not in "\n".join(COMMANDS)


def test_every_alias_is_made_before_it_is_used() -> None:
    for name in ("manage", "as_owner", "manage_owner"):
        made = OPERATIONS.index(f"    alias {name}=")
        assert not re.search(rf"^    {name} ", OPERATIONS[:made], re.MULTILINE)


@pytest.mark.parametrize(
    "secret", ["$request ", '"$request"', '$request_uri"', "$http_referer", "$args"]
)
def test_the_proxy_logs_no_link_that_lets_somebody_in(secret: str) -> None:
    proxy = OPERATIONS.partition("map $uri $portal_path")[2].partition("\n\nThe proxy")[0]
    form = proxy.partition("log_format")[2].partition(";")[0]
    assert "$portal_path" in form
    assert secret not in form
    assert proxy.count("access_log /var/log/nginx/portal.log portal;") == proxy.count("server {")


def test_the_settings_of_the_example_file_are_those_of_the_table() -> None:
    example = (ROOT / ".env.example").read_text()
    table = (ROOT / "README.md").read_text().partition("| variable |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE)) == set(
        re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", "\n".join(re.findall(r"^\| ([^|]+) \|", table, re.M)))
    )

"""What may not stand in any file of the repository."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*endings: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not names:
        names = [
            str(one.relative_to(ROOT))
            for top in ("accounts", "vosportal", "billing", "templates", "static", "tests", "docs")
            for one in (ROOT / top).rglob("*")
            if one.is_file() and "__pycache__" not in one.parts
        ]
    return [
        ROOT / name
        for name in names
        if name.endswith(endings) and "vendor/" not in name and (ROOT / name).exists()
    ]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("inline style", r"<[^>]*\sstyle\s*="),
        ("inline handler", r"<[^>]*\son(click|change|load|submit|input|key\w+|mouse\w+)\s*="),
        ("inline script", r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>"),
        ("style element", r"<style\b"),
    ],
)
def test_templates_keep_the_content_security_policy(what: str, pattern: str) -> None:
    found = [
        f"{one.relative_to(ROOT)}: {match.group()[:80]}"
        for one in tracked(".html")
        for match in re.finditer(pattern, one.read_text())
    ]
    assert found == [], what


def test_files_stay_readable_at_a_sitting() -> None:
    long = {
        str(one.relative_to(ROOT)): lines
        for one in tracked(".py", ".html", ".js", ".css")
        if "migrations" not in one.parts and (lines := len(one.read_text().splitlines())) > 400
    }
    assert long == {}


def test_only_the_agreed_top_level() -> None:
    agreed = {
        "manage.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "constraints.txt",
        "vosportal", "accounts", "billing", "templates", "static", "tests", "docs",
    }  # fmt: skip
    tops = {one.relative_to(ROOT).parts[0] for one in tracked("")}
    assert {top for top in tops if not top.startswith(".")} <= agreed

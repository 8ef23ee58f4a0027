"""`check --deploy` names what would not work, or not safely, and says what to do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import registry
from django.core.management import call_command

from tests.support.configuration import GOOD, ROOT
from vosportal import deploy_checks, reachable

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def ids(found: Any) -> list[str]:
    assert all(one.hint for one in found)
    return [str(one.id) for one in found]


@pytest.fixture
def good_mails(settings: Any) -> Any:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = SMTP, "mail.operator.net"
    settings.EMAIL_HOST_PASSWORD, settings.EMAIL_USE_TLS = "x", True
    settings.EMAIL_IS_DEFAULT = False
    settings.DEFAULT_FROM_EMAIL = "Portal <portal@operator.net>"
    return settings


def test_all_of_them_are_asked_before_a_deployment() -> None:
    assert set(deploy_checks.CHECKS) <= set(registry.registry.get_checks(True))
    assert not set(deploy_checks.CHECKS) & set(registry.registry.get_checks(False))


@pytest.mark.parametrize(("count", "expected"), [(0, ["vosportal.W001"]), (1, []), (2, [])])
def test_a_proxy_that_is_not_counted(settings: Any, count: int, expected: list[str]) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    assert ids(deploy_checks.proxies()) == expected


def test_mails_that_leave_are_right(good_mails: Any) -> None:
    assert ids(deploy_checks.mails()) == []


@pytest.mark.parametrize("kind", ["console", "dummy", "filebased", "locmem"])
def test_mails_that_reach_nobody(good_mails: Any, kind: str) -> None:
    good_mails.EMAIL_BACKEND = f"django.core.mail.backends.{kind}.EmailBackend"
    assert ids(deploy_checks.mails()) == ["vosportal.W002"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EMAIL_IS_DEFAULT", True, "vosportal.W003"),
        ("EMAIL_USE_TLS", False, "vosportal.W004"),
        ("DEFAULT_FROM_EMAIL", "portal@localhost", "vosportal.W005"),
        ("DEFAULT_FROM_EMAIL", "VOS <portal@example.com>", "vosportal.W005"),
    ],
)
def test_mails_that_are_half_set_up(good_mails: Any, name: str, value: Any, expected: str) -> None:
    setattr(good_mails, name, value)
    assert ids(deploy_checks.mails()) == [expected]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["portal.operator.net"], []),
        ([".operator.net"], []),
        (["www.operator.net"], ["vosportal.E001"]),
    ],
)
def test_links_that_lead_to_a_host_that_is_refused(
    settings: Any, hosts: list[str], expected: list[str]
) -> None:
    settings.PORTAL_URL, settings.ALLOWED_HOSTS = "https://portal.operator.net", hosts
    assert ids(deploy_checks.links()) == expected


class TestAssets:
    @pytest.fixture
    def root(self, settings: Any, tmp_path: Path) -> Path:
        kind = "whitenoise.storage.CompressedManifestStaticFilesStorage"
        settings.STATIC_ROOT = str(tmp_path)
        settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": kind}}
        return tmp_path

    def _manifest(self, root: Path, paths: dict[str, str]) -> None:
        text = json.dumps({"version": "1.1", "paths": paths, "hash": ""})
        (root / "staticfiles.json").write_text(text)

    def test_none_collected(self, root: Path) -> None:
        assert ids(deploy_checks.assets()) == ["vosportal.E002"]

    def test_collected_from_a_version_that_had_less(self, root: Path) -> None:
        self._manifest(root, {"css/app.css": "css/app.0123.css"})
        (found,) = deploy_checks.assets()
        assert found.id == "vosportal.E003"
        assert "assets are missing" in found.msg

    def test_something_else_lies_there(self, root: Path) -> None:
        (root / "staticfiles.json").write_text("[not a manifest")
        assert ids(deploy_checks.assets()) == ["vosportal.E002"]

    @pytest.mark.slow
    def test_all_collected(self, root: Path) -> None:
        call_command("collectstatic", interactive=False, verbosity=0)
        staticfiles_storage.hashed_files = staticfiles_storage.load_manifest()[0]
        assert [one.msg for one in deploy_checks.assets()] == []


class TestReachable:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [("why_no_database", "vosportal.E004"), ("why_no_cache", "vosportal.E005")],
    )
    def test_what_is_away_is_named(
        self, monkeypatch: pytest.MonkeyPatch, name: str, expected: str
    ) -> None:
        for one in ("why_no_database", "why_no_cache"):
            monkeypatch.setattr(deploy_checks, one, lambda _: "")
        monkeypatch.setattr(deploy_checks, name, lambda _: "It is away.")
        assert ids(deploy_checks.reachable()) == [expected]

    def test_a_driver_that_fails_is_a_sentence(self) -> None:
        class Broken:
            def copy(self) -> "Broken":
                return self

            def close(self) -> None: ...

            def ensure_connection(self) -> None:
                raise RuntimeError("no route\nto host")

            def get(self, _key: str) -> None:
                raise RuntimeError("no route\nto host")

        assert reachable.why_no_database(Broken()).endswith("cannot be reached: no route to host")
        assert reachable.why_no_cache(Broken()) == "The cache cannot be read: no route to host"


@pytest.mark.slow
def test_the_command_says_all_of_it_at_once(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "ENV_FILE": os.devnull,
            **GOOD,
            "DATABASE_URL": "postgres://u:hunter2@127.0.0.1:1/x",
            "STATIC_ROOT": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    for one in ("W001", "W003", "W005", "E002", "E004"):
        assert f"vosportal.{one}" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "hunter2" not in answer.stderr


def test_a_logo_that_cannot_be_used_is_named(settings: Any, tmp_path: Path) -> None:
    settings.LETTERHEAD_LOGO = ""
    assert deploy_checks.documents() == []
    settings.LETTERHEAD_LOGO = str(tmp_path / "logo.png")
    assert ids(deploy_checks.documents()) == ["vosportal.W006"]
    (tmp_path / "logo.png").write_bytes(b"no picture")
    assert ids(deploy_checks.documents()) == ["vosportal.W006"]

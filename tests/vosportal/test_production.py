"""The portal as a production server runs it: hashed assets, secure cookies, headers of HTTPS."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

# One process answers them all.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

ASK = """
import json
from vosportal.wsgi import application
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from django.templatetags.static import static
client = Client(headers={"Host": "portal.example.com"})
def ask(path, **more):
    answer = client.get(path, **more)
    return {"status": answer.status_code, "headers": dict(answer.headers),
            "cookies": {name: dict(one) for name, one in answer.cookies.items()},
            "text": b"".join(answer).decode(errors="replace")}
print(json.dumps({
    "plain": ask("/login/"),
    "door": ask("/login/", secure=True),
    "health": ask("/healthz/ready"),
    "unknown": ask("/no/such/page/", secure=True),
    "asset": ask(static("css/app.css"), secure=True),
}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Answers of a fresh production process with its own database and assets, by name."""
    folder = tmp_path_factory.mktemp("production")
    (folder / "static").mkdir()
    run = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "SECRET_KEY": "k9Zr2mQx7Lw4Tn8Vb3Yc6Hd1Jf5Gs0Pa" * 2,
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "OBJECT_KEY_SECRET": "Xw3Lk8Rz5Tn1Vc9Qb7Ym2Hs6Jd4Gf0Pe" * 2,
            "ALLOWED_HOSTS": "portal.example.com",
            "PORTAL_URL": "https://portal.example.com",
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "STATIC_ROOT": str(folder / "static"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.splitlines()[-1])


def test_plain_http_is_led_to_https(answers: Any) -> None:
    assert answers["plain"]["status"] == 301
    assert answers["plain"]["headers"]["Location"] == "https://portal.example.com/login/"


def test_health_is_answered_in_plain_http(answers: Any) -> None:
    assert answers["health"]["status"] == 200, answers["health"]["text"]


def test_cookies_belong_to_this_host_and_https_alone(answers: Any) -> None:
    cookie = answers["door"]["cookies"]["__Host-csrftoken"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_browsers_are_told_to_keep_to_https(answers: Any) -> None:
    value = answers["door"]["headers"]["Strict-Transport-Security"]
    assert value == "max-age=31536000; includeSubDomains; preload"


def test_assets_carry_the_hash_of_their_content(answers: Any) -> None:
    assert answers["door"]["status"] == 200
    assert 'href="/static/css/app.' in answers["door"]["text"]
    assert 'href="/static/css/app.css"' not in answers["door"]["text"]


def test_nothing_from_inside_is_shown(answers: Any) -> None:
    assert answers["unknown"]["status"] == 404
    assert "DEBUG" not in answers["unknown"]["text"]
    assert "urlpatterns" not in answers["unknown"]["text"]


def test_assets_are_kept_for_ever_and_lent_to_nobody(answers: Any) -> None:
    headers = answers["asset"]["headers"]
    assert answers["asset"]["status"] == 200
    assert "immutable" in headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in headers

"""What the demo sends is printed nowhere: people read their logins there."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail

from vosportal.demo import mails
from vosportal.environment import env


@pytest.fixture
def sent(settings: Any) -> Any:
    """As the portal is tried out: nobody said where mails go."""
    settings.EMAIL_IS_DEFAULT, settings.EMAIL_FILE_PATH = True, ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    return lambda: send_mail("Hello", "text", None, ["somebody@x.example"])


def test_those_of_the_loading_go_nowhere(sent: Any, capsys: Any) -> None:
    with mails.dropped():
        sent()
    assert capsys.readouterr().out == ""


def test_later_ones_are_files_the_workers_as_well(sent: Any, capsys: Any) -> None:
    with mails.kept() as folder:
        sent()
        (file,) = Path(folder).iterdir()
        assert "Subject: Hello" in file.read_text()
        told = env.mails("EMAIL_URL", "")
    assert told["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert told["EMAIL_FILE_PATH"] == folder
    assert capsys.readouterr().out == ""
    assert not Path(folder).exists()


def test_they_go_where_somebody_sent_them(sent: Any, settings: Any, capsys: Any) -> None:
    settings.EMAIL_IS_DEFAULT = False
    with mails.dropped(), mails.kept() as folder:
        sent()
    assert folder == ""
    assert "Subject: Hello" in capsys.readouterr().out

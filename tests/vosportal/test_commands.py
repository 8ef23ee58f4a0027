"""What somebody types in a shell is answered in words, as on a page."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from accounts.core.models import Account, User
from accounts.kit.commands import PortalCommand
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db

OURS = sorted(
    (name, app)
    for name, app in get_commands().items()
    if app in ("accounts", "billing", "vosportal")
)
# As Python reads bytes of a shell that are no UTF-8.
HALF = "\udcff"


def test_there_are_commands() -> None:
    assert len(OURS) > 8


@pytest.mark.parametrize(("name", "app"), OURS)
def test_every_command_reads_its_arguments_at_the_same_door(name: str, app: str) -> None:
    assert isinstance(load_command_class(app, name), PortalCommand)


@pytest.mark.parametrize(
    "words",
    [
        ("explain_number", HALF, "880"),
        ("explain_number", "Customer-001", HALF),
        ("settle_transfers", "--apply", "--reason", f"late {HALF}"),
        ("settle_transfers", "--agent", HALF),
        ("createsuperuser", HALF),
        ("createsuperuser", "first", "--full-name", HALF),
        ("createsuperuser", "first", "--email", f"{HALF}@x.example"),
        ("createsuperuser", "first", "--full-name", "a\x00b"),
        ("demo", HALF, "--load-only"),
    ],
)
def test_an_argument_that_is_no_text_is_refused_in_words(words: tuple[str, ...]) -> None:
    AccountFactory(account_id="Customer-001")
    with pytest.raises(CommandError, match="is no text in UTF-8"):
        call_command(*words)
    assert not User.objects.filter(username="first").exists()
    assert Account.objects.count() == 1


@pytest.mark.parametrize("number", ["", "-", "²", "9" * 100_000, "1e999", "nan", "[]"])
def test_what_is_no_number_is_explained(number: str, capsys: Any) -> None:
    AccountFactory(account_id="Customer-001")
    with pytest.raises(SystemExit) as ended:
        call_command("explain_number", "Customer-001", "--", number)
    assert ended.value.code == 1
    assert "refused" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["--accounts", "--lines", "--entries", "--rounds"])
@pytest.mark.parametrize("count", ["0", "-1", "9" * 5000, str(2**63), "1e9", "nan", "²", "many"])
def test_a_benchmark_of_no_such_size_does_not_begin(option: str, count: str) -> None:
    with pytest.raises(CommandError, match=r"enter a (whole )?number"):
        call_command("benchmark", "tree", f"{option}={count}")

"""Take a file of call records in, and charge what is in it (docs/cdr.md)."""

import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError

from accounts.core.actor import SYSTEM
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import DomainError
from billing.calls.files import Problem, RecordSheet
from billing.calls.models import RecordFile
from billing.calls.services.files import SOURCE, check_source, file_begun, file_taken
from billing.charging.services.files import charge_file


class Command(PortalCommand):
    help = (
        "Take the call records of a file in (CSV, packed with gzip or not) and charge them, each "
        "once, however often the file is handed in. Says how many were accepted, repeated and "
        "queued; lines that nobody can read are named and left out. Exit code 1 if nothing could "
        "be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="“-” reads what is piped in")
        parser.add_argument(
            "--source", default=SOURCE, metavar="NAME",
            help="who brings them: records are told apart by source, call ID and leg",
        )  # fmt: skip
        parser.add_argument(
            "--rewritten", action="store_true", help="the numbers called are as they went out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            check_source(options["source"])
            with _opened(options["file"]) as content:
                file = self._taken(content, options)
            charge_file(file, lambda _done, _total: None)
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(
            f"accepted {file.accepted}, repeated {file.repeated}, queued {file.queued}"
        )
        if file.refused:
            if not file.read:
                raise CommandError("None of its lines could be read.")
            self.stderr.write(f"{file.refused} lines were refused.")

    def _taken(self, content: IO[bytes], options: dict[str, Any]) -> RecordFile:
        sheet = RecordSheet(content)
        sheet.check()
        file = file_begun(
            actor=SYSTEM,
            file_name=Path(options["file"]).name,
            source=options["source"],
            is_rewritten=options["rewritten"],
        )
        return file_taken(actor=SYSTEM, file=file, sheet=sheet, named=self._name)

    def _name(self, problem: Problem) -> None:
        column = f", {problem.column}" if problem.column else ""
        self.stderr.write(f"line {problem.line}{column}: {problem.words}")


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """The file, or what is piped in. It is read twice. Raises CommandError."""
    try:
        if name != "-":
            with Path(name).open("rb") as file:
                yield file
            return
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            yield kept
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error

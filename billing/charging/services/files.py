"""A file of call records is taken in and charged, by a worker or a command (docs/cdr.md)."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from accounts.jobs.services.work import Work
from accounts.kit.errors import Refused
from billing.calls.files import RecordSheet
from billing.calls.models import RecordFile
from billing.calls.services.files import file_taken, kept_content
from billing.charging.queries.books import Tariffs
from billing.charging.services.charger import Done, charge_all


def import_run(work: Work) -> None:
    """The work of a job that takes a file in, part after part, and charges what is in it. A record
    counts half when it is in, and whole when it is charged or in the queue.
    """
    file = RecordFile.objects.filter(pk=work.input["file"]).first()
    if file is None:
        raise Refused(_("This file is gone."), code="gone")
    if not file.is_read:
        with kept_content(file) as content:
            sheet = RecordSheet(content)
            total = sheet.check()
            before = file.read + file.refused
            work.progress(before // 2, total)
            file = file_taken(
                actor=work.actor,
                file=file,
                sheet=sheet,
                part=work.part,
                told=lambda lines: work.progress((before + lines) // 2, total),
            )
    charge_file(file, work.progress)
    work.finish({name: getattr(file, name) for name in _COUNTS})
    if file.problems:
        header = [_("Line"), _("Column"), _("What is wrong")]
        work.result(header, file.problems, errors=True)


_COUNTS = ("read", "refused", "accepted", "repeated", "queued")


def charge_file(file: RecordFile, told: Callable[[int, int], None]) -> None:
    """Charge what lies in the inbox, whoever brought it, until nothing of the file is left there,
    and read what became of it. `told` hears how far the file is.
    """
    total = file.read + file.refused

    def tell(_done: Done | None) -> None:
        file.refresh_from_db()
        told(total - file.left // 2, total)

    tell(None)
    charge_all(Tariffs(), told=tell)
    tell(None)

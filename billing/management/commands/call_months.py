"""Look after the months of calls: their parts, and those that are due to be archived."""

from typing import Any

from accounts.kit.commands import PortalCommand
from billing.charging.services.archiving import months_archived
from billing.charging.services.partitions import parts_made


class Command(PortalCommand):
    help = (
        "Make the parts of the tables of calls for the months to come, and archive the months that "
        "are older than CALL_MONTHS to ARCHIVE_DIR. Housekeeping does the same where it owns the "
        "tables; where it does not, the owner runs this once a day. Safe to run as often as you "
        "like."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"months of calls: {parts_made()}")
        self.stdout.write(f"old months of calls: {months_archived()}")

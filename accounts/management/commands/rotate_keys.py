"""Encrypt anew, with the first of ENCRYPTION_KEYS, what was encrypted with the others."""

from typing import Any

from django.core.management.base import CommandError

from accounts.core.key_rotation import rotate
from accounts.kit.commands import PortalCommand
from accounts.kit.secret_columns import secret_columns


class Command(PortalCommand):
    help = (
        "Encrypt every stored secret anew with the first of ENCRYPTION_KEYS, and its look-up hash "
        "with it. Runs beside the portal, any number of times. Exit code 1 if a secret can be read "
        "with none of the keys."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for column in secret_columns:
            one = rotate(column)
            unreadable += one.unreadable
            words = f"{column}: {one.changed} encrypted anew, {one.current} had the newest key"
            self.stdout.write(words + (f", {one.unreadable} unreadable" if one.unreadable else ""))
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets were encrypted with a key that ENCRYPTION_KEYS lacks."
            )
        self.stdout.write("Everything has the newest key; the others are not needed any more.")

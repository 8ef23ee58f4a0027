"""The way back in for platform staff that nobody else can let in: a code that was lost, a password
nobody knows, a second factor that is gone.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.core.actor import SYSTEM
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import DomainError
from accounts.kit.moments import moment_words, zone_words
from accounts.logins.queries import find_login
from accounts.logins.services.staff import staff_reset


class Command(PortalCommand):
    """Reset a login of platform staff and print a one-time code; its sessions end, the audit log
    says so, and the other administrators hear of it by mail.
    """

    help = "Let platform staff in again: make the password worthless and print a one-time code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--lost-second-factor",
            action="store_true",
            help="remove its authenticator app, passkeys and recovery codes as well",
        )
        parser.add_argument("--reason", default="", help="for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        login = find_login(options["username"])
        if login is None:
            raise CommandError(f"There is no login {options['username']}.")
        if login.account is not None:
            raise CommandError(
                f"{login.username} belongs to the account {login.account.account_id}: reset it in "
                "the portal, on the Logins tab of that account."
            )
        try:
            issued = staff_reset(
                actor=SYSTEM,
                user=login,
                by_mail=False,
                remove_second_factor=options["lost_second_factor"],
                reason=options["reason"],
            )
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        until = f"{moment_words(issued.expires_at)} {zone_words()}"
        self.stdout.write(
            f"Sign in as {login.username} with the one-time code {issued.code} until {until}, "
            "then choose a password."
        )
        if not options["lost_second_factor"]:
            self.stdout.write(
                "It is asked for its second factor as before; --lost-second-factor removes that."
            )

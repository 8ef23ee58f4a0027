"""The first person of a new platform. Replaces Django's command of the same name: nobody's password
is typed for them, and the making is audited like any other.
"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.core.actor import SYSTEM
from accounts.jobs.queries import queues_without_worker
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import DomainError
from accounts.kit.moments import moment_words, zone_words
from accounts.logins.services.staff import staff_create
from accounts.mail.services.sending import QUEUE


class Command(PortalCommand):
    """Make a login that is superuser, administrator and operator, and print how it gets in."""

    help = "Make a superuser who works in the portal and in the Django admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="", help="mail an invitation to this address")
        parser.add_argument("--full-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            issued = staff_create(
                actor=SYSTEM,
                username=options["username"],
                email=options["email"],
                full_name=options["full_name"],
                administrator=True,
                operator=True,
                superuser=True,
            )
        except DomainError as error:
            raise CommandError(str(error.message)) from error
        until = f"{moment_words(issued.expires_at)} {zone_words()}"
        if issued.code is None:
            self.stdout.write(f"An invitation is on its way to {issued.mailed_to}, until {until}.")
            if QUEUE in queues_without_worker():
                self.stdout.write("It waits for a worker: start `manage.py db_worker`.")
        else:
            self.stdout.write(
                f"Sign in as {issued.user.username} with the one-time code {issued.code} "
                f"until {until}, then choose a password. The code works until you have chosen; "
                f"`manage.py let_in {issued.user.username}` makes another one."
            )

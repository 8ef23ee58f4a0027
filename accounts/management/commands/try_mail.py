"""Try the whole way of a mail: queue, worker, mail server."""

import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email

from accounts.jobs.queries import queues_without_worker
from accounts.kit.commands import PortalCommand
from accounts.mail.models import Mail
from accounts.mail.services.queue import mail_queue
from accounts.mail.services.sending import QUEUE

_LOOK = 0.5


class Command(PortalCommand):
    """Queue a test mail and say what became of it."""

    help = "Have a worker send a test mail, wait for it, and say what the mail server answered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")
        parser.add_argument(
            "--wait", type=float, default=60, help="seconds to wait for the worker (default: 60)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        address = options["address"]
        try:
            validate_email(address)
        except ValidationError as error:
            raise CommandError(f"{address} is no e-mail address.") from error
        (mail,) = mail_queue("mail.test", [None], address=address)
        end = time.monotonic() + options["wait"]
        while mail.state in Mail.OPEN and not mail.error and time.monotonic() < end:
            time.sleep(_LOOK)
            mail.refresh_from_db()
        if mail.state == Mail.State.SENT:
            self.stdout.write(f"The mail server took it. Look whether it arrives at {address}.")
            return
        if mail.error:
            raise CommandError(
                f"The worker could not send it: {mail.error} It is tried again by itself."
            )
        why = (
            "No worker was seen for five minutes: start `manage.py db_worker`."
            if QUEUE in queues_without_worker()
            else "The workers are busy."
        )
        raise CommandError(f"No worker took it within {options['wait']:g} seconds. {why}")

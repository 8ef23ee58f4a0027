"""Show the portal on demo data: migrate, load, print the logins, serve, work off its jobs."""

from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.core import guards
from accounts.kit.commands import PortalCommand
from vosportal.demo import mails
from vosportal.demo.load import load, logins
from vosportal.demo.plan import PASSWORD
from vosportal.demo.sip import lacking, sip_server
from vosportal.demo.worker import worker

# Where the server listens, and where it is found on this machine.
_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104


class Command(PortalCommand):
    help = "Show the portal on demo data. For a machine of your own: never on a real platform."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000", help="where to serve")
        parser.add_argument("--load-only", action="store_true", help="load the data, serve nothing")
        parser.add_argument(
            "--with-switch",
            action="store_true",
            help="phones call by a real SIP server, Kamailio, where this machine has one and SIPp",
        )
        parser.add_argument("--reset", action="store_true", help="delete everything and start over")
        parser.add_argument("--no-input", action="store_true", help="reset without asking")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "The demo refuses to run when DEBUG is off: its passwords are known to everybody."
            )
        if options["reset"]:
            self._reset(ask=not options["no_input"])
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        with mails.dropped():
            made = load(self.stdout.write)
        self.stdout.write(f"Loaded {made} accounts." if made else "The demo is loaded already.")
        if options["load_only"]:
            return
        address = options["address"]
        with mails.kept() as folder, worker(), ExitStack() as beside:
            switch = self._switch(beside, address) if options["with_switch"] else ""
            self._introduce(address, folder, switch)
            # Whoever looks around meets the portal's own pages, for what is not there as well.
            settings.DEBUG = False
            call_command("runserver", address, use_reloader=False, insecure_serving=True)

    def _switch(self, beside: ExitStack, address: str) -> str:
        """Where SIP is spoken; what is missing is said instead."""
        if missing := lacking():
            return f"none: this machine has not {', '.join(missing)}"
        host, _colon, port = address.rpartition(":")
        return beside.enter_context(sip_server(f"{_ANYWHERE.get(host, host)}:{port}"))

    def _reset(self, *, ask: bool) -> None:
        name = connection.settings_dict["NAME"]
        if ask:
            answer = input(f"Delete every account and login in {name}? Type “reset” to go on: ")
            if answer.strip() != "reset":
                raise CommandError("Nothing was deleted.")
        call_command("migrate", verbosity=0, interactive=False)
        # The demo's own log and ledger go with it.
        guards.remove()
        call_command("flush", verbosity=0, interactive=False)
        # What migrations put in besides tables went with the flush.
        call_command("migrate", "accounts", "zero", verbosity=0, interactive=False)

    def _introduce(self, address: str, folder: str, switch: str) -> None:
        self.stdout.write("")
        self.stdout.write(f"The portal:       http://{address}/")
        self.stdout.write(f"The Django admin: http://{address}/admin/")
        if folder:
            self.stdout.write(f"Its mails:        {folder}")
        if switch:
            self.stdout.write(f"SIP server:       {switch}")
        self.stdout.write(f"Password of all:  {PASSWORD}")
        self.stdout.write("")
        width = max(len(name) for name, _where in logins())
        for name, where in logins():
            self.stdout.write(f"  {name:<{width}}  {where}")
        self.stdout.write("")
        self.stdout.write("Stop with Ctrl-C.")
        # The server runs until it is stopped; in a pipe or a journal these lines would wait for it.
        self.stdout.flush()

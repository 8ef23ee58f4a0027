"""Rate calls anew by what is known today, after a correction or a price that was missing."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from accounts.core.models import Account
from accounts.kit.commands import PortalCommand
from accounts.kit.errors import Refused
from billing.calls.records import Unreadable, moment
from billing.charging.queries.books import Tariffs
from billing.charging.queries.legs import Wanted, names_of
from billing.charging.services.rerating import Differences, rerate_preview
from billing.charging.services.reratings import differences_of, rerate_now
from billing.money import from_micros, shown


class Command(PortalCommand):
    help = (
        "Compare what calls were charged with what they would be charged by today's corrections "
        "and rates, and post the differences: charges that differ are taken back by charges of "
        "their own, and new ones stand beside them. Says the difference of each account."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="begin", required=True, help="ISO 8601 with offset")
        parser.add_argument("--until", dest="end", required=True, help="without this moment")
        parser.add_argument("--account", action="append", default=[], help="and all below it")
        parser.add_argument("--prefix", action="append", default=[], help="of the number called")
        parser.add_argument("--reason", default="", help="why; needed unless it is a dry run")
        parser.add_argument("--dry-run", action="store_true", help="say it, and post nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = Wanted(
            _moment(options["begin"]),
            _moment(options["end"]),
            tuple(map(_account, options["account"])),
            tuple(options["prefix"]),
        )
        if not (options["dry_run"] or options["reason"].strip()):
            raise CommandError("Say why: --reason.")
        try:
            if options["dry_run"]:
                self._say(rerate_preview(wanted, Tariffs()))
                return
            done = rerate_now(wanted=wanted, reason=options["reason"])
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        self._say(differences_of(done))

    def _say(self, found: Differences) -> None:
        self.stdout.write(
            f"{found.looked_at} legs, {found.legs} differ, {found.unrated} have no rate today"
        )
        names = names_of(found.by_account)
        for pk, amount in sorted(found.by_account.items(), key=lambda one: names.get(one[0], "")):
            if amount:
                self.stdout.write(f"{names.get(pk, pk)}\t{shown(from_micros(amount))}")


def _moment(text: str) -> datetime:
    try:
        return moment("moment", text)
    except Unreadable as error:
        raise CommandError(f"{text} is no moment of ISO 8601 with its offset.") from error


def _account(name: str) -> int:
    found = Account.objects.called(name).first()
    if found is None:
        raise CommandError(f"There is no account {name}.")
    return found.pk

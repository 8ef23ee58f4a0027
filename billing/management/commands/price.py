"""Say what a number costs an account, level by level (docs/domain.md 7)."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.core.actor import SYSTEM
from accounts.core.models import Account
from accounts.kit.commands import PortalCommand, whole_number
from accounts.kit.errors import Refused
from accounts.numbers.reading import normalised
from billing.rates.forms.price import MOST_SECONDS, read_moment
from billing.rates.ladder import refusal_words
from billing.rates.queries import levels


class Command(PortalCommand):
    help = (
        "Say what NUMBER costs ACCOUNT for SECONDS of talk: a line for the account, then one for "
        "each level above it up to the root, with account, rate group, matched prefix, billed "
        "seconds and amount, separated by tabs. Exit code 1 and a sentence where it may not be "
        "called; 2 where something in the question is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="account id")
        parser.add_argument(
            "number", help="as the switch sees it, after a gateway has rewritten it"
        )
        parser.add_argument(
            "seconds", type=whole_number(0, MOST_SECONDS), help="how long the call lasts"
        )
        parser.add_argument(
            "--at",
            default="",
            help="when it is answered, in ISO 8601, in the portal's zone unless it names one. "
            "Without it: now. Agents and rate groups are those of today",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        account = Account.objects.within(SYSTEM.scope).called(options["account"]).first()
        if account is None:
            raise CommandError("There is no such account.", returncode=2)
        try:
            at = read_moment(options["at"]) if options["at"] else timezone.now()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        try:
            number = normalised(options["number"])
        except Refused as error:
            raise CommandError(f"It may not be called: {error.message}") from error
        answer = levels(SYSTEM, account, number, options["seconds"], at)
        if not answer.may_be_called:
            raise CommandError(refusal_words(SYSTEM, answer))
        for one in answer.prices:
            assert one.rate is not None
            assert one.bill is not None
            cells = (
                one.level.account_id,
                one.level.group_name,
                one.rate.prefix,
                one.bill.billed,
                f"{one.bill.amount:.6f}",
            )
            self.stdout.write("\t".join(map(str, cells)))

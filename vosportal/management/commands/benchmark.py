"""Measure the portal at size, on a database of its own beside the configured one."""

import platform
from argparse import ArgumentParser
from typing import Any

from django.db import connection

from accounts.kit.commands import PortalCommand, whole_number
from vosportal.benchmarks import (
    calls,
    large_groups,
    ledger,
    numbers,
    pages,
    rates,
    reports,
    switch,
    tree,
)
from vosportal.benchmarks.measure import table
from vosportal.benchmarks.scratch import scratch_database

# Rows that a scratch database is filled with.
_MOST = 100_000_000


class Command(PortalCommand):
    help = (
        "Measure the portal at size. Works in a scratch database beside the configured one, which "
        "is dropped afterwards; your data is not touched."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "subject",
            choices=["tree", "ledger", "numbers", "rates", "calls", "pages", "reports", "switch"],
            help="what to measure",
        )
        parser.add_argument(
            "--accounts",
            type=whole_number(1, _MOST),
            help="how many accounts: 100,000, of calls, reports and switch 10,000",
        )
        parser.add_argument(
            "--records",
            type=whole_number(1, _MOST),
            help="how many records of calls are charged: 1,000,000, on SQLite 100,000; of how many "
            "there are totals to report: 10,000,000, on SQLite 1,000,000",
        )
        parser.add_argument(
            "--lines", type=whole_number(1, _MOST), default=100_000, help="lines of a batch"
        )
        parser.add_argument(
            "--entries",
            type=whole_number(1, _MOST),
            default=1_000_000,
            help="entries of wallets behind a page",
        )
        parser.add_argument(
            "--rates", type=whole_number(2, 1_000_000), default=200_000, help="of a large group"
        )
        parser.add_argument(
            "--prefixes", type=whole_number(1, 1_000_000), default=50_000, help="of a deck of rates"
        )
        parser.add_argument(
            "--numbers",
            type=whole_number(1, _MOST),
            default=1_000_000,
            help="how many numbers are rated",
        )
        parser.add_argument(
            "--rounds", type=whole_number(1, 10_000), default=40, help="a median is of so many"
        )
        parser.add_argument(
            "--seconds", type=float, default=5.0, help="how long each run of the writers takes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with scratch_database() as name:
            self.stdout.write(f"Working in {name}, which is dropped at the end.")
            rows = self._measure(options)
            self.stdout.write(
                f"\n{connection.display_name} {self._version()}, Python {platform.python_version()}"
            )
        for row in rows:
            self.stdout.write(row)

    def _measure(self, options: dict[str, Any]) -> list[str]:
        rounds, say = options["rounds"], self.stdout.write
        is_of_calls = options["subject"] in ("calls", "reports", "switch")
        accounts = options["accounts"] or (10_000 if is_of_calls else 100_000)
        if options["subject"] == "pages":
            return pages.run(accounts, rounds=rounds, say=say)
        if options["subject"] == "calls":
            records = options["records"] or calls.default_records()
            sizes = {"records": records, "accounts": accounts, "prefixes": options["prefixes"]}
            return calls.run(**sizes, say=say)
        if options["subject"] == "switch":
            sizes = {"accounts": accounts, "prefixes": options["prefixes"]}
            return table(switch.run(**sizes, seconds=options["seconds"], say=say))
        if options["subject"] == "reports":
            count = options["records"] or reports.default_calls()
            return table(reports.run(calls=count, accounts=accounts, rounds=rounds, say=say))
        if options["subject"] == "numbers":
            return table(numbers.run(rounds=rounds, say=say))
        if options["subject"] == "rates":
            sizes = {"prefixes": options["prefixes"], "numbers": options["numbers"]}
            found = rates.run(**sizes, rounds=rounds, say=say)
            found += large_groups.run(rates=options["rates"], rounds=rounds, say=say)
            return table(found)
        if options["subject"] == "ledger":
            lines, entries = options["lines"], options["entries"]
            seconds = options["seconds"]
            return table(
                ledger.run(lines=lines, entries=entries, rounds=rounds, seconds=seconds, say=say)
            )
        return table(tree.run(accounts, rounds=rounds, seconds=options["seconds"], say=say))

    @staticmethod
    def _version() -> str:
        return ".".join(map(str, connection.get_database_version()))

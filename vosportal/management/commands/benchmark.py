"""Measure the portal on this machine, in a scratch database beside the configured one."""

import platform
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from vosportal.benchmarks import tree
from vosportal.benchmarks.measure import scratch_database


class Command(BaseCommand):
    help = "Measure the portal on this machine. Works in a scratch database, never in the real one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["tree"])
        parser.add_argument("--accounts", type=int, default=100_000, help="how many to load")
        parser.add_argument("--seconds", type=float, default=5, help="how long writers write")

    def handle(self, *args: Any, **options: Any) -> None:
        with scratch_database():
            self.stdout.write(f"{self._database()}, Python {platform.python_version()}")
            results = tree.run(options["accounts"], self.stdout.write, seconds=options["seconds"])
        wide = max(len(one.what) for one in results)
        self.stdout.write("")
        for one in results:
            self.stdout.write(
                f"{one.what:<{wide}}  {one.value:>16}  {one.ratio:>6}  {one.beside}".rstrip()
            )

    def _database(self) -> str:
        if connection.vendor == "sqlite":
            return "SQLite " + ".".join(map(str, connection.Database.sqlite_version_info))
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0]}"

"""python -m tests.mutants [--fast] [--sample N] [area or part of a name …]: plant small faults, say
which are found.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.mutants import TRIED, TRUSTED, WRITTEN
from tests.mutants.mutant import ROOT, Stale
from tests.mutants.plugin import GROUND
from tests.mutants.table import AREAS, TABLE

# Of a sample: the next one asks for the same, but for what has come to the list since.
SEED = "20261201"
_PYTEST = ("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "tests.mutants.plugin")


def main(wanted: Sequence[str], *, is_fast: bool = False, sample: int = 0) -> int:
    """Try the mutants of these areas, or with these parts in their names; all without any.
    `is_fast`: by the fast tests of their files alone; `sample`: so many, drawn at random, by tests
    that are not asked first whether they pass as it is.
    """
    chosen = [
        at
        for at, one in enumerate(TABLE)
        if not wanted
        or any(each == one.area if each in AREAS else each in str(one) for each in wanted)
    ]
    if sample:
        possible = [at for at in chosen if not TABLE[at].equivalent]
        chosen = sorted(sorted(possible, key=_lot)[:sample])
        print(f"{len(chosen)} of {len(possible)}, drawn with {SEED}")
    missed = 0
    lines = []
    for area in AREAS:
        here = [at for at in chosen if TABLE[at].area == area]
        tried = [at for at in here if not TABLE[at].equivalent]
        if not here:
            continue
        print(f"{area}: {len(tried)} mutants", flush=True)
        found = _tried(tried, is_fast=is_fast, is_trusting=bool(sample)) if tried else {}
        survived = [at for at in tried if not found.get(at)]
        missed += len(survived)
        lines.append(
            (area, len(here), len(tried) - len(survived), len(survived), len(here) - len(tried))
        )
    print("\n| area | mutants | found | survived | equivalent |\n| --- | --- | --- | --- | --- |")
    for line in lines:
        print("|", " | ".join(map(str, line)), "|")
    return bool(missed)


def _lot(at: int) -> str:
    return sha256(f"{SEED} {TABLE[at]}".encode()).hexdigest()


def _tried(mutants: Sequence[int], *, is_fast: bool, is_trusting: bool) -> dict[int, str]:
    """The test that found it, by mutant."""
    for at in mutants:
        try:
            TABLE[at].source()
        except Stale as error:
            sys.exit(f"stale mutant: {error}")
    files = sorted({test.partition("::")[0] for at in mutants for test in TABLE[at].tests})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        done = subprocess.run(
            [sys.executable, *_PYTEST, *(("-m", "fast") if is_fast else ()), GROUND, *files],
            cwd=ROOT,
            env={
                **os.environ,
                TRIED: ",".join(map(str, mutants)),
                WRITTEN: str(report),
                TRUSTED: "yes" if is_trusting else "",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        told: list[dict[str, Any]] = (
            [json.loads(line) for line in report.read_text().splitlines()]
            if report.exists()
            else []
        )
    if len(told) != len(mutants) + 1 or told[0]["found"]:
        sys.exit(f"the tests do not pass as it is:\n{done.stdout[-8000:]}")
    print(f"  as it is: {told[0]['seconds']:.0f} s")
    for one in told[1:]:
        word = "found by" if one["found"] else "SURVIVED"
        print(
            f"  {one['seconds']:5.1f} s  {TABLE[one['mutant']]}\n           {word} {one['found']}"
        )
    return {one["mutant"]: one["found"] for one in told[1:]}


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("wanted", nargs="*", help="areas, or parts of names")
    parser.add_argument("--fast", action="store_true", help="by fast tests alone (-m fast)")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many at random")
    return parser.parse_args()


if __name__ == "__main__":
    asked = _asked()
    sys.exit(main(asked.wanted, is_fast=asked.fast, sample=asked.sample))

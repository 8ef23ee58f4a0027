"""The settings people may make, as the README's table names them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def names() -> list[str]:
    """Every variable of the README's table."""
    table = (ROOT / "README.md").read_text().partition("| variable |")[2].partition("\n\n")[0]
    first = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    return [name for cell in first for name in re.findall(r"`([A-Z_]+)`", cell)]

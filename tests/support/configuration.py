"""The settings people may make, as the README's table names them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What production needs at least.
GOOD = {
    "SECRET_KEY": "k9Zr2mQx7Lw4Tn8Vb3Yc6Hd1Jf5Gs0Pa" * 2,
    "ENCRYPTION_KEYS": "vw1ELRBsOKDdBTVFz2bQjNJ2hs2sCJlFVtH0w0yPcGg=",
    "OBJECT_KEY_SECRET": "Xw3Lk8Rz5Tn1Vc9Qb7Ym2Hs6Jd4Gf0Pe" * 2,
    "ALLOWED_HOSTS": "portal.example.com",
    "PORTAL_URL": "https://portal.example.com",
    "DATABASE_URL": "postgres://portal:x@127.0.0.1/portal",
}


def names() -> list[str]:
    """Every variable of the README's table."""
    table = (ROOT / "README.md").read_text().partition("| variable |")[2].partition("\n\n")[0]
    first = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    return [name for cell in first for name in re.findall(r"`([A-Z_]+)`", cell)]

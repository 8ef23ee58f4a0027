"""The repository's files as the architecture tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sources(app: str) -> list[Path]:
    """The Python files of an app but its migrations."""
    return [one for one in sorted((ROOT / app).rglob("*.py")) if "migrations" not in one.parts]


def name_of(source: Path) -> str:
    """Relative to the repository."""
    return str(source.relative_to(ROOT))


def module_of(source: Path) -> str:
    """The dotted name that imports use."""
    parts = source.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(source: Path) -> ast.Module:
    return ast.parse(source.read_text())


def imports(source: Path) -> Iterator[str]:
    """The full dotted name of everything imported, but for what only the type checker sees."""
    tree = parsed(source)
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                yield f"{node.module}.{name.name}"


def tracked(*endings: str) -> list[Path]:
    """The repository's own files with these endings; what others made (vendor/) left out."""
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not names:
        # An unpacked archive instead of a checkout.
        names = [
            str(one.relative_to(ROOT))
            for top in ("accounts", "vosportal", "billing", "templates", "static", "tests", "docs")
            for one in (ROOT / top).rglob("*")
            if one.is_file() and "__pycache__" not in one.parts
        ]
    return [
        ROOT / name
        for name in names
        if name.endswith(endings) and "vendor/" not in name and (ROOT / name).exists()
    ]

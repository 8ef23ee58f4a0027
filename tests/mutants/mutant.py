"""A small fault on purpose: what it replaces in which function, and how it is put in place.

No file is changed. The function's module is compiled with the fault, and the function gets the code
that came out; a name of the module gets its value anew.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Stale(Exception):
    """The source is not any more what the mutant was written for."""


@dataclass(frozen=True)
class Mutant:
    """`function` is the qualified name of a function (that of the outermost one), or a name of the
    module. `old` stands in its source exactly once and becomes `new`. `tests` should find it:
    files, tests of them, or how the names of these begin. `equivalent`: why nobody could, so that
    it is not tried.
    """

    module: str
    function: str
    old: str
    new: str
    tests: tuple[str, ...]
    area: str = ""
    equivalent: str = ""

    def __str__(self) -> str:
        old, new = (" ".join(one.split()) for one in (self.old, self.new))
        return f"{self.module}.{self.function}: {old or '…'} → {new or 'nothing'}"

    @cached_property
    def path(self) -> Path:
        place = ROOT / self.module.replace(".", "/")
        return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")

    def parts(self) -> tuple[str, str]:
        """The source of the function as it is, and with the fault. Raises Stale."""
        _before, part, _after = self._around()
        if part.count(self.old) != 1:
            raise Stale(f"{self}: stands there {part.count(self.old)} times")
        return part, part.replace(self.old, self.new)

    def source(self) -> str:
        """The module's source with the fault in it. Raises Stale."""
        before, _part, after = self._around()
        return before + self.parts()[1] + after

    def _around(self) -> tuple[str, str, str]:
        """What stands before the function, its source, and what stands behind it."""
        lines, nodes = _read(self.path)
        node = nodes.get(self.function)
        if node is None:
            raise Stale(f"{self}: there is no such function")
        first, last = node.lineno - 1, node.end_lineno
        return "".join(lines[:first]), "".join(lines[first:last]), "".join(lines[last:])

    def apply(self) -> None:
        """Put the fault in place, in this process. Raises Stale."""
        compiled = compile(self.source(), self.path, "exec", dont_inherit=True)
        module = import_module(self.module)
        code = next((one for one in _codes(compiled) if one.co_qualname == self.function), None)
        if code is None:
            self._assign(module)
        else:
            _function(module, self.function).__code__ = code

    def _assign(self, module: Any) -> None:
        tree = ast.parse(self.source())
        value = [one for one in tree.body if _name_of(one) == self.function]
        exec(compile(ast.Module(value, []), self.path, "exec"), module.__dict__)


@cache
def _read(path: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines of a module; its functions and what it assigns, by qualified name."""
    text = path.read_text()
    return text.splitlines(keepends=True), dict(_named(ast.parse(text), ""))


def _named(parent: Any, prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in parent.body:
        if isinstance(node, ast.ClassDef):
            yield from _named(node, f"{prefix}{node.name}.")
        elif name := _name_of(node):
            yield f"{prefix}{name}", node


def _name_of(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target)
    return ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


def _function(module: Any, name: str) -> FunctionType:
    """The plain function behind whatever it is wrapped in."""
    owner_name, _dot, last = name.rpartition(".")
    found: Any = vars(getattr(module, owner_name) if owner_name else module)[last]
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        found = next(
            getattr(found, each)
            for each in ("__wrapped__", "__func__", "fget", "func")
            if hasattr(found, each)
        )
    return found


def faults(module: str, tests: tuple[str, ...], *each: tuple[str, ...]) -> tuple[Mutant, ...]:
    """Mutants of one module that the same tests should find, each as (function, old, new), and for
    one that nobody could find why not.
    """
    return tuple(
        Mutant(module, one[0], one[1], one[2], tests, equivalent="".join(one[3:])) for one in each
    )

"""Assertions that may never be made, or that hold whatever happens, as a reader of the source finds
them: tests that cannot fail.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture.sources import ROOT, parsed

# What reads an answer as it is, and what first sees that the page came.
RAW = re.compile(r"\.content\b|\btext_of\(")
PROVEN = re.compile(r"\b(?:markup_of|words_of|part_of)\(")

Function = ast.FunctionDef


@cache
def each_test(tree: ast.AST) -> list[Function]:
    return [
        one for one in ast.walk(tree) if isinstance(one, Function) and one.name.startswith("test_")
    ]


def asserts_within(*nodes: ast.AST) -> bool:
    """An `assert`, a `pytest.raises`, or a helper that asserts by its name."""
    return any(
        isinstance(one, ast.Assert)
        or (
            isinstance(one, ast.Call)
            and re.match(r"pytest\.raises$|(?:\w+\.)*assert_\w+$|refused$", ast.unparse(one.func))
        )
        for node in nodes
        for one in ast.walk(node)
    )


# --- Branches ------------------------------------------------------------------------------------


def unmet_branches(test: Function) -> Iterator[int]:
    """The lines of an `if` that asserts where the other way nothing is asserted."""
    for block in _blocks(test):
        for at, one in enumerate(block):
            if not isinstance(one, ast.If) or not asserts_within(*one.body):
                continue
            is_last_word = isinstance(one.body[-1], ast.Return | ast.Continue | ast.Raise)
            otherwise = block[at + 1 :] if is_last_word else one.orelse
            if not asserts_within(*one.orelse, *otherwise):
                yield one.lineno


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for one in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(one, name, None)
            if isinstance(block, list):
                yield block


# --- Loops ---------------------------------------------------------------------------------------


def unmet_loops(test: Function, module: ast.Module) -> Iterator[int]:
    """The lines of a `for` that asserts over what may be empty: over no literal with something in
    it, no enumeration, no parameter of the case, and nothing that was asserted on before.
    """
    for one in ast.walk(test):
        if isinstance(one, ast.For) and asserts_within(*one.body):
            names = _Names(test, module, one.lineno)
            if not names.is_filled(one.iter):
                yield one.lineno


class _Names:
    """What a test knows of names at one of its lines."""

    def __init__(self, test: Function, module: ast.Module, line: int) -> None:
        self.test, self.module, self.line = test, module, line
        self.cases = _parameters(test, module)
        self.checked = {
            ast.unparse(part)
            for one in ast.walk(test)
            if isinstance(one, ast.Assert) and one.lineno < line and _says_there_is(one.test)
            for part in ast.walk(one.test)
            if isinstance(part, ast.expr)
        }

    def is_filled(self, node: ast.expr) -> bool:
        if ast.unparse(node) in self.checked:
            return True
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return any(
                self.is_filled(one.value) if isinstance(one, ast.Starred) else True
                for one in node.elts
            )
        if isinstance(node, ast.Dict):
            return any(key is not None for key in node.keys)
        if isinstance(node, ast.Constant):
            return bool(node.value)
        if isinstance(node, ast.IfExp):
            return self.is_filled(node.body) and self.is_filled(node.orelse)
        if isinstance(node, ast.BinOp):
            return self.is_filled(node.left) or self.is_filled(node.right)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            return self.is_filled(node.values[-1])
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return all(self.is_filled(one.iter) and not one.ifs for one in node.generators)
        if isinstance(node, ast.Subscript):
            # `all but the first`: what is left is as sure as the whole, where that is written out.
            return self.is_filled(node.value) and isinstance(node.slice, ast.Slice)
        if isinstance(node, ast.Call):
            return self._is_filled_call(node)
        if isinstance(node, ast.Name):
            return self._is_filled_name(node.id)
        return False

    def _is_filled_call(self, node: ast.Call) -> bool:
        name = ast.unparse(node.func)
        if name == "range":
            # Of no number but those written out, and not `range(0)`.
            is_known = all(_is_number(one) for one in node.args)
            return is_known and [ast.unparse(one) for one in node.args] != ["0"]
        if name in ("enumerate", "sorted", "reversed", "list", "tuple", "set"):
            return bool(node.args) and self.is_filled(node.args[0])
        if name == "zip":
            is_strict = any(one.arg == "strict" and _is_true(one.value) for one in node.keywords)
            check = any if is_strict else all
            return check(self.is_filled(one) for one in node.args)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("items", "values", "keys"):
            return self.is_filled(node.func.value)
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("split", "splitlines"):
            return isinstance(node.func.value, ast.Constant)
        return False

    def _is_filled_name(self, name: str) -> bool:
        if name in self.cases:
            return True
        found = [
            one.value
            for one in ast.walk(self.test)
            if isinstance(one, ast.Assign | ast.AnnAssign)
            and one.value is not None
            and name in _targets(one)
        ]
        if found:
            return all(self.is_filled(one) for one in found)
        # An enumeration, a class; or a constant.
        if name[:1].isupper() and not name.isupper():
            return True
        return name.isupper() and is_filled_constant(self.module, name)


def is_filled_constant(module: ast.Module, name: str) -> bool:
    """Whether a constant of the module, or of where it comes from, is written out."""
    for one in module.body:
        is_assigned = isinstance(one, ast.Assign | ast.AnnAssign) and name in _targets(one)
        if is_assigned and one.value is not None:
            nothing = ast.parse("def test_(): ...").body[0]
            assert isinstance(nothing, Function)
            return _Names(nothing, module, 0).is_filled(one.value)
        if isinstance(one, ast.ImportFrom) and one.module:
            for alias in one.names:
                if (alias.asname or alias.name) == name:
                    return (source := _source(one.module)) is not None and is_filled_constant(
                        parsed(source), alias.name
                    )
    return False


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [ast.unparse(one) for one in targets]


@cache
def _source(module: str) -> Path | None:
    base = ROOT.joinpath(*module.split("."))
    return next(
        (one for one in (base.with_suffix(".py"), base / "__init__.py") if one.exists()), None
    )


def _parameters(test: Function, module: ast.Module) -> set[str]:
    """The names that `parametrize` fills in: of those every case is written out."""
    calls = [
        one
        for owner in (
            test,
            *(x for x in ast.walk(module) if isinstance(x, ast.ClassDef) and test in x.body),
        )
        for mark in owner.decorator_list
        for one in ast.walk(mark)
        if isinstance(one, ast.Call) and ast.unparse(one.func).endswith("parametrize")
    ]
    return {
        name.strip()
        for call in calls
        for one in ast.walk(call.args[0])
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
        for name in one.value.split(",")
    }


def _says_there_is(test: ast.expr) -> bool:
    """Not: `assert not found`, `assert found == []`."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return False
    if isinstance(test, ast.Compare):
        empty = ("[]", "set()", "{}", "()", "0", "''", "None")
        return not any(ast.unparse(one) in empty for one in test.comparators)
    return True


def _is_number(node: ast.expr) -> bool:
    """A number that is written out, or a constant."""
    if isinstance(node, ast.IfExp):
        return _is_number(node.body) and _is_number(node.orelse)
    return bool(re.fullmatch(r"-?\d+|[A-Z][A-Z_]*", ast.unparse(node)))


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


# --- What does not stand in a page ---------------------------------------------------------------


def unmet_absences(test: Function, module: ast.Module) -> Iterator[int]:
    """The lines that say what does not stand in an answer of which nothing says that it is the one
    that was meant: an empty page, a refusal and another page lack it as well.
    """
    found = list(_containments(test))
    if all(is_in for is_in, _line, _text in found):
        return
    here = _Texts(test, module)
    said = {name for is_in, _line, text in found if is_in for name in here.answers(text)}
    for is_in, line, text in found:
        whole = here.traced(text)
        if is_in or not RAW.search(whole) or PROVEN.search(whole):
            continue
        if not here.answers(text) & said:
            yield line


def _containments(test: Function) -> Iterator[tuple[bool, int, ast.expr]]:
    """What the test says to stand in what, or not to: (does it?, line, text)."""
    for one in ast.walk(test):
        if isinstance(one, ast.Expr) and (seen := _seen_by_browser(one.value)):
            yield True, one.lineno, seen
        if not isinstance(one, ast.Assert):
            continue
        for part in ast.walk(one.test):
            if not isinstance(part, ast.Compare):
                continue
            sides = [part.left, *part.comparators]
            for how, left, right in zip(part.ops, sides, sides[1:], strict=False):
                if isinstance(how, ast.NotIn):
                    yield False, one.lineno, right
                elif isinstance(how, ast.In):
                    yield True, one.lineno, right
                elif isinstance(how, ast.Eq):
                    # The status alone says nothing of which page it is.
                    sides_said = (one for one in (left, right) if "status" not in ast.unparse(one))
                    yield from ((True, part.lineno, side) for side in sides_said)


def _seen_by_browser(node: ast.expr) -> ast.expr | None:
    """What `expect(…).to_…` of a real browser waits to see."""
    match node:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Call(func=ast.Name(id="expect"), args=[seen, *_]), attr=attribute
            )
        ) if attribute.startswith("to_"):
            return seen
    return None


@cache
def _helpers(module: ast.Module) -> dict[str, str]:
    """What a module's functions beside its tests do."""
    return {
        one.name: "\n".join(map(ast.unparse, one.body))
        for one in ast.walk(module)
        if isinstance(one, Function) and not one.name.startswith("test_")
    }


class _Texts:
    """Where the texts of a test come from."""

    def __init__(self, test: Function, module: ast.Module) -> None:
        self.values: dict[str, list[ast.expr]] = {}
        for one in ast.walk(test):
            if isinstance(one, ast.Assign):
                for target in one.targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            self.values.setdefault(name.id, []).append(one.value)
            if isinstance(one, ast.NamedExpr):
                self.values.setdefault(one.target.id, []).append(one.value)
        self.helpers = _helpers(module)

    def traced(self, node: ast.expr, depth: int = 5) -> str:
        """The source of this text, with that of what it is made of."""
        parts = [ast.unparse(node)]
        for one in ast.walk(node):
            if isinstance(one, ast.Call):
                name = ast.unparse(one.func).rpartition(".")[2]
                parts.append(self.helpers.get(name, ""))
            if isinstance(one, ast.Name) and depth:
                parts += [self.traced(value, depth - 1) for value in self.values.get(one.id, [])]
        return "\n".join(parts)

    def answers(self, node: ast.expr) -> set[str]:
        """The names that the text is taken from: the answer's, or its own; without a name, the
        expression itself.
        """
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & set(self.values)
        return names or {ast.unparse(node)}

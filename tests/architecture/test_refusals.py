"""Every code that a rule refuses with is named by a test: nobody changes or loses one unseen."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import name_of, parsed, sources

pytestmark = pytest.mark.wide

APPS = ("accounts", "billing", "vosportal")
# What no test can bring about, with the reason.
UNREACHED = {
    "nothing_moves": "the last sub-account leaves between two statements of one request",
}
# A code that is put together, and what becomes of it.
PUT_TOGETHER = {"f'bad_{field}'": ("bad_full_name", "bad_email")}
# Passed on from a refusal that was caught, which is found where it is raised.
PASSED_ON = {"code", "error.code", "obstacle.code", "refused.code"}


def kinds() -> set[str]:
    """The names of DomainError and of all that derives from it."""
    classes = [
        one
        for app in APPS
        for source in sources(app)
        for one in ast.walk(parsed(source))
        if isinstance(one, ast.ClassDef)
    ]
    found = {"DomainError"}
    while new := {
        one.name
        for one in classes
        if one.name not in found and found & {ast.unparse(base) for base in one.bases}
    }:
        found |= new
    return found


def raised(tree: ast.Module, of: set[str]) -> Iterator[tuple[int, ast.expr]]:
    """The codes given to refusals of these kinds: where, and as what."""
    own = [
        (one, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name in of
        for one in ast.walk(node)
    ]
    inside = {id(one) for one, _name in own}
    for one, _name in own:
        # What stands for a code that is not given.
        if isinstance(one, ast.FunctionDef):
            for name, default in zip(one.args.kwonlyargs, one.args.kw_defaults, strict=True):
                if name.arg == "code" and default is not None:
                    yield one.lineno, default
    for one in ast.walk(tree):
        if not isinstance(one, ast.Call):
            continue
        name = ast.unparse(one.func)
        if name in of or (id(one) in inside and name == "super().__init__"):
            yield from ((one.lineno, key.value) for key in one.keywords if key.arg == "code")


def literals(code: ast.expr) -> list[str] | None:
    """The codes it can be; None where nobody can read that off."""
    if isinstance(code, ast.Constant):
        return [code.value]
    if isinstance(code, ast.IfExp):
        both = [literals(code.body), literals(code.orelse)]
        return [one for some in both for one in some or ["?"]]
    text = ast.unparse(code)
    return [] if text in PASSED_ON else list(PUT_TOGETHER.get(text, ())) or None


@pytest.fixture(scope="module")
def codes() -> dict[str, str]:
    """Each code, and a place where it is raised."""
    of = kinds()
    found = {}
    for app in APPS:
        for source in sources(app):
            for line, code in raised(parsed(source), of):
                for one in literals(code) or ([] if literals(code) == [] else ["?"]):
                    found[one] = f"{name_of(source)}:{line}"
    return found


def test_there_are_refusals_to_name(codes: dict[str, str]) -> None:
    assert len(codes) > 150
    assert codes.keys() >= {"not_in_scope", "busy", "not_authorized", "bad_email", "cycle"}


def test_every_code_can_be_read_in_the_source(codes: dict[str, str]) -> None:
    assert codes.get("?") is None, "write the code out, or add how it is put together"


def test_every_code_is_named_by_a_test(codes: dict[str, str]) -> None:
    named = {
        one.value
        for source in sources("tests")
        if "architecture" not in source.parts
        for one in ast.walk(parsed(source))
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }
    missing = {code: place for code, place in codes.items() if code not in named}
    assert missing.keys() == UNREACHED.keys(), missing


PLANTED = """
raise Refused(_("No."), code="first")
raise NotAllowed("", code="second" if so else "third", field="x")
raise ValidationError("", code="none of ours")
class Refused(DomainError):
    def __init__(self, *, code="fourth"): super().__init__("", code="fifth")
"""


def test_codes_are_found_however_they_are_given() -> None:
    found = [literals(code) for _line, code in raised(ast.parse(PLANTED), kinds())]
    assert found == [["fourth"], ["first"], ["second", "third"], ["fifth"]]

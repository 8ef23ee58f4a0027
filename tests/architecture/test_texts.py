"""What may not stand in any file of the repository."""

import ast
import re

import pytest

from tests.architecture.sources import ROOT, name_of, parsed, tracked

TRANSLATORS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
TEMPLATE_TEXT = re.compile(
    r"{%\s*translate\s+(?P<quote>[\"'])(?P<text>.*?)(?P=quote)"
    r"|{%\s*blocktranslate[^%]*%}(?P<block>.*?){%\s*endblocktranslate",
    re.DOTALL,
)
# They blame the reader, or say nothing.
UNKIND = re.compile(r"\b(invalid|illegal|oops|submit)\b|\bOK\b|^Error$", re.IGNORECASE)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("inline style", r"<[^>]*\sstyle\s*="),
        ("inline handler", r"<[^>]*\son[a-z]+\s*="),
        ("inline script", r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>"),
        ("style element", r"<style\b"),
        ("address of a script", r"javascript:"),
        (
            "somebody else's server",
            r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=\"(?:https?:)?//",
        ),
    ],
)
def test_templates_keep_the_content_security_policy(what: str, pattern: str) -> None:
    found = [
        f"{name_of(one)}: {match.group()[:80]}"
        for one in tracked(".html")
        # Mails are read without the policy, and papers made of them have sheets of their own.
        if "/mail/" not in name_of(one) or what != "style element"
        for match in re.finditer(pattern, one.read_text())
    ]
    assert found == [], what


def test_scripts_write_no_styles_and_run_no_text() -> None:
    pattern = re.compile(r"\beval\(|new Function\(|\.cssText\b|setAttribute\(\"style\"")
    found = [
        f"{name_of(one)}: {match.group()}"
        for one in tracked(".js")
        for match in pattern.finditer(one.read_text())
    ]
    assert found == []


def python_texts() -> list[tuple[str, str]]:
    return [
        (f"{name_of(source)}:{node.lineno}", argument.value)
        for source in tracked(".py")
        if not name_of(source).startswith("tests/")
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in TRANSLATORS
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def template_texts() -> list[tuple[str, str]]:
    return [
        (name_of(source), match["text"] or match["block"] or "")
        for source in tracked(".html", ".txt")
        if name_of(source).startswith("templates/")
        for match in TEMPLATE_TEXT.finditer(source.read_text())
    ]


@pytest.mark.wide
def test_texts_blame_nobody() -> None:
    texts = python_texts() + template_texts()
    assert len(texts) > 200
    assert [one for one in texts if UNKIND.search(one[1])] == []


def test_files_stay_readable_at_a_sitting() -> None:
    long = {
        name_of(one): lines
        for one in tracked(".py", ".html", ".js", ".css")
        if "migrations" not in one.parts and (lines := len(one.read_text().splitlines())) > 400
    }
    assert long == {}


def test_no_path_of_somebody_s_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|home|root|Users)/\w[\w./-]*")
    found = [
        f"{name_of(one)}: {match.group()}"
        for one in tracked(".py", ".html", ".js", ".css", ".md", ".toml", ".txt", ".example", "run")
        for match in pattern.finditer(one.read_text())
    ]
    assert found == []


def test_only_the_agreed_top_level() -> None:
    agreed = {
        "manage.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "constraints.txt",
        "vosportal", "accounts", "billing", "templates", "static", "tests", "docs",
    }  # fmt: skip
    tops = {one.relative_to(ROOT).parts[0] for one in tracked("")}
    assert {top for top in tops if not top.startswith(".")} <= agreed


def test_forms_say_where_they_go() -> None:
    """A page that is answered after a fresh proof stands at the address of the proof. The pages of
    django-allauth stand where it puts them.
    """
    form = re.compile(r"<form\b[^>]*>")
    found = [
        name_of(source)
        for source in tracked(".html")
        if name_of(source).startswith(("templates/accounts/", "templates/billing/"))
        for tag in form.findall(source.read_text())
        if 'method="post"' in tag and "action=" not in tag
    ]
    assert found == []

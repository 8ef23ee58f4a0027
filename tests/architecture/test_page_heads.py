"""One head for every page: its path and heading come from `base.html`, or from the head of an
account, and from nowhere else.
"""

import ast
import re
from collections.abc import Iterator

from tests.architecture.sources import ROOT, name_of, parsed, sources, tracked

COMPONENT = 'include "components/_breadcrumb.html"'
# The shells, the head of the pages of one account, and mails, which are no pages.
HEADS = {"base.html", "base_plain.html", "accounts/portal/_head.html"}


def templates() -> Iterator[tuple[str, str]]:
    for path in tracked(".html"):
        name = name_of(path).removeprefix("templates/")
        if name != name_of(path) and not name.startswith("admin/") and "/mail/" not in name:
            yield name, path.read_text()


def test_headings_stand_in_the_heads_alone() -> None:
    found = {name for name, text in templates() if "<h1" in text or 'class="page-head"' in text}
    assert found == HEADS


def test_paths_are_written_by_one_component() -> None:
    found = {name for name, text in templates() if '<ol class="path"' in text}
    assert found == {"components/_breadcrumb.html"}


def test_the_shell_shows_the_path_of_every_page() -> None:
    text = dict(templates())["base.html"]
    assert text.count(COMPONENT) == 1
    # What says its path otherwise than by `crumbs` of its view says it by the same component.
    blocks = {
        name: re.findall(r"{% block breadcrumb %}(.*?){% endblock %}", text)
        for name, text in templates()
    }
    assert [
        name for name, some in blocks.items() if any(COMPONENT not in one for one in some)
    ] == []
    assert sum(map(len, blocks.values())) > 1


def test_no_page_takes_a_name_of_the_shell() -> None:
    """It would be shown where the shell shows its own."""
    (shell,) = (
        node
        for node in ast.walk(parsed(ROOT / "vosportal" / "navigation.py"))
        if isinstance(node, ast.FunctionDef) and node.name == "shell"
    )
    # The actor is the same one everywhere.
    names = keys_in(shell) - {"actor"}
    assert {"nav", "place", "show_tree"} <= names
    views = [
        source
        for app in ("accounts", "billing", "vosportal")
        for source in sources(app)
        if "views" in source.parts
    ]
    assert len(views) > 50
    assert {name_of(one): found for one in views if (found := keys_in(parsed(one)) & names)} == {}


def keys_in(tree: ast.AST) -> set[str]:
    return {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }

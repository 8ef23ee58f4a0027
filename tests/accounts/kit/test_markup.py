"""HTML written in Python says what Django's own functions would."""

import pytest
from django.utils.html import conditional_escape
from django.utils.html import format_html as django_format_html
from django.utils.html import format_html_join as django_format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from accounts.kit.markup import escaped, format_html, format_html_join, joined

VALUES = st.one_of(
    st.text(max_size=20),
    st.text(max_size=20).map(mark_safe),
    st.integers(),
    st.decimals(allow_nan=False),
    st.none(),
    st.booleans(),
)


@given(VALUES)
def test_a_value_means_itself(value: object) -> None:
    assert escaped(value) == conditional_escape(value)


@given(VALUES, VALUES)
def test_a_template_is_filled_as_django_does(first: object, second: object) -> None:
    template = '<a href="{}">{}</a>'
    found = format_html(template, first, second)
    assert found == django_format_html(template, first, second)
    assert isinstance(found, SafeString)


@given(st.lists(st.tuples(VALUES, VALUES), max_size=4))
def test_so_are_many(rows: list[tuple[object, object]]) -> None:
    found = format_html_join(" ", "<b>{}{}</b>", rows)
    assert found == django_format_html_join(" ", "<b>{}{}</b>", rows)
    assert joined(one for one, _other in rows) == "".join(
        conditional_escape(one) for one, _ in rows
    )


def test_names_can_be_given() -> None:
    assert format_html("<b>{who}</b>{}", "&", who="<me>") == "<b>&lt;me&gt;</b>&amp;"


class Widget:
    def __html__(self) -> str:
        return "<input>"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("<script>", "&lt;script&gt;"),
        ("\"'&", "&quot;&#x27;&amp;"),
        (mark_safe("<b>"), "<b>"),
        (gettext_lazy("A < B"), "A &lt; B"),
        (Widget(), "<input>"),
    ],
)
def test_nothing_becomes_html_that_is_none(value: object, written: str) -> None:
    assert escaped(value) == written

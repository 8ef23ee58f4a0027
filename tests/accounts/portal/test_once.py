"""Pieces of pages that are written once."""

import pytest
from django.template import Context, Engine, TemplateSyntaxError
from django.utils import translation

from accounts.templatetags.once import OnceNode

ENGINE = Engine(
    libraries={"once": "accounts.templatetags.once", "i18n": "django.templatetags.i18n"}
)


def written(text: str, **values: object) -> list[str]:
    """The template with each of two values of `x`, twice."""
    made = ENGINE.from_string("{% load once i18n %}" + text)
    return [made.render(Context({**values, "x": x})) for x in ("a", "b", "a", "b")]


def test_it_knows_the_values_it_is_told_of_and_nothing_else() -> None:
    assert written("{% once x %}{{ x }}{% if y %}!{% endif %}{% endonce %}", y=1) == [*"abab"]
    assert written("{% once %}{% if x %}!{% endif %}.{% endonce %}") == ["."] * 4


def test_values_are_escaped() -> None:
    assert written("{% once y %}{{ y }}{% endonce %}", y="<b>")[0] == "&lt;b&gt;"


def test_it_is_written_once_in_every_language_and_for_every_value() -> None:
    template = ENGINE.from_string("{% load once %}{% once x %}{{ x }}{% endonce %}")
    (node,) = template.nodelist.get_nodes_by_type(OnceNode)
    for language in ("en", "de", "en"):
        with translation.override(language):
            for x in "aba":
                template.render(Context({"x": x}))
    assert sorted(node._written) == [("de", "a"), ("de", "b"), ("en", "a"), ("en", "b")]


def test_not_more_than_so_many_are_kept() -> None:
    template = ENGINE.from_string("{% load once %}{% once x %}{{ x }}{% endonce %}")
    (node,) = template.nodelist.get_nodes_by_type(OnceNode)
    for x in range(200):
        assert template.render(Context({"x": x})) == str(x)
    assert len(node._written) == 64


@pytest.mark.parametrize("inside", ["{{ x }}", "{{ x.y|default:1 }}", "{% csrf_token %}"])
def test_what_would_stay_as_it_was_for_the_first_person_is_refused(inside: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        ENGINE.from_string("{% load once %}{% once y %}" + inside + "{% endonce %}")

"""Pieces of pages that are the same for everybody: written once, and not again for every page."""

from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token, VariableNode
from django.template.defaulttags import CsrfTokenNode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

# Of one piece: languages, times the few values that a person may choose.
_KEPT = 64


class OnceNode(template.Node):
    """What stands inside knows the language and the values named, and nothing else of the page."""

    def __init__(self, inside: NodeList, names: tuple[str, ...]) -> None:
        self.nodelist = inside
        self.names = names
        self._written: dict[tuple[str | None, ...], SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        values = [str(context.get(name, "")) for name in self.names]
        key = (get_language(), *values)
        found = self._written.get(key)
        if found is None:
            known = dict(zip(self.names, values, strict=True))
            found = mark_safe(self.nodelist.render(context.new(known)))  # noqa: S308 - rendered
            if len(self._written) < _KEPT:
                self._written[key] = found
        return found


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """Written once in every language and for every value of these names.

    Example: {% once theme %}…{% endonce %}
    """
    _tag, *names = token.split_contents()
    inside = parser.parse(("endonce",))
    parser.delete_first_token()
    if list(inside.get_nodes_by_type(CsrfTokenNode)):
        raise template.TemplateSyntaxError("What is written once holds no token of a person.")
    written: Any = inside.get_nodes_by_type(VariableNode)
    for one in written:
        variable = one.filter_expression.var
        lookups = getattr(variable, "lookups", None)
        if lookups and lookups[0] not in names:
            raise template.TemplateSyntaxError(f"once is not told of {lookups[0]}.")
    return OnceNode(inside, tuple(names))

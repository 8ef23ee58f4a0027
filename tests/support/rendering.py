"""What `response.context` is made of: Django notes every template that is rendered while tests run.

With some sixty parts in a page, each noted with a copy of everything it was given, that took a
fifth of the whole run. The page's own template holds all that tests look at.
"""

from typing import Any

from django.test import utils
from django.test.signals import template_rendered


def prepare() -> None:
    """Let only the template a page is begun with be noted, not what it extends and includes."""
    utils.instrumented_test_render = _render_noted


def _render_noted(template: Any, context: Any) -> Any:
    if context.template is template:
        template_rendered.send(sender=template, template=template, context=context)
    return template.nodelist.render(context)

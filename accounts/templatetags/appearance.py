"""How pages look to the person."""

from typing import Any

from django import template

from accounts.core.actor import NOBODY
from accounts.logins.services.preferences import row_density

register = template.Library()


@register.simple_tag(takes_context=True)
def density(context: template.Context) -> str:
    """How close rows stand: as the person chose, or as is usual.

    Example: {% density as density_now %}
    """
    request = context.get("request")
    chosen: Any = getattr(getattr(request, "user", None), "density", "")
    return str(chosen or row_density(getattr(request, "actor", NOBODY)))

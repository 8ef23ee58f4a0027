"""The way to pages that no view of ours tells it to."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.portal.breadcrumbs import Crumb

register = template.Library()


@register.simple_tag
def security_crumbs(here: Any) -> list[Crumb]:
    """The way to a page of one's own security, whose name is `here`.

    Example: {% security_crumbs _("Passkeys") as crumbs %}
    """
    return [Crumb(_("Sign-in and security"), reverse("security")), Crumb(here)]

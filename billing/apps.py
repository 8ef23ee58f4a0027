"""The billing app: how much everybody has, and where it came from."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from accounts.portal.registry import register_hooks


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        register_hooks(self.name)

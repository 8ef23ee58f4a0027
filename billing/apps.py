"""The billing app: how much everybody has, and where it came from."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        # Models are there from now on, not when this module is imported.
        import_module("billing.hooks").register()

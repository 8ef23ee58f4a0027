"""The accounts app: who there is, and what everybody reaches."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        # Models are there from now on, not when this module is imported.
        guards = import_module("accounts.core.guards")
        post_migrate.connect(guards.install_after_migrate, sender=self)
        import_module("accounts.availability.hooks").register()
        import_module("accounts.phones.hooks").register()
        import_module("accounts.gateways.hooks").register()
        import_module("accounts.object_hooks").register()

"""The accounts app: who there is, and what everybody reaches."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from accounts.portal.registry import register_hooks


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        # Models are there from now on, not when this module is imported.
        guards = import_module("accounts.core.guards")
        import_module("accounts.kit.checks")
        post_migrate.connect(guards.install_after_migrate, sender=self)
        register_hooks(self.name)

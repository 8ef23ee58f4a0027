"""The project's own app: commands, and what composes the apps below."""

from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.models.signals import post_migrate

from accounts.portal.registry import register_hooks
from vosportal import deploy_checks


class PortalConfig(AppConfig):
    name = "vosportal"

    def ready(self) -> None:
        register_hooks(self.name)
        deploy_checks.install()
        # An app without models is not told of migrations; any one app will do.
        post_migrate.connect(create_cache_table, sender=apps.get_app_config("accounts"))


def create_cache_table(using: str, verbosity: int, **_: Any) -> None:
    """The table of the database cache belongs to no migration; `migrate` makes it all the same."""
    call_command("createcachetable", database=using, verbosity=verbosity)

"""The project's own app: commands, and what composes the apps below."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import register
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.db.models.signals import post_migrate, pre_migrate

from accounts.kit.outage import note_outage
from accounts.portal.registry import register_hooks
from vosportal import deploy_checks, timeouts


class PortalConfig(AppConfig):
    name = "vosportal"

    def ready(self) -> None:
        register_hooks(self.name)
        deploy_checks.install()
        register(timeouts.check_time_outs, deploy=True)
        got_request_exception.connect(note_outage)
        # They register themselves, once models are there.
        import_module("vosportal.worker_check")
        import_module("vosportal.checks")
        # An app without models is not told of migrations; any one app will do.
        accounts = apps.get_app_config("accounts")
        post_migrate.connect(create_cache_table, sender=accounts)
        # Models are there from now on, not when this module is imported.
        privileges = import_module("accounts.core.privileges")
        pre_migrate.connect(privileges.refuse_wrong_role, sender=accounts)
        # The last app that is told: every table is there, and whatever fails keeps no other from
        # what it does after a migration.
        told = [one for one in apps.get_app_configs() if one.models_module is not None]
        post_migrate.connect(privileges.install_after_migrate, sender=told[-1])


def create_cache_table(using: str, verbosity: int, **_: Any) -> None:
    """The table of the database cache belongs to no migration; `migrate` makes it all the same."""
    call_command("createcachetable", database=using, verbosity=verbosity)

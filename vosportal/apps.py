"""The project's own app: commands, and what composes the apps below."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "vosportal"

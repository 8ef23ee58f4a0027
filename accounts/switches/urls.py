"""Switches. Literal words stand before the key of one."""

from django.urls import path

from accounts.kit.object_paths import register_kind
from accounts.switches import views
from accounts.switches.models import Switch

register_kind(Switch.key_kind)

urlpatterns = [
    path("switches/", views.SwitchesView.as_view(), name="switches"),
    path("switches/export/", views.SwitchesExportView.as_view(), name="switches-export"),
    path("switches/new/", views.SwitchNewView.as_view(), name="switch-new"),
    path("switches/<switch:pk>/", views.SwitchView.as_view(), name="switch"),
    path("switches/<switch:pk>/key/", views.SwitchKeyView.as_view(), name="switch-key"),
    path("switches/<switch:pk>/remove/", views.SwitchRemoveView.as_view(), name="switch-remove"),
]

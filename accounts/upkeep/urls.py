"""What the checks of the stored data found."""

from django.urls import path

from accounts.upkeep import views

urlpatterns = [path("checks/", views.ChecksView.as_view(), name="checks")]

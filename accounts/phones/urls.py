"""Pages about phones: those of one account, among the `accounts:` addresses; and /phones/."""

from django.urls import path

from accounts.phones.views import bulk as phones_bulk
from accounts.phones.views import imports as phones_import
from accounts.phones.views import list as phones
from accounts.phones.views import new as phones_new
from accounts.phones.views import phone

account_patterns = [
    path("<str:account_id>/phones/", phones.PhonesView.as_view(), name="phones"),
    path(
        "<str:account_id>/phones/export/",
        phones.PhonesExportView.as_view(),
        name="phones-export",
    ),
    path(
        "<str:account_id>/phones/new/",
        phones_new.AccountPhonesNewView.as_view(),
        name="phone-new",
    ),
]

# Numbers are digits: no word stands in their way.
urlpatterns = [
    path("", phones.PhonesView.as_view(), name="phones"),
    path("export/", phones.PhonesExportView.as_view(), name="phones-export"),
    path("new/", phones_new.AnyPhonesNewView.as_view(), name="phone-new"),
    path("bulk/", phones_bulk.PhonesBulkView.as_view(), name="phones-bulk"),
    path("import/", phones_import.PhonesImportView.as_view(), name="phones-import"),
    path(
        "import/errors/",
        phones_import.PhonesImportErrorsView.as_view(),
        name="phones-import-errors",
    ),
    path("<str:number>/", phone.PhoneView.as_view(), name="phone"),
    path("<str:number>/menu/", phone.PhoneMenuView.as_view(), name="phone-menu"),
    path("<str:number>/edit/", phone.PhoneEditView.as_view(), name="phone-edit"),
    path("<str:number>/lock/", phone.PhoneLockView.as_view(), name="phone-lock"),
    path("<str:number>/reset/", phone.PhoneResetView.as_view(), name="phone-reset"),
    path("<str:number>/delete/", phone.PhoneDeleteView.as_view(), name="phone-delete"),
]

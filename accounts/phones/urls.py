"""Phones, whole and of one account."""

from django.urls import path

from accounts.phones.views import bulk, dids, import_jobs, imports, new, password, phone
from accounts.phones.views import list as phones

# Below /accounts/.
account_patterns = [
    path("<str:account_id>/phones/", phones.PhonesView.as_view(), name="phones"),
    path(
        "<str:account_id>/phones/export/",
        phones.PhonesExportView.as_view(),
        name="phones-export",
    ),
    path(
        "<str:account_id>/phones/new/",
        new.AccountPhonesNewView.as_view(),
        name="phone-new",
    ),
]

# Numbers are digits: no word stands in their way.
urlpatterns = [
    path("phones/", phones.PhonesView.as_view(), name="phones"),
    path("phones/export/", phones.PhonesExportView.as_view(), name="phones-export"),
    path("phones/new/", new.AnyPhonesNewView.as_view(), name="phone-new"),
    path("phones/bulk/", bulk.PhonesBulkView.as_view(), name="phones-bulk"),
    path("phones/import/", imports.PhonesImportView.as_view(), name="phones-import"),
    path(
        "phones/import/errors/",
        imports.PhonesImportErrorsView.as_view(),
        name="phones-import-errors",
    ),
    path(
        "phones/import/<uuid:job_id>/",
        import_jobs.PhonesImportCheckedView.as_view(),
        name="phones-import-checked",
    ),
    path(
        "phones/import/<uuid:job_id>/passwords/",
        import_jobs.PhonesImportPasswordsView.as_view(),
        name="phones-import-passwords",
    ),
    path("phones/<str:number>/", phone.PhoneView.as_view(), name="phone"),
    path("phones/<str:number>/menu/", phone.PhoneMenuView.as_view(), name="phone-menu"),
    path("phones/<str:number>/edit/", phone.PhoneEditView.as_view(), name="phone-edit"),
    path("phones/<str:number>/dids/", dids.PhoneDidsView.as_view(), name="phone-dids"),
    path("phones/<str:number>/lock/", phone.PhoneLockView.as_view(), name="phone-lock"),
    path("phones/<str:number>/reset/", phone.PhoneResetView.as_view(), name="phone-reset"),
    path(
        "phones/<str:number>/password/", password.PhonePasswordView.as_view(), name="phone-password"
    ),
    path("phones/<str:number>/delete/", phone.PhoneDeleteView.as_view(), name="phone-delete"),
]

"""The addresses of accounts, a line a package."""

from django.urls import include, path

from accounts.audit import urls as audit
from accounts.authorizations import urls as authorizations
from accounts.availability import urls as availability
from accounts.customers import urls as customers
from accounts.gateways import urls as gateways
from accounts.logins.urls import logins
from accounts.numbers import urls as numbers
from accounts.phones import urls as phones
from accounts.tree import urls as tree

# Of one account. Those with literal words in the place of the account id come first.
_OF_ACCOUNTS = [
    *customers.account_patterns,
    *tree.account_patterns,
    *authorizations.account_patterns,
    *gateways.account_patterns,
    *numbers.account_patterns,
    *audit.account_patterns,
    *availability.account_patterns,
    *logins.account_patterns,
    *phones.account_patterns,
]

urlpatterns = [
    path("", include("accounts.tree.urls")),
    path("accounts/", include((_OF_ACCOUNTS, "accounts"))),
    path("", include("accounts.approvals.urls")),
    path("", include("accounts.requests.urls")),
    path("", include("accounts.audit.urls")),
    path("", include("accounts.authorizations.urls")),
    path("", include("accounts.gateways.urls")),
    path("", include("accounts.jobs.urls")),
    path("", include("accounts.mail.urls")),
    path("", include("accounts.phones.urls")),
    path("", include("accounts.switches.urls")),
    path("", include("accounts.numbers.urls")),
    path("", include("accounts.upkeep.urls")),
    path("", include("accounts.logins.urls.logins")),
    # Sign-in, one's own security, and the admin's doors, which stand before the admin itself.
    path("", include("accounts.logins.urls.security")),
]

"""Logins: the people who sign in, and the codes that let them in for the first time.

A login belongs to no account (platform staff) or to exactly one, for good. Everything here is
written by `accounts.logins.services.logins`, `staff` and `preferences` only.
"""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from guardian.mixins import GuardianUserMixin

from accounts.core.authorizations import PERMISSIONS
from accounts.kit.beginnings import Capitals
from accounts.kit.object_keys import Keyed
from accounts.kit.private_doors import backends_permit
from accounts.kit.text import address, can_be_stored, name_key
from accounts.validators import validate_one_line, validate_username


class UserManager(BaseUserManager["User"]):
    """Looks logins up without regard to case; writes are the services'."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The login with this user name in any case. Raises `User.DoesNotExist`."""
        return self.called(username or "").get()

    def called(self, username: str) -> "models.QuerySet[User]":
        """Logins with this user name in any case: at most one."""
        # Lower() is what the unique index is built on; iexact would not use it.
        return self.alias(_name=Lower("username")).filter(_name=name_key(username))

    def with_address(self, email: str) -> "models.QuerySet[User]":
        """Logins with this e-mail address in any case: at most one, none for an empty address."""
        if not email or not can_be_stored(email):
            return self.none()
        same = self.exclude(email="").alias(_address=Lower("email"))
        return same.filter(_address=address(email))


class User(Keyed, GuardianUserMixin, AbstractBaseUser, PermissionsMixin):
    """A login. `account` alone decides what it reaches; None means platform staff."""

    key_kind = "login"

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    username = models.CharField(
        _("user name"),
        max_length=32,
        validators=[validate_username],
        error_messages={"unique": _("This user name is not available.")},
    )
    email = models.EmailField(_("e-mail"), blank=True, default="")
    # Operators send a way in only to an address that is old enough (`logins.rules.guards`).
    email_since = models.DateTimeField(
        _("address since"), default=timezone.now, db_default=Now(), editable=False
    )
    full_name = models.CharField(
        _("full name"), max_length=120, blank=True, default="", validators=[validate_one_line]
    )
    account = models.ForeignKey(
        "accounts.Account",
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="logins",
    )

    is_active = models.BooleanField(_("may sign in"), default=True)
    lock_reason = models.CharField(_("reason of the lock"), max_length=200, blank=True, default="")
    is_staff = models.BooleanField(_("operator (may open the Django admin)"), default=False)

    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    language = models.CharField(_("language"), max_length=10, default="en")
    theme = models.CharField(_("theme"), max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    # "" as is usual for who it is (services.preferences).
    density = models.CharField(
        _("density"), max_length=11, choices=Density.choices, blank=True, default=""
    )
    preferences = models.JSONField(_("preferences"), blank=True, default=dict)

    must_change_password = models.BooleanField(_("must choose a password"), default=False)
    # The address is one that an operator set, and nobody above since.
    email_by_operator = models.BooleanField(default=False, db_default=False, editable=False)
    # Made, given another address or let in by an operator, and by nobody above it since.
    opened_by_operator = models.BooleanField(default=False, db_default=False, editable=False)
    password_changed_at = models.DateTimeField(_("password chosen"), null=True, blank=True)

    last_login_from = models.CharField(
        _("last sign-in from"), max_length=200, blank=True, default=""
    )
    previous_login = models.DateTimeField(_("sign-in before the last"), null=True, blank=True)
    previous_login_from = models.CharField(
        _("sign-in before the last from"), max_length=200, blank=True, default=""
    )

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        "self",
        verbose_name=_("created by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    # Who the login is in the request being answered, see `accounts.logins.middleware.acting`.
    actor_of_request: Any = None

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")
        ordering = ["username"]
        # What the search finds by how it begins.
        indexes: ClassVar = [
            models.Index(Capitals("username"), name="login_by_username"),
            models.Index(Capitals("full_name"), name="login_by_name"),
            models.Index(Capitals("email"), name="login_by_email"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="login_username_unique",
                violation_error_message=_("This user name is not available."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="login_email_unique",
                violation_error_message=_("This e-mail address is not available."),
            ),
            models.CheckConstraint(
                condition=models.Q(account__isnull=True)
                | models.Q(is_staff=False, is_superuser=False),
                name="login_of_account_is_no_staff",
                violation_error_message=_("A login of an account cannot be platform staff."),
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def zone(self) -> ZoneInfo:
        """In whose time this person is told of moments: the own zone, else that of the account."""
        return ZoneInfo(self.time_zone or (self.account.time_zone if self.account else "UTC"))

    def get_full_name(self) -> str:
        """The person's name, or the user name where none was given."""
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.username

    @property
    def is_platform_staff(self) -> bool:
        """Belongs to no account: an administrator, an operator, or nobody yet."""
        return self.account_id is None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As Django's, but for the eight authorizations: they are asked on an account and answered
        by `accounts.core.backends` alone. Without an account the answer is no, for superusers too.
        """
        if perm not in PERMISSIONS:
            return bool(super().has_perm(perm, obj))
        if obj is None:
            return False
        # Django's own method would say yes to every superuser before.
        return backends_permit(self, perm, obj)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; refuse (ValueError) to give an existing login to another account, or to none."""
        fields = kwargs.get("update_fields")
        names_account = fields is None or {"account", "account_id"} & set(fields)
        if not self._state.adding and names_account:
            stored = type(self).objects.filter(pk=self.pk).values_list("account_id", flat=True)
            if [self.account_id] != list(stored):
                raise ValueError("A login belongs to its account for good.")
        super().save(*args, **kwargs)


class LoginCode(models.Model):
    """A single-use secret that lets a login choose its password; only a keyed hash is kept."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", _("invitation link")
        ONE_TIME_CODE = "one_time_code", _("one-time code")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="codes")
    purpose = models.CharField(_("purpose"), max_length=13, choices=Purpose.choices)
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField(_("ends"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        verbose_name = _("login code")
        verbose_name_plural = _("login codes")
        constraints = [
            # A new code replaces the one before: never two ways in at a time.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(used_at__isnull=True),
                name="login_code_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.user}"

    @staticmethod
    def hash_of(secret: str) -> str:
        """The keyed hash a secret is found by; worthless without the platform's SECRET_KEY."""
        return salted_hmac("accounts.LoginCode", secret, algorithm="sha256").hexdigest()

"""The account somebody signs in with: an email address, a password, roles."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from simple_history.models import HistoricalRecords

from kepol.accounts.choices import ADMIN_ROLES, Role
from kepol.lib.history import HistoryRow, acting_user
from kepol.lib.versions import Versioned


class UserManager(BaseUserManager["User"]):
    """Create accounts and find them by email address, whatever its letter case."""

    def get_by_natural_key(self, email: str | None) -> "User":
        """Return the account of `email`; raise `User.DoesNotExist` if there is none."""
        return self.get(email=(email or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store an account; without `password` nobody can sign in until one is set.

        Raise `ValidationError` for a missing, malformed or taken address.
        """
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store an account that may do everything, for set-up and emergencies only."""
        return self.create_user(email, password, **{**fields, "is_superuser": True})


class User(Versioned, AbstractBaseUser, PermissionsMixin):
    """An account. What it may do follows from its roles, see `kepol.accounts.roles`."""

    email = models.EmailField(
        "E-Mail-Adresse",
        unique=True,
        help_text="Mit dieser Adresse meldet sich die Person an.",
        error_messages={"unique": "Zu dieser E-Mail-Adresse gibt es schon ein Konto."},
    )
    is_active = models.BooleanField(
        "aktiv",
        default=True,
        help_text="Ein beendetes Konto wird nicht gelöscht, sondern hier abgeschaltet; es ist sofort abgemeldet.",
    )
    joined_at = models.DateTimeField("angelegt am", default=timezone.now, editable=False)

    objects = UserManager()
    # What somebody's password is and when they signed in is nobody's history.
    history = HistoricalRecords(
        bases=[HistoryRow], get_user=acting_user, excluded_fields=["password", "last_login"], m2m_fields=["groups"]
    )
    _history_m2m_fields = ["groups"]

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = "Konto"
        verbose_name_plural = "Konten"
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                name="accounts_user_email_lower",
                condition=Q(email=Lower("email")),
                violation_error_message="E-Mail-Adressen werden klein geschrieben gespeichert.",
                violation_error_code="email_not_lower",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Bring the address into the one form it is stored in."""
        super().clean()
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; noting the time of a login is no change anybody could overwrite, and leaves no history."""
        if self.pk and list(kwargs.get("update_fields") or ()) == ["last_login"]:
            type(self)._base_manager.filter(pk=self.pk).update(last_login=self.last_login)
            return
        super().save(*args, **kwargs)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles of this account; read once per instance, so a change holds from the next request on."""
        if self.pk is None:
            return frozenset()
        names = set(self.groups.values_list("name", flat=True))
        return frozenset(role for role in Role if role.value in names)

    @property
    def is_staff(self) -> bool:
        """Whether this account enters the Django admin; follows from the roles and is never stored."""
        return self.is_superuser or not self.roles.isdisjoint(ADMIN_ROLES)

    @property
    def is_reader(self) -> bool:
        """Whether the pages of the portal are of use to this account; not to one that has only the role Technik."""
        return self.is_superuser or self.roles != {Role.TECHNIK}

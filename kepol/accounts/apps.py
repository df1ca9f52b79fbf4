"""The app of accounts, roles and login."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate


def last_migrated_app() -> AppConfig:
    """Return the app whose `post_migrate` Django sends last; apps without models get none."""
    return [config for config in installed.get_app_configs() if config.models_module is not None][-1]


def sync_roles_after_migrate(
    app_config: AppConfig,
    using: str,
    apps: Any = installed,
    **kwargs: Any,
) -> None:
    """Bring the roles up to date once per migration, when the permissions of all apps exist.

    Those of the last app may not exist yet because receivers run in the order of INSTALLED_APPS: make sure of them
    first. A migration back to a state without groups has nothing to bring up to date.
    """
    from django.contrib.auth.management import create_permissions  # noqa: PLC0415 needs loaded apps

    from kepol.accounts.roles import sync_roles  # noqa: PLC0415 needs loaded apps

    if app_config is not last_migrated_app() or not _has_groups(apps):
        return
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    sync_roles(using=using)


def _has_groups(apps: Any) -> bool:
    try:
        apps.get_model("auth", "Group")
    except LookupError:
        return False
    return True


class AccountsConfig(AppConfig):
    """Keeps the roles in step with the database and watches over the demo accounts."""

    name = "kepol.accounts"
    label = "accounts"
    verbose_name = "Zugänge"

    def ready(self) -> None:
        """Connect what Django calls by itself: the check and the hook after a migration."""
        from kepol.accounts import checks  # noqa: F401, PLC0415 registers itself

        post_migrate.connect(sync_roles_after_migrate, dispatch_uid="kepol.accounts.sync_roles")

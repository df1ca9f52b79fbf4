"""The views of allauth that are open here, with our additions."""

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings

from kepol.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD


class SignInView(LoginView):
    """The login; on a demonstration it announces the accounts to try."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo accounts, on a demonstration only."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.DEMO:
            context.update(demo_logins=DEMO_LOGINS, demo_password=DEMO_PASSWORD)
        return context

"""Login, logout and passwords. The names are those allauth reverses; everything else of allauth has no address."""

from allauth.account import views as allauth
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from kepol.accounts.views import SignInView

urlpatterns = [
    path("anmelden/", SignInView.as_view(), name="account_login"),
    # Open to everybody: whose session ended meanwhile is sent to the login, not back here after it.
    path("abmelden/", login_not_required(allauth.logout), name="account_logout"),
    path("passwort/aendern/", allauth.password_change, name="account_change_password"),
    path("passwort/setzen/", allauth.password_set, name="account_set_password"),
]

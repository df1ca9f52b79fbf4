"""Login, logout, passwords, second factor. The names are those allauth reverses; everything else of allauth has no address."""

from allauth.account import views as allauth
from allauth.mfa.base.views import AuthenticateView
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from kepol.accounts import security_views as security
from kepol.accounts import single_sign_on_views, views
from kepol.accounts.invitation_views import invitation

urlpatterns = [
    path("anmelden/", views.SignInView.as_view(), name="account_login"),
    path("anmelden/code/", views.RequestCodeView.as_view(), name="account_request_login_code"),
    path("anmelden/code/eingeben/", views.EnterCodeView.as_view(), name="account_confirm_login_code"),
    path("anmelden/zweiter-faktor/", AuthenticateView.as_view(), name="mfa_authenticate"),
    path("anmelden/bestaetigen/", security.ProofView.as_view(), name="account_reauthenticate"),
    path("anmelden/dienst/", single_sign_on_views.single_sign_on, name="single_sign_on"),
    path("anmelden/dienst/zurueck/", single_sign_on_views.callback, name="single_sign_on_callback"),
    path("einladung/<str:uidb64>/<str:token>/", invitation, name="invitation"),
    # Open to everybody: whose session ended meanwhile is sent to the login, not back here after it.
    path("abmelden/", login_not_required(allauth.logout), name="account_logout"),
    path("passwort/aendern/", views.ChangePasswordView.as_view(), name="account_change_password"),
    path("passwort/setzen/", views.NewPasswordView.as_view(), name="account_set_password"),
    path("sicherheit/", security.SecurityView.as_view(), name="mfa_index"),
    path("sicherheit/zweiter-faktor/", security.SetUpView.as_view(), name="mfa_activate_totp"),
    path("sicherheit/zweiter-faktor/entfernen/", security.RemoveView.as_view(), name="mfa_deactivate_totp"),
    path("sicherheit/ersatzcodes/", security.SpareCodesView.as_view(), name="mfa_view_recovery_codes"),
    path("sicherheit/ersatzcodes/neu/", security.NewSpareCodesView.as_view(), name="mfa_generate_recovery_codes"),
]

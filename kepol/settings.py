"""Settings of KEpol, all from the environment (`.env`); `.env.example` explains each.

Without `DEBUG` an unsafe configuration is refused at start with a German sentence that says what to set.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.smart_cast = False
if (env_file := Path(env.str("KEPOL_ENV_FILE", default=str(BASE_DIR / ".env")))).is_file():
    environ.Env.read_env(env_file)

# --- Operation -------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

DEMO_HOSTS = ["127.0.0.1", "localhost"]
# Where links in mails lead: never to the host a request names, which its sender can choose.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000" if DEBUG or DEMO else "").rstrip("/")
MINIMUM_KEY_LENGTH = 50
MINIMUM_KEY_VARIETY = 5


def refuse_unsafe() -> None:
    """Stop at start when the configuration would put data at risk; each message names the setting to change."""
    if len(SECRET_KEY) < MINIMUM_KEY_LENGTH or len(set(SECRET_KEY)) < MINIMUM_KEY_VARIETY:
        raise ImproperlyConfigured(
            f"SECRET_KEY fehlt oder ist zu kurz: Setzen Sie einen zufälligen Wert mit mindestens {MINIMUM_KEY_LENGTH} Zeichen "
            "(`make .env` legt eine Datei mit einem solchen Schlüssel an)."
        )
    if DEMO and (DEBUG or ALLOWED_HOSTS != DEMO_HOSTS):
        raise ImproperlyConfigured(
            "DEMO=True geht nur auf dem eigenen Rechner: Setzen Sie DEBUG=False und ALLOWED_HOSTS=127.0.0.1,localhost, "
            "oder schalten Sie DEMO für den Betrieb aus."
        )
    if DEBUG:
        return
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS or any(host.startswith(".") for host in ALLOWED_HOSTS):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS fehlt oder ist zu weit: Nennen Sie genau die Namen, unter denen die Anwendung erreichbar ist, "
            "zum Beispiel ALLOWED_HOSTS=kepol.example.org."
        )
    site = urlsplit(SITE_URL)
    if not DEMO and (site.hostname not in ALLOWED_HOSTS or f"https://{site.netloc}" != SITE_URL or site.username):
        raise ImproperlyConfigured(
            "SITE_URL fehlt oder passt nicht: Nennen Sie die Adresse, auf die Links in Mails führen, mit https:// und einem Namen "
            "aus ALLOWED_HOSTS, zum Beispiel SITE_URL=https://kepol.example.org."
        )


refuse_unsafe()

# --- The municipality that runs this installation ---------------------------------------------------------------
MUNICIPALITY_NAME = env.str("MUNICIPALITY_NAME", default="Stadt Aachen")
MUNICIPALITY_GENITIVE = env.str("MUNICIPALITY_GENITIVE", default="der Stadt Aachen")

# --- Applications ----------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "kepol.apps.KepolConfig",
    "kepol.accounts",
    "kepol.reference",
    "kepol.mail",
    "kepol.files",
    "kepol.dates",
    "stakeholders",
    "kepol.council",
    "kepol.funding",
    "partnerships",
    "concept",
    "kepol.lib.backoffice.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "simple_history",
    "django_prose_editor",
]

MIDDLEWARE = [
    "kepol.accounts.middleware.resource_policy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kepol.accounts.middleware.session_guard",
    "kepol.accounts.middleware.second_factor_guard",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "kepol.urls"
WSGI_APPLICATION = "kepol.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"richtext": "kepol.lib.richtext"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kepol.accounts.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database: SQLite for one office, PostgreSQL for a data centre ------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'kepol.sqlite3'}")}
DATABASE = DATABASES["default"]
DATABASE["CONN_MAX_AGE"] = 600
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    DATABASE.setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        timeout=20,
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    )
else:
    # The pool keeps connections itself and refuses persistent ones beside it.
    DATABASE["CONN_MAX_AGE"] = 0
    DATABASE.setdefault("OPTIONS", {}).update(pool={"min_size": 1, "max_size": 8, "timeout": 10})

# It holds the limits of the login and drops a third of itself when it is full: more than anybody can fill within their life.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "de"
TIME_ZONE = "Europe/Berlin"
FORMAT_MODULE_PATH = ["kepol.formats"]
USE_I18N = True
USE_TZ = True

# --- Login -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "account_login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "kepol.accounts.validators.OwnWordsValidator"},
]
ACCOUNT_ADAPTER = "kepol.accounts.adapter.ClosedAccountAdapter"
ACCOUNT_FORMS = {
    "login": "kepol.accounts.forms.SignInForm",
    "change_password": "kepol.accounts.forms.NewPasswordAfterOldForm",
    "set_password": "kepol.accounts.forms.NewPasswordForm",
    "request_login_code": "kepol.accounts.forms.CodeRequestForm",
    "confirm_login_code": "kepol.accounts.forms.CodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False
# Eight digits: whoever asks for codes of somebody else from many addresses must not get anywhere by guessing.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# How long a login counts as proof that the right person sits there, see kepol/accounts/fresh_login.py.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
# All staff come from one proxy address: generous per address; the key of failed logins and of codes is account *and* address.
# What happens to codes beyond "mail_login_code": kepol/accounts/open_codes.py.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "5/5m/key",
    "request_login_code": "300/m/ip",
    "mail_login_code": "3/m/key",
}
# Hands a mail about an account to the outbox, which lies above the accounts.
MAIL_SENDER = "kepol.mail.outbox.send_account_mail"
# Knows the name and the units of who holds an account.
ACCOUNT_HOLDER = "stakeholders.access.holder"
INVITATION_DAYS = env.int("INVITATION_DAYS", default=14)
SESSION_COOKIE_AGE = 60 * 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# `session_guard` prolongs a session with one statement: saving it whole would let a slow request put back what another one changed.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_ABSOLUTE_AGE = 10 * 60 * 60
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="kepol@localhost")
# Whom mails name for questions; without it they name the Koordination only.
MAIL_CONTACT = env.str("MAIL_CONTACT", default="")
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=15)
# Nobody waits for the mail server; what it does not take at once is handed over by `manage.py send_mail`.
MAIL_IN_BACKGROUND = env.bool("MAIL_IN_BACKGROUND", default=True)

# --- Second factor and single sign-on ------------------------------------------------------------------------------
# For Koordination, Technik and superusers; only a demonstration does without it.
SECOND_FACTOR_REQUIRED = not DEMO
MFA_ADAPTER = "kepol.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = f"KEpol {MUNICIPALITY_NAME}"
MFA_FORMS = {
    "activate_totp": "kepol.accounts.forms.SetUpForm",
    "authenticate": "kepol.accounts.forms.SecondFactorForm",
}
# kepol/accounts/fresh_login.py asks instead; allauth would not ask people without a password.
MFA_REAUTHENTICATION_REQUIRED = False
SOCIALACCOUNT_ADAPTER = "kepol.accounts.single_sign_on.InvitedOnlyAdapter"
# A link, because the policy of the pages lets no form lead to another host.
SOCIALACCOUNT_LOGIN_ON_GET = True
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="Dienstkonto")
OIDC_IS_SECOND_FACTOR = env.bool("OIDC_IS_SECOND_FACTOR", default=False)
if OIDC_SERVER_URL and not (OIDC_SERVER_URL.startswith("https://") and OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "Die Anmeldung über OIDC ist unvollständig: OIDC_SERVER_URL beginnt mit https://, und auch OIDC_CLIENT_ID und "
        "OIDC_CLIENT_SECRET müssen gesetzt sein."
    )

# --- Transport and browser security ------------------------------------------------------------------------------
HTTPS = not (DEBUG or DEMO)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Without it the limits of the login would count the address of the proxy as that of everybody.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "payment",
        "usb",
    )
}
# The city decides about its subdomains and about the preload list of browser vendors.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Files -------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files", "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
UPLOAD_LIMIT = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
PDF_FONT_DIR = BASE_DIR / "static" / "fonts"

# --- What the apps contribute to pages below them (classes of kepol/lib/contracts.py) ------------------------------
FOLLOW_UPS = [
    "kepol.dates.follow_ups.TicklerFollowUp",
    "concept.follow_ups.ConceptFollowUp",
    "concept.reminder_follow_ups.EscalationFollowUp",
    "concept.reminder_follow_ups.UnreachableFollowUp",
    "kepol.council.follow_ups.CouncilFollowUp",
    "partnerships.follow_ups.PartnershipFollowUp",
    "kepol.funding.follow_ups.FundingFollowUp",
    "stakeholders.follow_ups.StakeholderFollowUp",
    "kepol.mail.follow_ups.MailFollowUp",
]
FILE_RULES = [
    "kepol.council.file_rules.AttachmentRule",
    "kepol.funding.file_rules.ReportDutyRule",
    "partnerships.file_rules.AgreementRule",
    "partnerships.file_rules.TransferRule",
    "concept.file_rules.WorkshopRule",
    "concept.file_rules.EvaluationRule",
    "concept.file_rules.EvidenceRule",
]
RECORD_PANELS = ["kepol.files.panels.DocumentPanel", "kepol.dates.panels.TicklerPanel"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {name: {"level": "WARNING"} for name in ("pikepdf", "fontTools", "weasyprint")},
}

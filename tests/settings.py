"""Settings of the tests: those of production, kept apart from the `.env` and the data of this checkout."""

import os
import secrets
import tempfile
from pathlib import Path

os.environ["KEPOL_ENV_FILE"] = os.devnull
os.environ["DEBUG"] = os.environ["DEMO"] = "False"
os.environ["SECRET_KEY"] = secrets.token_urlsafe(60)
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["SITE_URL"] = "https://testserver"
# The folder is named by whoever starts the tests, who also removes it; a lone pytest keeps one per checkout.
os.environ.setdefault("DATA_DIR", str(Path(__file__).parent.parent / ".cache" / "tests"))
Path(os.environ["DATA_DIR"]).mkdir(parents=True, exist_ok=True)

from kepol.settings import *  # noqa: E402 (the environment has to stand before the settings read it)

STATIC_ROOT.mkdir(parents=True, exist_ok=True)

# The test client and the browser speak plain HTTP.
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "sid", "csrf"

# Most tests put a session into the client without a login; those of the second factor switch it on.
SECOND_FACTOR_REQUIRED = False

# A test sees at once what came of a mail.
MAIL_IN_BACKGROUND = False

# Argon or PBKDF2 would take most of the time of a login.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Templates name static files that nobody has collected yet; stored files must not outlive a test.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    # A file, because threads have to share it; its own name per process, because two runs must not.
    # Who runs one test after the other names one to keep, with pytest's --reuse-db.
    kept = os.environ.get("TEST_DATABASE")
    DATABASE["TEST"] = {"NAME": kept or str(Path(tempfile.mkdtemp(prefix="sqlite-", dir=DATA_DIR)) / "test.sqlite3")}

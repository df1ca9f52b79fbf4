"""Run a management command with settings as in production, whatever `.env` says (`make check`)."""

import os
import secrets
import sys

from django.core.management import execute_from_command_line

PRODUCTION = {
    "KEPOL_ENV_FILE": os.devnull,
    "DJANGO_SETTINGS_MODULE": "kepol.settings",
    "DEBUG": "False",
    "DEMO": "False",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "kepol.example.org",
    "SITE_URL": "https://kepol.example.org",
    "EMAIL_URL": "smtp+tls://mail.example.org:587",
    "DATABASE_URL": "sqlite://:memory:",
}

if __name__ == "__main__":
    os.environ.update(PRODUCTION)
    execute_from_command_line(sys.argv)

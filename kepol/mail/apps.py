"""The app of outgoing mail."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """Outbox and log of every mail."""

    name = "kepol.mail"
    label = "mail"
    verbose_name = "Postausgang"

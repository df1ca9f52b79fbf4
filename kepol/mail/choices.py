"""Kinds and states of a mail, with their German labels."""

from enum import nonmember

from django.db import models


class MailKind(models.TextChoices):
    """What a mail is about."""

    INVITATION = "invitation", "Einladung"
    LOGIN_CODE = "login_code", "Anmeldecode"
    ACCOUNT = "account", "Hinweis zum Konto"
    REMINDER = "reminder", "Erinnerung"
    ESCALATION = "escalation", "Hinweis an die Leitung"
    ROUND = "round", "Sachstandsabfrage"


class MailState(models.TextChoices):
    """How far a mail has come; `DONE` are the states after which nothing more happens."""

    QUEUED = "queued", "wartet"
    SENDING = "sending", "wird gesendet"
    SENT = "sent", "gesendet"
    EXPIRED = "expired", "verfallen"
    DISCARDED = "discarded", "verworfen"

    DONE = nonmember(frozenset({"sent", "expired", "discarded"}))

"""Allowed values of the concept, with their German labels."""

from enum import nonmember

from django.db import models


class GoalLevel(models.TextChoices):
    """Levels of goals, after the municipal sustainability strategies (GNK): guideline, strategic, operational."""

    GUIDELINE = "guideline", "Leitlinie"
    STRATEGIC = "strategic", "strategisches Ziel"
    OPERATIONAL = "operational", "operatives Ziel"


class Status(models.TextChoices):
    """What somebody said about the progress of a measure or milestone; that it is late follows from its dates."""

    PLANNED = "planned", "geplant"
    IN_PROGRESS = "in_progress", "in Umsetzung"
    REACHED = "reached", "erreicht"
    PAUSED = "paused", "ruht"
    DROPPED = "dropped", "entfallen"

    #: Something is still to be done; only these can be late.
    OPEN = nonmember(frozenset({"planned", "in_progress"}))
    #: Only with a reason.
    WITH_REASON = nonmember(frozenset({"paused", "dropped"}))


class Duration(models.TextChoices):
    """Whether a measure comes to an end."""

    ONCE = "once", "einmalig"
    CONTINUOUS = "continuous", "laufend"


class Priority(models.TextChoices):
    """How important a measure is."""

    HIGH = "high", "hoch"
    MEDIUM = "medium", "mittel"
    LOW = "low", "niedrig"


class PostponementReason(models.TextChoices):
    """Why a date moved."""

    COMMITTEE = "committee", "Gremientermin"
    STAFF = "staff", "Personal"
    PARTNER = "partner", "Partner"
    FUNDS = "funds", "Mittel"
    SECURITY = "security", "Sicherheitslage"
    OTHER = "other", "Sonstiges"


class ReportStep(models.TextChoices):
    """What somebody did with a milestone; each is a verb of `concept.lifecycle`."""

    REPORT = "report", "Rückmeldung"
    CONFIRM = "confirm", "unverändert bestätigt"
    RESCHEDULE = "reschedule", "Termin verschoben"
    REACH = "reach", "als erreicht gemeldet"
    PAUSE = "pause", "ruhend gestellt"
    DROP = "drop", "als entfallen gemeldet"
    REOPEN = "reopen", "wieder aufgenommen"
    COMMENT = "comment", "Kommentar"
    CORRECT = "correct", "Plan berichtigt"

    #: What is no answer to the question how a milestone stands.
    NO_ANSWER = nonmember(frozenset({"comment", "correct"}))
    #: What means nothing without words.
    WITH_TEXT = nonmember(frozenset({"pause", "drop", "comment", "correct"}))


class Channel(models.TextChoices):
    """How the Koordination received what a unit reported."""

    PHONE = "phone", "Telefon"
    MAIL = "mail", "E-Mail"
    TALK = "talk", "Gespräch"


class WorkshopKind(models.TextChoices):
    """What a workshop is for."""

    FOCUS_GROUP = "focus_group", "Fokusgruppen-Workshop"
    DRAFT = "draft", "Workshop zum Konzeptentwurf"
    NETWORK = "network", "Netzwerktreffen"
    OTHER = "other", "sonstiger Workshop"


class PermanenceDecision(models.TextChoices):
    """How the council decided on making the work permanent."""

    OPEN = "open", "noch nicht entschieden"
    PERMANENT = "permanent", "dauerhaft verankert"
    EXTENDED = "extended", "befristet fortgesetzt"
    ENDED = "ended", "nicht fortgesetzt"

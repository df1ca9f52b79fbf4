"""Allowed values of partnerships, with their German labels."""

from django.db import models

from kepol.council.choices import Outcome

#: Results of a consultation with which the Hauptausschuss has consented to a trip; noting it is no consent.
CONSENTING = frozenset({Outcome.ADOPTED.value, Outcome.ADOPTED_UNCHANGED.value, Outcome.ADOPTED_AMENDED.value})


class PartnershipKind(models.TextChoices):
    """Kinds of municipal partnerships, after the RGRE and the papers of the city."""

    TWINNING = "twinning", "Städtepartnerschaft"
    SOLIDARITY = "solidarity", "Solidaritätspartnerschaft"
    PROJECT = "project", "Projektpartnerschaft"
    CLIMATE = "climate", "Klimapartnerschaft"
    FRIENDSHIP = "friendship", "Städtefreundschaft"
    CONTACT = "contact", "Kontakt"


class PartnershipStatus(models.TextChoices):
    """How alive a partnership is."""

    ACTIVE = "active", "aktiv"
    PAUSED = "paused", "ruht"
    ENDED = "ended", "beendet"


class AgreementKind(models.TextChoices):
    """Kinds of agreements between cities."""

    MOU = "mou", "Memorandum of Understanding"
    MOA = "moa", "Memorandum of Agreement"
    CONTRACT = "contract", "Vertrag"
    LETTER_OF_INTENT = "letter_of_intent", "Absichtserklärung"


class AgreementState(models.TextChoices):
    """How an agreement stands on a day; follows from its dates and is never stored."""

    EXPIRED = "expired", "abgelaufen ohne Nachfolge"
    EXPIRING = "expiring", "läuft aus"
    REPLACED = "replaced", "abgelöst"
    UNSIGNED = "unsigned", "noch nicht unterzeichnet"
    IN_FORCE = "in_force", "gilt"
    UPCOMING = "upcoming", "gilt noch nicht"


class Direction(models.TextChoices):
    """Who visits whom."""

    OUTBOUND = "outbound", "Reise zum Partner"
    INBOUND = "inbound", "Besuch des Partners"


class VisitFormat(models.TextChoices):
    """What kind of meeting it is."""

    DELEGATION = "delegation", "Delegationsreise"
    RETURN_VISIT = "return_visit", "Gegenbesuch"
    WORKING_MEETING = "working_meeting", "Arbeitstreffen"
    EXCHANGE = "exchange", "Fachaustausch"


class ParticipantGroup(models.TextChoices):
    """From where the participants of a visit come."""

    ADMINISTRATION = "administration", "Verwaltung"
    POLITICS = "politics", "Politik"
    ASSOCIATION = "association", "Verein"
    EXTERNAL = "external", "extern"
    PARTNER = "partner", "Partnerkommune"


class ProjectKind(models.TextChoices):
    """Kinds of projects with partners."""

    SCHOOL = "school", "Schulpartnerschaft"
    STUDENT_EXCHANGE = "student_exchange", "Studierendenaustausch"
    EXPERT_EXCHANGE = "expert_exchange", "Fachaustausch"
    CLIMATE = "climate", "Klima und Umwelt"
    EDUCATION = "education", "Bildung"
    CULTURE = "culture", "Kultur"
    ECONOMY = "economy", "Wirtschaft und fairer Handel"
    HUMANITARIAN = "humanitarian", "humanitäre Hilfe"
    OTHER = "other", "Sonstiges"


class ProjectStatus(models.TextChoices):
    """Where a project stands."""

    PLANNED = "planned", "geplant"
    RUNNING = "running", "läuft"
    COMPLETED = "completed", "abgeschlossen"
    PAUSED = "paused", "ruht"
    DROPPED = "dropped", "entfallen"

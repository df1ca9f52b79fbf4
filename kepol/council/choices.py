"""Allowed values around a submission, with the German labels the council information system uses."""

from django.db import models


class SubmissionKind(models.TextChoices):
    """Vorlageart. "Beschlussvorlage" is the word of everyday speech for the Entscheidungsvorlage."""

    FOR_INFORMATION = "for_information", "Kenntnisnahme"
    FOR_DECISION = "for_decision", "Entscheidungsvorlage (Beschlussvorlage)"
    HEARING = "hearing", "Anhörung"
    RECOMMENDATION = "recommendation", "Empfehlungsvorlage (inaktiv)"


class Publicity(models.TextChoices):
    """Whether the public may read a submission."""

    PUBLIC = "public", "öffentlich"
    NON_PUBLIC = "non_public", "nichtöffentlich"


class Origin(models.TextChoices):
    """Where a submission was written."""

    HERE = "here", "hier geschrieben"
    COUNCIL_SYSTEM = "council_system", "aus dem Ratsinformationssystem gelesen"


class ConsultationRole(models.TextChoices):
    """Zuständigkeit of a committee in the Beratungsfolge; independent of the Vorlageart."""

    INFORMATION = "information", "Kenntnisnahme"
    RECOMMENDATION = "recommendation", "Anhörung/Empfehlung"
    DECISION = "decision", "Entscheidung"


class ConsultationStatus(models.TextChoices):
    """Whether a committee has dealt with the submission."""

    PLANNED = "planned", "Geplant"
    DONE = "done", "Erledigt"


class Outcome(models.TextChoices):
    """Result of a consultation; it belongs to the row, because committees may differ on one paper."""

    # What sources say of older resolutions, without telling whether the text was changed.
    ADOPTED = "adopted", "beschlossen"
    ADOPTED_UNCHANGED = "adopted_unchanged", "ungeändert beschlossen"
    ADOPTED_AMENDED = "adopted_amended", "geändert beschlossen"
    NOTED = "noted", "zur Kenntnis genommen"
    REJECTED = "rejected", "abgelehnt"
    REMOVED = "removed", "von der Tagesordnung abgesetzt"
    ADJOURNED = "adjourned", "vertagt"
    DEFERRED = "deferred", "zurückgestellt"
    WITHDRAWN = "withdrawn", "zurückgezogen"
    REFERRED = "referred", "verwiesen"
    NO_VOTE = "no_vote", "ohne Votum"


class CommitteeKind(models.TextChoices):
    """Kinds of bodies a submission is laid before."""

    COUNCIL = "council", "Rat"
    COMMITTEE = "committee", "Ausschuss"
    DISTRICT = "district", "Bezirksvertretung"
    OPERATING_COMMITTEE = "operating_committee", "Betriebsausschuss"


class Office(models.TextChoices):
    """Offices whose holders sign or issue a submission."""

    LORD_MAYOR = "lord_mayor", "Oberbürgermeisterin/Oberbürgermeister"
    DEPUTY = "deputy", "Beigeordnete/Beigeordneter"

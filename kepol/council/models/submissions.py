"""Submissions to the council (Vorlagen): Grunddaten, Beratungsfolge, Beschlussvorschlag, Erläuterungen, Anlagen."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from kepol.council.choices import ConsultationRole, ConsultationStatus, Origin, Outcome, Publicity, SubmissionKind
from kepol.council.models.bodies import Committee, CouncilTerm
from kepol.council.querysets import AttachmentQuerySet, ConsultationQuerySet, SubmissionQuerySet
from kepol.council.references import Reference
from kepol.files.fields import StoredFileField
from kepol.lib.names import Keyed
from kepol.lib.records import Part, Record
from kepol.lib.richtext import RichTextField
from stakeholders.choices import OrganisationKind
from stakeholders.models import Organisation

COUNCIL_NEEDS_REFERENCE = "Eine Vorlage aus dem Ratsinformationssystem hat immer eine Nummer."
INCOMPLETE_HERE = "Eine Vorlage, die hier geschrieben wird, braucht Vorlageart und Betreff."
UNITS = {"kind__in": sorted(OrganisationKind.UNITS)}


class Submission(Keyed, Record):
    """A submission with its Grunddaten.

    A paper written here is a draft: its reference is given by the council information system and stays empty until then. A paper
    read from there keeps in `imported` what was read, so that a later reading sees whether somebody corrected it here.
    """

    reference = models.CharField(
        "Vorlage-Nr.",
        max_length=40,
        blank=True,
        help_text="Vergibt das Ratsinformationssystem, zum Beispiel FB 01/0674/WP18. Bei Entwürfen leer.",
    )
    origin = models.CharField("Herkunft", max_length=20, choices=Origin, default=Origin.HERE, editable=False)
    kind = models.CharField("Vorlageart", max_length=20, choices=SubmissionKind, blank=True)
    subject = models.TextField(
        "Betreff", blank=True, help_text="Eine Zeile; eine zweite beginnt üblicherweise mit „hier:“."
    )
    publicity = models.CharField("Status", max_length=20, choices=Publicity, default=Publicity.PUBLIC)
    council_status = models.CharField(
        "Status im Ratsinformationssystem",
        max_length=100,
        blank=True,
        help_text="Der genaue Wortlaut, wie er dort steht.",
    )
    council_status_seen_on = models.DateField("Status gesehen am", null=True, blank=True)
    lead = models.ForeignKey(
        Organisation,
        models.PROTECT,
        verbose_name="Federführend",
        related_name="+",
        limit_choices_to=UNITS,
        help_text="Genau eine Dienststelle.",
    )
    involved = models.ManyToManyField(
        Organisation,
        verbose_name="Beteiligt",
        related_name="+",
        blank=True,
        limit_choices_to=UNITS,
        help_text="Weitere Dienststellen.",
    )
    author_text = models.CharField(
        "Verfasst von", max_length=200, blank=True, help_text="Freier Text, zum Beispiel DEZ I, FB 01/300."
    )
    file_number = models.CharField("Aktenzeichen (AZ)", max_length=60, blank=True)
    dated_on = models.DateField(
        "Datum der Vorlage",
        null=True,
        blank=True,
        help_text="Leer: Kopfzeile und Namen richten sich nach der ersten Sitzung.",
    )
    term = models.ForeignKey(
        CouncilTerm, models.PROTECT, verbose_name="Wahlperiode", null=True, blank=True, related_name="+", editable=False
    )
    goals = models.TextField("Ziele", blank=True, help_text="Steht im Kopf der Vorlage unter dem Betreff.")
    predecessor = models.ForeignKey(
        "self", models.PROTECT, verbose_name="ergänzt die Vorlage", null=True, blank=True, related_name="supplements"
    )
    motions = models.CharField("Anträge", max_length=200, blank=True, help_text="Zum Beispiel Ratsantrag 143/17.")
    ris_id = models.PositiveIntegerField("Nummer im Ratsinformationssystem (VOLFDNR)", null=True, blank=True)
    ris_url = models.URLField("Adresse im Ratsinformationssystem", blank=True, max_length=500)
    is_example = models.BooleanField("Beispiel", default=False, editable=False)
    imported = models.JSONField("gelesener Stand", null=True, blank=True, editable=False)
    imported_at = models.DateTimeField("zuletzt gelesen", null=True, blank=True, editable=False)

    history_parts = ("consultations", "draft_resolutions", "sections", "attachments")
    _history_m2m_fields = ["involved"]

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = "Vorlage"
        verbose_name_plural = "Vorlagen"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(reference=""),
                name="council_submission_reference_once",
                violation_error_message="Eine Vorlage mit dieser Nummer gibt es schon.",
            ),
            models.CheckConstraint(
                condition=Q(origin=Origin.HERE.value) | ~Q(reference=""),
                name="council_submission_council_has_reference",
                violation_error_message=COUNCIL_NEEDS_REFERENCE,
            ),
            models.CheckConstraint(
                condition=Q(council_status="") | Q(council_status_seen_on__isnull=False),
                name="council_submission_status_seen",
                violation_error_message="Zum Status im Ratsinformationssystem gehört der Tag, an dem er gesehen wurde.",
            ),
            models.CheckConstraint(
                condition=Q(predecessor__isnull=True) | ~Q(predecessor=F("pk")),
                name="council_submission_not_own_predecessor",
                violation_error_message="Eine Vorlage kann sich nicht selbst ergänzen.",
            ),
            # A page of the council information system is stored as it is, even where it lacks one of them.
            models.CheckConstraint(
                condition=~Q(origin=Origin.HERE.value) | ~Q(kind="") & ~Q(subject=""),
                name="council_submission_written_here_complete",
                violation_error_message=INCOMPLETE_HERE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference or 'Entwurf'} – {self.first_line or 'ohne Betreff'}"

    @property
    def first_line(self) -> str:
        """First line of the subject."""
        return self.subject.split("\n", 1)[0].strip()

    @property
    def is_draft(self) -> bool:
        """Written here and not handed over; its prints carry "ENTWURF"."""
        return self.origin == Origin.HERE

    def key_source(self) -> str:
        """Reference and subject; everyday word of the kind, so that "Beschlussvorlage" finds it."""
        return f"{self.reference} {self.subject} {self.get_kind_display()}"

    def clean(self) -> None:
        """Write the reference as the council information system does."""
        super().clean()
        self.subject = "\n".join(line.strip() for line in self.subject.splitlines() if line.strip())
        if self.origin == Origin.HERE and not (self.kind and self.subject):
            # The constraint says so too, but a form does not show the origin and therefore skips it.
            missing = "subject" if self.kind else "kind"
            raise ValidationError({missing: INCOMPLETE_HERE}, code="incomplete")
        if not self.reference:
            if self.origin == Origin.COUNCIL_SYSTEM:
                raise ValidationError({"reference": COUNCIL_NEEDS_REFERENCE}, code="reference")
            return
        try:
            self.reference = str(Reference.parse(self.reference))
        except ValueError as error:
            raise ValidationError({"reference": str(error)}, code="reference") from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save with the term that the reference names."""
        self.term = (
            CouncilTerm.objects.filter(number=Reference.parse(self.reference).term).first() if self.reference else None
        )
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "term"}
        super().save(*args, **kwargs)

    def day(self, *, printed_on: datetime.date) -> datetime.date:
        """Day whose names and offices the paper prints: its own date, else the first sitting, else the day of printing."""
        sittings = [row.meeting_date for row in self.consultations.all() if row.meeting_date]
        return self.dated_on or min(sittings, default=printed_on)


class Consultation(Part):
    """Row of the Beratungsfolge. Rows keep the order in which they stand, which is not always that of the dates."""

    submission = models.ForeignKey(Submission, models.CASCADE, verbose_name="Vorlage", related_name="consultations")
    committee = models.ForeignKey(Committee, models.PROTECT, verbose_name="Gremium", related_name="+")
    meeting_date = models.DateField("Datum", null=True, blank=True)
    role = models.CharField("Zuständigkeit", max_length=20, choices=ConsultationRole, blank=True)
    status = models.CharField("Status", max_length=10, choices=ConsultationStatus, default=ConsultationStatus.PLANNED)
    agenda_item = models.CharField("TOP", max_length=20, blank=True, help_text="Zum Beispiel Ö 7.")
    outcome = models.CharField("Ergebnis", max_length=20, choices=Outcome, blank=True)
    vote_text = models.CharField(
        "Abstimmungsergebnis",
        max_length=300,
        blank=True,
        help_text="Im Wortlaut, zum Beispiel: einstimmig bei einer Enthaltung.",
    )
    votes_yes = models.PositiveSmallIntegerField("Ja", null=True, blank=True)
    votes_no = models.PositiveSmallIntegerField("Nein", null=True, blank=True)
    votes_abstained = models.PositiveSmallIntegerField(
        "Enthaltungen", null=True, blank=True, help_text="Leer heißt: nicht genannt."
    )

    history_title = "committee"
    objects = ConsultationQuerySet.as_manager()

    class Meta(Part.Meta):
        verbose_name = "Beratung"
        verbose_name_plural = "Beratungen"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="") | Q(status=ConsultationStatus.DONE.value),
                name="council_consultation_outcome_when_done",
                violation_error_message="Ein Ergebnis gibt es erst, wenn die Beratung erledigt ist.",
            )
        ]

    def __str__(self) -> str:
        when = f" {self.meeting_date:%d.%m.%Y}" if self.meeting_date else ""
        return f"{self.committee}{when} – {self.submission.reference or self.submission.first_line}"


class DraftResolution(Part):
    """Beschlussvorschlag for one or several committees; without a committee it is meant for all."""

    submission = models.ForeignKey(Submission, models.CASCADE, verbose_name="Vorlage", related_name="draft_resolutions")
    committees = models.ManyToManyField(
        Committee,
        verbose_name="für",
        related_name="+",
        blank=True,
        help_text="Leer: für alle Gremien der Beratungsfolge.",
    )
    text = RichTextField("Text")

    history_title = "text"
    _history_m2m_fields = ["committees"]

    class Meta(Part.Meta):
        verbose_name = "Beschlussvorschlag"
        verbose_name_plural = "Beschlussvorschläge"

    def __str__(self) -> str:
        return f"Nr. {self.position}"


class Section(Part):
    """Headed section of the Erläuterungen; the first may have no heading."""

    submission = models.ForeignKey(Submission, models.CASCADE, verbose_name="Vorlage", related_name="sections")
    heading = models.CharField("Überschrift", max_length=300, blank=True)
    body = RichTextField("Text", blank=True)

    history_title = "heading"

    class Meta(Part.Meta):
        verbose_name = "Abschnitt"
        verbose_name_plural = "Erläuterungen"

    def __str__(self) -> str:
        return self.heading or "ohne Überschrift"


class Attachment(Part):
    """Anlage: printed with its title; the file is handed out only by the one serving view."""

    submission = models.ForeignKey(Submission, models.CASCADE, verbose_name="Vorlage", related_name="attachments")
    title = models.CharField("Titel", max_length=300)
    file = StoredFileField("Datei", rule="anlage", blank=True)
    is_public = models.BooleanField("öffentlich", default=True)

    history_title = "title"
    objects = AttachmentQuerySet.as_manager()

    class Meta(Part.Meta):
        verbose_name = "Anlage"
        verbose_name_plural = "Anlagen"

    def __str__(self) -> str:
        return self.title

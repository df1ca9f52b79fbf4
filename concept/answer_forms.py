"""The form of the portal in which a unit says how a milestone stands, and what stands in its way when somebody else was faster."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from concept import lifecycle
from concept.answers import Answer, give
from concept.authors import names_of, signature
from concept.choices import PostponementReason, ReportStep, Status
from concept.models import Milestone, MilestoneReport
from concept.models.milestones import UNDATED
from concept.models.reports import TEXT_LENGTH
from kepol.lib.backoffice.conflicts import MINE, THEIRS, Clash, Difference
from kepol.lib.backoffice.forms import INCOMPLETE
from kepol.lib.history import as_found
from kepol.lib.periods import Period
from kepol.lib.periods.forms import PeriodFormField
from kepol.lib.versions import seen_token, seen_version

CONFIRM = "bestaetigen"
#: Where to go after saving, see `concept.answer_views`.
WAY_BACK = ("von", "seite", "weiter")
TYPED = "Sie haben etwas eingegeben. Nehmen Sie „Speichern“, oder leeren Sie die Felder, wenn sich am Stand nichts geändert hat."
UNKNOWN, UNTOUCHED = "nicht mehr bekannt", "keine Angabe"
SAME_TERM = "Bleibt der Termin, lassen Sie das Feld leer."
_NO_TERM = re.compile(r";? ohne Termin lassen Sie das Feld bitte leer\.$", re.IGNORECASE)
#: How long after a step the same form once more is taken for the same press of the button.
PRESSED_TWICE = datetime.timedelta(seconds=10)
#: What has happened to a milestone that has ended.
ENDED = {
    Status.REACHED: "ist inzwischen erreicht",
    Status.PAUSED: "ruht inzwischen",
    Status.DROPPED: "ist inzwischen entfallen",
}
#: What may follow on a state, in the order in which the form offers it.
OFFERED = {
    Status.PLANNED: (*Status,),
    Status.IN_PROGRESS: (*Status,),
    Status.PAUSED: (Status.IN_PROGRESS, Status.PLANNED, Status.REACHED, Status.DROPPED),
    Status.REACHED: (Status.IN_PROGRESS, Status.PLANNED),
    Status.DROPPED: (Status.IN_PROGRESS, Status.PLANNED),
}


class PlainSelect(forms.Select):
    """A choice put together without templates: Django renders two for each option, which on a page of fifty forms is most of the work."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The element with its options; no groups."""
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value or ""])}
        options = ((key, " selected" if str(key) in chosen else "", label) for key, label in self.choices)
        head = flatatt({"name": name, **self.attrs, **(attrs or {})})
        return format_html(
            "<select{}>{}</select>", head, format_html_join("", '<option value="{}"{}>{}</option>', options)
        )


class NewDateField(PeriodFormField):
    """A date that may stay what it is: whoever is not understood reads how to leave it."""

    def to_python(self, value: Any) -> Period | None:
        """Read what was typed."""
        try:
            return super().to_python(value)
        except ValidationError as error:
            reading = _NO_TERM.sub("", error.messages[0]).rstrip(".")
            raise ValidationError(f"{reading}. {SAME_TERM}", code="invalid") from error


class AnswerForm(forms.Form):
    """Status, a sentence, a new date with its reason. `seen` carries the version of the milestone that the form shows.

    `CONFIRM` in the data is the button "Unverändert bestätigen".
    """

    status = forms.ChoiceField(
        label="Status",
        choices=Status.choices,
        widget=PlainSelect(attrs={"class": "kern-form-input__select"}),
    )
    text = forms.CharField(
        label="Ein Satz zum Stand",
        required=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "class": "kern-form-input__input"}),
    )
    to = NewDateField(
        label="Neuer Termin",
        required=False,
        help_text="Zum Beispiel Q2/2027 oder 07.05.2027. Bei „erreicht“ der Tag, leer heißt heute.",
    )
    reason = forms.ChoiceField(
        label="Grund",
        required=False,
        choices=[("", "bitte wählen"), *PostponementReason.choices],
        widget=PlainSelect(attrs={"class": "kern-form-input__select"}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, milestone: Milestone) -> None:
        initial = {"status": _offered(milestone)[0], "seen": seen_token(milestone)}
        if milestone.is_open:
            initial["status"] = Status(milestone.status)
        super().__init__(data, initial=initial, auto_id=f"m{milestone.pk}-%s")
        self.milestone = milestone
        self.fields["to"].widget.attrs["class"] = "kern-form-input__input period-input"
        # Only the page offers less: what arrives is judged by the door, whose sentences say more than "no valid choice".
        self.fields["status"].widget.choices = [(one.value, one.label) for one in _offered(milestone)]
        for name in _beside(milestone):
            # What was typed stays in sight, with the sentence that says why it does not fit.
            if not self.raw(name):
                del self.fields[name]

    @property
    def is_confirmation(self) -> bool:
        """Whether somebody pressed "Unverändert bestätigen"."""
        return CONFIRM in self.data

    @property
    def says_nothing(self) -> bool:
        """Whether everything is as the milestone stands."""
        return self.raw("status") in ("", self.milestone.status) and not any(map(self.raw, ("text", "to", "reason")))

    def raw(self, name: str) -> str:
        """What arrived for field `name`, before it is understood."""
        return str(self.data.get(name, "")).strip()

    @property
    def seen_version(self) -> int | None:
        """Version of the milestone that the form showed; None when the note is missing or forged."""
        return seen_version(self.milestone, self.raw("seen"))

    @property
    def is_stale(self) -> bool:
        """Whether the milestone has changed since the form was shown."""
        return self.seen_version not in (None, self.milestone.version)

    def clean(self) -> dict[str, Any]:
        """Refuse a form without its version, and a confirmation of something else than what is stored."""
        cleaned = super().clean() or {}
        if self.seen_version is None:
            raise ValidationError(INCOMPLETE)
        if self.is_confirmation and not self.says_nothing:
            raise ValidationError(TYPED, code="typed")
        return cleaned

    def answer(self) -> Answer:
        """What the form says."""
        said = self.cleaned_data
        reason = said.get("reason")
        return Answer(
            status=Status(said["status"]),
            text=said["text"],
            to=said.get("to"),
            reason=PostponementReason(reason) if reason else None,
        )

    def take(self, *, by: Any, today: datetime.date) -> MilestoneReport | None:
        """Take the step and return what it wrote; None when it was refused, then the errors stand at their fields.

        Raises `PermissionDenied`, and `Conflict` when somebody was faster since the milestone was read.
        """
        if not self.is_valid():
            return None
        try:
            if self.is_confirmation:
                return lifecycle.confirm(self.milestone, by=by, today=today)
            return give(self.milestone, self.answer(), by=by, today=today)
        except ValidationError as error:
            self._refuse(error)
            return None

    def _refuse(self, error: ValidationError) -> None:
        found = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
        for name, errors in found.items():
            self.add_error(name if name in self.fields else None, errors)


def _offered(milestone: Milestone) -> tuple[Status, ...]:
    return OFFERED[Status(milestone.status)]


def _beside(milestone: Milestone) -> tuple[str, ...]:
    """Fields that say nothing in the state of `milestone`; what rests may still be reached on some day."""
    if milestone.is_open:
        return ()
    return ("reason",) if milestone.status == Status.PAUSED else ("to", "reason")


@dataclass(frozen=True)
class _State:
    """How a milestone stood at some time: the status, and the rest in the words of its page."""

    status: str
    date: str
    text: str

    @classmethod
    def of(cls, milestone: Milestone, reports: Any) -> "_State":
        latest = reports.answers().exclude(text="").first()
        date = milestone.postponement() or str(milestone.expected or UNDATED)
        return cls(milestone.status, date, latest.text if latest else "")

    def status_label(self) -> str:
        return str(Status(self.status).label)


def clash(form: AnswerForm) -> Clash | None:
    """What somebody else said since the stale `form` was shown, beside what was typed; None when nothing it shows has changed."""
    milestone = form.milestone
    stored, found = _State.of(milestone, milestone.reports.all()), _found(milestone, form.seen_version)
    if stored == found:
        return None
    rows = (_status(form, stored, found), _date(form, stored, found), _text(form, stored, found))
    return Clash(f"Meilenstein „{milestone}“", [row for row in rows if row])


def kept(form: AnswerForm) -> list[tuple[str, str]]:
    """What the page of the conflict carries on: everything typed, and the version it shows."""
    typed = {name: form.raw(name) for name in form.data if name in form.fields or name in (CONFIRM, *WAY_BACK)}
    if form.is_confirmation:
        # It confirms what the page of the conflict shows.
        typed["status"] = form.milestone.status
    return [*(typed | {"seen": seen_token(form.milestone)}).items()]


@dataclass(frozen=True)
class Change:
    """What stands in the way of a stale form: the last `report` since it was shown, and who made it, in words."""

    report: MilestoneReport
    who: str
    is_own: bool


def changed_by(form: AnswerForm, *, by: Any) -> Change | None:
    """Who changed the milestone last since the stale `form` was shown to `by`; None when no report tells."""
    row = _row(form.milestone, form.seen_version)
    reports = form.milestone.reports.exclude(step=ReportStep.COMMENT)
    latest = reports.filter(at__gt=row.history_date).select_related("by", "unit").first() if row else None
    return Change(latest, signature(latest, names_of([latest.by_id])), latest.by_id == by.pk) if latest else None


@dataclass(frozen=True)
class Ended:
    """That a milestone has ended since a form was shown: `state` says it in words, `typed` is what was in the form, by label."""

    state: str
    typed: list[tuple[str, str]]


def ended(form: AnswerForm) -> Ended | None:
    """What to say of the stale `form` of a milestone that has ended since; None when it has not, or had already."""
    milestone = form.milestone
    row = _row(milestone, form.seen_version)
    if milestone.is_open or (row and row.instance.status == milestone.status):
        return None
    typed, before = form.raw("status"), row.instance.status if row else ""
    reason = dict(PostponementReason.choices).get(form.raw("reason"), "")
    said = {
        "Status": str(Status(typed).label) if typed in Status.values and typed != before else "",
        "Ein Satz zum Stand": form.raw("text"),
        "Neuer Termin": form.raw("to"),
        "Grund": str(reason),
    }
    return Ended(ENDED[Status(milestone.status)], [(label, value) for label, value in said.items() if value])


def repeated(form: AnswerForm, *, by: Any, now: datetime.datetime) -> MilestoneReport | None:
    """What happened since the stale `form` was shown, if it is just what the form says, by the same person: a button pressed twice."""
    latest: MilestoneReport | None = form.milestone.reports.first()
    if latest is None or latest.by_id != by.pk or form.seen_version != form.milestone.version - 1:
        return None
    is_same = now - latest.at <= PRESSED_TWICE and not _asked_since(latest) and form.is_valid() and _says(form, latest)
    return latest if is_same else None


def _asked_since(report: MilestoneReport) -> bool:
    """Whether a Sachstandsabfrage has asked after `report`, so that saying the same again is an answer of its own."""
    return report.milestone.round_items.filter(round__opened_at__gte=report.at).exists()


def _says(form: AnswerForm, report: MilestoneReport) -> bool:
    """Whether the valid `form` says just what `report` does."""
    if form.is_confirmation or report.step == ReportStep.CONFIRM:
        return form.is_confirmation and report.step == ReportStep.CONFIRM
    answer = form.answer()
    if answer.status == Status.REACHED:
        day = answer.to.start if answer.to else timezone.localdate(report.at)
        told: tuple[Any, ...] = (day, "")
    else:
        told = (answer.to, answer.reason or "")
    found = report.reached_on or report.moved_to
    return (answer.status, answer.text, *told) == (report.status, report.text, found, report.reason)


def _row(milestone: Milestone, version: int | None) -> Any:
    """History row of `milestone` in `version`; None when that is not kept."""
    return as_found(Milestone, milestone.pk, version) if version else None


def _found(milestone: Milestone, version: int | None) -> _State | None:
    """How `milestone` stood in `version`; None when that is not kept."""
    row = _row(milestone, version)
    if row is None:
        return None
    # What is said is dated before the version it makes is written.
    return _State.of(row.instance, milestone.reports.filter(at__lte=row.history_date))


def _status(form: AnswerForm, stored: _State, found: _State | None) -> Difference | None:
    typed = form.raw("status")
    if typed == stored.status or typed not in Status.values:
        return None
    is_untouched = found is not None and typed == found.status
    choice = THEIRS if is_untouched else MINE if found and found.status == stored.status else ""
    return Difference(
        name="" if form.is_confirmation else "status",
        label="Status",
        mine=UNTOUCHED if form.is_confirmation else str(Status(typed).label),
        stored=stored.status_label(),
        found=found.status_label() if found else UNKNOWN,
        preselected=choice,
        posted={"status": [stored.status]},
    )


def _date(form: AnswerForm, stored: _State, found: _State | None) -> Difference | None:
    typed, is_same = form.raw("to"), found is not None and found.date == stored.date
    if is_same and not typed:
        return None
    reason = dict(PostponementReason.choices).get(form.raw("reason"))
    return Difference(
        name="to" if typed else "",
        label="Termin",
        mine=(f"{typed} ({reason})" if reason else typed) or UNTOUCHED,
        stored=stored.date,
        found=found.date if found else UNKNOWN,
        preselected=MINE if is_same else "",
        posted={"to": [""], "reason": [""]},
    )


def _text(form: AnswerForm, stored: _State, found: _State | None) -> Difference | None:
    typed, is_same = form.raw("text"), found is not None and found.text == stored.text
    if is_same and not typed:
        return None
    return Difference(
        name="text" if typed else "",
        label="Ein Satz zum Stand",
        mine=typed or UNTOUCHED,
        stored=stored.text,
        found=found.text if found else UNKNOWN,
        preselected=MINE if is_same else "",
        posted={"text": [""]},
    )

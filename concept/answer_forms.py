"""The form of the portal in which a unit says how a milestone stands, and what stands in its way when somebody else was faster."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from concept import lifecycle
from concept.answers import Answer, give
from concept.choices import PostponementReason, ReportStep, Status
from concept.models import Milestone, MilestoneReport
from concept.models.milestones import UNDATED
from concept.models.reports import TEXT_LENGTH
from kepol.lib.backoffice.conflicts import MINE, THEIRS, Clash, Difference
from kepol.lib.backoffice.forms import INCOMPLETE
from kepol.lib.history import as_found
from kepol.lib.periods.forms import PeriodFormField
from kepol.lib.versions import seen_token, seen_version

CONFIRM = "bestaetigen"
#: Where to go after saving, see `concept.answer_views`.
WAY_BACK = ("von", "seite", "weiter")
TYPED = "Sie haben etwas eingegeben. Nehmen Sie „Speichern“, oder leeren Sie die Felder, wenn sich am Stand nichts geändert hat."
UNKNOWN, UNTOUCHED = "nicht mehr bekannt", "keine Angabe"
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
        options = (
            (key, " selected" if str(key) in chosen else "", label)
            for key, label in self.choices  # type: ignore[misc]
        )
        head = flatatt({"name": name, **self.attrs, **(attrs or {})})
        return format_html(
            "<select{}>{}</select>", head, format_html_join("", '<option value="{}"{}>{}</option>', options)
        )


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
    to = PeriodFormField(
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

    def take(self, *, by: Any, today: datetime.date) -> bool:
        """Take the step; returns whether it was taken, otherwise the errors stand at their fields.

        Raises `PermissionDenied`, and `Conflict` when somebody was faster since the milestone was read.
        """
        if not self.is_valid():
            return False
        try:
            if self.is_confirmation:
                lifecycle.confirm(self.milestone, by=by, today=today)
            else:
                give(self.milestone, self.answer(), by=by, today=today)
        except ValidationError as error:
            self._refuse(error)
            return False
        return True

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


def is_repeated(form: AnswerForm, *, by: Any) -> bool:
    """Whether what happened since the stale `form` was shown is just what it says, by the same person: a button pressed twice."""
    latest: MilestoneReport | None = form.milestone.reports.first()
    if latest is None or latest.by_id != by.pk or form.seen_version != form.milestone.version - 1:
        return False
    if form.is_confirmation:
        return latest.step == ReportStep.CONFIRM
    has_date = latest.moved_to is not None or latest.reached_on is not None
    typed = (form.raw("status"), form.raw("text").replace("\r\n", "\n"), bool(form.raw("to")) or has_date)
    return (latest.status, latest.text, has_date) == typed


def _found(milestone: Milestone, version: int | None) -> _State | None:
    """How `milestone` stood in `version`; None when that is not kept."""
    row = as_found(Milestone, milestone.pk, version) if version else None
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
        # It is added to what others said and takes nothing away.
        preselected=MINE,
        posted={"text": [""]},
    )

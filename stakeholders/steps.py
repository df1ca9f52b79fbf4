"""What can be done with contacts and people in the back office, with the small forms it takes."""

import datetime
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.utils import timezone

from kepol.lib.backoffice.steps import Step
from stakeholders.choices import ContactChannel
from stakeholders.contacts import NOTHING_DONE, NOTHING_OPEN, finish_next_step, note_contact, purge, reopen_next_step
from stakeholders.models import ContactEntry, Organisation, Person
from stakeholders.reviews import ERASED_ALREADY, erase_person, extend_review


def refuse_future(day: datetime.date) -> datetime.date:
    """`day`, unless it is still to come: what is planned is no contact yet."""
    if day > timezone.localdate():
        raise ValidationError(
            "Der Tag liegt in der Zukunft. Nennen Sie den Tag des Kontakts; Geplantes ist ein nächster Schritt."
        )
    return day


class ContactForm(forms.Form):
    """A contact in one line."""

    day = forms.DateField(label="Tag", widget=AdminDateWidget, initial=timezone.localdate)
    channel = forms.ChoiceField(label="Weg", choices=ContactChannel.choices, initial=ContactChannel.PHONE)
    subject = forms.CharField(label="Worum ging es?", max_length=300)
    next_step = forms.CharField(label="Nächster Schritt", max_length=300, required=False)
    next_step_on = forms.DateField(label="Nächster Schritt bis", widget=AdminDateWidget, required=False)

    def clean_day(self) -> datetime.date:
        """A contact has happened."""
        return refuse_future(self.cleaned_data["day"])

    def clean(self) -> dict[str, Any]:
        """A day needs something to do on it."""
        cleaned = super().clean() or {}
        if cleaned.get("next_step_on") and not cleaned.get("next_step"):
            self.add_error(
                "next_step", "Was ist bis zu diesem Tag zu tun? Nennen Sie es, oder leeren Sie „Nächster Schritt bis“."
            )
        return cleaned


class PurposeForm(forms.Form):
    """What the details are still needed for."""

    purpose = forms.CharField(
        label="Wofür werden die Angaben weiter gebraucht?",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        help_text="Steht künftig als Zweck bei der Person (Art. 5 DSGVO), zum Beispiel: „Beratung der neuen Projektleitung“.",
    )


def _note_with_organisation(organisation: Organisation, *, by: Any, **values: Any) -> None:
    note_contact(organisation=organisation, by=by, **values)


def _note_with_person(person: Person, *, by: Any, **values: Any) -> None:
    note_contact(person=person, by=by, **values)


def _finish(entry: ContactEntry, *, by: Any) -> None:
    finish_next_step(entry, on=timezone.localdate(), by=by)


def _purge(entry: ContactEntry, *, by: Any) -> None:
    purge(entry, on=timezone.localdate(), by=by)


def _extend(person: Person, *, by: Any, purpose: str) -> None:
    extend_review(person, on=timezone.localdate(), purpose=purpose, by=by)


def _erase(person: Person, *, by: Any) -> None:
    erase_person(person, on=timezone.localdate(), by=by)


def _contact_step(run: Any) -> Step:
    return Step(
        name="kontakt",
        label="Kontakt notieren …",
        run=run,
        form=ContactForm,
        right="stakeholders.add_contactentry",
        one_line=True,
        explanation="Der Kontakt steht danach unter „Kontakte“ und wird nach drei Jahren zum Löschen vorgeschlagen.",
        done="Kontakt notiert",
    )


NOTE_WITH_ORGANISATION = _contact_step(_note_with_organisation)
NOTE_WITH_PERSON = _contact_step(_note_with_person)
FINISH = Step(
    name="erledigt",
    label="Nächsten Schritt erledigen …",
    run=_finish,
    allowed=lambda entry: entry.has_open_step,
    refusal=NOTHING_OPEN,
    explanation="Der nächste Schritt wird mit dem heutigen Tag als erledigt vermerkt und verschwindet von der Übersicht.",
    done="Nächster Schritt erledigt",
)
REOPEN = Step(
    name="doch-nicht-erledigt",
    label="Nächsten Schritt wieder öffnen …",
    run=reopen_next_step,
    allowed=lambda entry: entry.next_step_done_on is not None,
    refusal=NOTHING_DONE,
    explanation="Der nächste Schritt ist wieder offen, mit seinem alten Tag.",
    done="Nächster Schritt wieder offen",
)
PURGE = Step(
    name="loeschen",
    label="Löschen, wenn die Frist erreicht ist …",
    run=_purge,
    permission="delete",
    removes=True,
    allowed=lambda entry: entry.is_to_delete(on=timezone.localdate()),
    refusal="Die Löschfrist dieses Kontakts ist noch nicht erreicht.",
    explanation=(
        "Diese Kontakte werden endgültig gelöscht, auch ihr Text im Verlauf und was an ihnen hängt. "
        "Es bleibt nur festgehalten, wann wer gelöscht hat."
    ),
    done="Gelöscht",
)
EXTEND = Step(
    name="verlaengern",
    label="Prüfdatum verlängern …",
    run=_extend,
    form=PurposeForm,
    allowed=lambda person: person.review_on is not None,
    refusal="Bei dieser Person steht kein Prüfdatum, das sich verlängern ließe.",
    explanation="Die Angaben bleiben zwei weitere Jahre von heute an gespeichert.",
    done="Prüfdatum verlängert",
)
ERASE = Step(
    name="angaben-loeschen",
    label="Personenbezogene Angaben löschen …",
    run=_erase,
    permission="delete",
    allowed=lambda person: not person.is_erased,
    refusal=ERASED_ALREADY,
    explanation=(
        "Name, E-Mail, Telefon und Herkunft werden endgültig gelöscht, auch im Verlauf, ebenso Wiedervorlagen und Aktenzeichen "
        "bei der Person. Die Funktion bleibt; an die Stelle des Namens tritt „Frühere Ansprechperson“. "
        "Kontakte bleiben bis zu ihrem eigenen Löschdatum."
    ),
    done="Angaben gelöscht",
)

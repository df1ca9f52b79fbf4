"""What people do with report duties, as steps of the back office."""

import datetime

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.utils import timezone

from kepol.funding.reporting import submit, withdraw
from kepol.lib.backoffice.steps import Step


class SubmissionForm(forms.Form):
    """The day on which a report went to the funder; today is proposed."""

    on = forms.DateField(
        label="Abgegeben am",
        widget=AdminDateWidget,
        initial=timezone.localdate,
        help_text="Der Tag, an dem der Bericht beim Fördergeber einging.",
    )

    def clean_on(self) -> datetime.date:
        """What has not happened yet cannot be noted."""
        on: datetime.date = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise ValidationError("Der Tag liegt in der Zukunft. Vermerken Sie die Abgabe, wenn sie geschehen ist.")
        return on


SUBMIT = Step(
    name="abgegeben",
    label="Als abgegeben vermerken …",
    run=submit,
    form=SubmissionForm,
    allowed=lambda duty: duty.is_open,
    refusal="Diese Berichtspflicht ist schon als abgegeben vermerkt.",
    explanation="Die Berichtspflicht verschwindet von der Übersicht. Sie bleibt mit dem Tag der Abgabe bei der Förderung stehen.",
    done="Als abgegeben vermerkt",
)
WITHDRAW = Step(
    name="doch-nicht-abgegeben",
    label="Doch nicht abgegeben …",
    run=withdraw,
    allowed=lambda duty: not duty.is_open,
    refusal="Diese Berichtspflicht ist nicht als abgegeben vermerkt.",
    explanation="Der Tag der Abgabe wird gelöscht, und die Berichtspflicht ist wieder offen. Eine hochgeladene Datei bleibt.",
    done="Wieder offen",
)

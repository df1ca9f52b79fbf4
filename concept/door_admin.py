"""The door of milestones as steps of the back office: buttons with small forms that call the verbs of `concept.lifecycle`."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from concept import lifecycle
from concept.choices import Channel, ReportStep
from concept.forms import (
    CommentForm,
    EndForm,
    PassedOnForm,
    PlanForm,
    ReachForm,
    ReopenForm,
    ReportForm,
    RescheduleForm,
    UnitForm,
    passed_on_for,
    plan_form_for,
    reach_form_for,
    reopen_form_for,
    report_form_for,
    reschedule_form_for,
)
from concept.models import Milestone
from concept.responsibility import assign
from kepol.lib.backoffice.steps import Step

NOT_OPEN = "Das geht nur, solange der Meilenstein offen ist. Nehmen Sie ihn zuerst wieder auf."
ENDED = "Der Meilenstein ist schon erreicht oder entfallen. War das ein Irrtum, nehmen Sie ihn zuerst wieder auf."
STILL_OPEN = "Der Meilenstein ist noch offen; es gibt nichts wieder aufzunehmen."


def _through(verb: Callable[..., Any]) -> Callable[..., None]:
    """`verb` of the door, today, for the unit that a `PassedOnForm` names."""

    def run(milestone: Milestone, *, by: Any, channel: str, unit: Any, received_on: Any, **said: Any) -> None:
        today = timezone.localdate()
        told = (
            lifecycle.OnBehalf(unit or milestone.responsible, Channel(channel), received_on or today)
            if channel
            else None
        )
        verb(milestone, by=by, today=today, on_behalf_of=told, **said)

    return run


def _today(verb: Callable[..., Any]) -> Callable[..., None]:
    """`verb` of the door, today, by the Koordination itself."""

    def run(milestone: Milestone, *, by: Any, **said: Any) -> None:
        verb(milestone, by=by, today=timezone.localdate(), **said)

    return run


def _in_state(step: ReportStep) -> Callable[[Milestone], bool]:
    return lambda milestone: lifecycle.is_allowed(step, milestone)


STEPS = (
    Step(
        name="rueckmeldung",
        label="Rückmeldung eintragen …",
        run=_through(lifecycle.report),
        form=ReportForm,
        form_for=report_form_for,
        allowed=_in_state(ReportStep.REPORT),
        refusal=NOT_OPEN,
        explanation="Wie der Meilenstein steht. „Stand vom“ wird auf den Tag der Rückmeldung gesetzt.",
        done="Rückmeldung eingetragen",
    ),
    Step(
        name="bestaetigen",
        label="Unverändert bestätigen …",
        run=_through(lifecycle.confirm),
        form=PassedOnForm,
        form_for=passed_on_for,
        allowed=_in_state(ReportStep.CONFIRM),
        refusal=NOT_OPEN,
        explanation="Es hat sich nichts geändert: Nur „Stand vom“ wird gesetzt.",
        done="Stand bestätigt",
    ),
    Step(
        name="verschieben",
        label="Termin verschieben …",
        run=_through(lifecycle.reschedule),
        form=RescheduleForm,
        form_for=reschedule_form_for,
        allowed=_in_state(ReportStep.RESCHEDULE),
        refusal=NOT_OPEN,
        explanation="Der neue Termin wird als Prognose geführt; der geplante bleibt stehen, wie er beschlossen wurde.",
        done="Termin verschoben",
    ),
    Step(
        name="erreicht",
        label="Als erreicht melden …",
        run=_through(lifecycle.reach),
        form=ReachForm,
        form_for=reach_form_for,
        allowed=_in_state(ReportStep.REACH),
        refusal=ENDED,
        explanation="Der Meilenstein wird als erreicht geführt.",
        done="Als erreicht gemeldet",
    ),
    Step(
        name="ruhen",
        label="Ruhen lassen …",
        run=_through(lifecycle.pause),
        form=EndForm,
        form_for=passed_on_for,
        allowed=_in_state(ReportStep.PAUSE),
        refusal=NOT_OPEN,
        explanation="Der Meilenstein ruht; er gilt nicht als verzögert, und niemand wird an ihn erinnert.",
        done="Ruht jetzt",
    ),
    Step(
        name="entfallen",
        label="Entfallen lassen …",
        run=_through(lifecycle.drop),
        form=EndForm,
        form_for=passed_on_for,
        allowed=_in_state(ReportStep.DROP),
        refusal=ENDED,
        explanation="Der Meilenstein kommt nicht mehr. Er bleibt mit seiner Begründung stehen.",
        done="Als entfallen gemeldet",
    ),
    Step(
        name="wieder-aufnehmen",
        label="Wieder aufnehmen …",
        run=_through(lifecycle.reopen),
        form=ReopenForm,
        form_for=reopen_form_for,
        allowed=_in_state(ReportStep.REOPEN),
        refusal=STILL_OPEN,
        explanation="Der Meilenstein ist wieder offen; ein Tag, an dem er erreicht wurde, wird gelöscht.",
        done="Wieder aufgenommen",
    ),
    Step(
        name="kommentieren",
        label="Kommentieren …",
        run=_today(lifecycle.comment),
        form=CommentForm,
        explanation="Ein Kommentar ändert nichts am Stand und zählt nicht als Rückmeldung. Er bleibt stehen.",
        done="Kommentar gespeichert",
        button="Kommentar speichern",
    ),
    Step(
        name="verantwortlich",
        label="Verantwortliche Dienststelle setzen …",
        run=assign,
        form=UnitForm,
        explanation="Die Dienststelle wird für die Meilensteine verantwortlich. Die bisherige verliert die Zuständigkeit.",
        done="Verantwortliche Dienststelle gesetzt",
    ),
    Step(
        name="plan-berichtigen",
        label="Geplanten Termin berichtigen …",
        run=_today(lifecycle.correct_plan),
        form=PlanForm,
        form_for=plan_form_for,
        allowed=lambda milestone: milestone.planned is not None,
        refusal=lifecycle.NO_PLAN,
        explanation="Nur wenn der geplante Termin falsch eingetragen war. Hat er sich verschoben, nehmen Sie „Termin verschieben …“.",
        done="Geplanter Termin berichtigt",
    ),
)

"""Hints to heads of units: proposed by the application, sent or discarded by the Koordination."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from concept.addressees import Addressee, Roster
from concept.models import Escalation, EscalationState, Milestone
from concept.reminder_texts import escalation_subject, escalation_text
from kepol.lib.history import operation
from kepol.mail.choices import MailKind
from kepol.mail.outbox import deliver_soon, queue
from stakeholders.models import Organisation

#: What was sent or discarded is not proposed again for so long.
REST = datetime.timedelta(days=28)

DECIDED = "Über diesen Hinweis ist schon entschieden."
ANSWERED = "Zu allen Meilensteinen dieses Hinweises ist inzwischen eine Rückmeldung da. Verwerfen Sie ihn."
NO_HEAD = "„{}“ ist zurzeit nicht als Leitung erreichbar (Mitgliedschaft, Zugang, E-Mail oder Abwesenheit). Prüfen Sie die Person."


def proposals(
    unanswered: dict[Organisation, list[Any]], *, on: datetime.date
) -> list[tuple[Organisation, Addressee | None, list[Any]]]:
    """For which units a hint is due on day `on`, whom it goes to (None: no head can be reached), and about what.

    `unanswered` are milestones by their unit. While a hint waits for a decision its unit gets no second one. Three queries.
    """
    recent = Escalation.objects.settled_since(on - REST)
    busy = set(recent.proposed().values_list("unit", flat=True))
    named = set(recent.values_list("milestones", flat=True))
    roster = Roster([unit.pk for unit in unanswered], on=on)
    return [
        (unit, next(iter(roster.heads(unit.pk)), None), left)
        for unit, milestones in unanswered.items()
        if unit.pk not in busy and (left := [one for one in milestones if one.pk not in named])
    ]


def propose(unit: Organisation, to: Addressee, milestones: Sequence[Any], *, on: datetime.date) -> Escalation | None:
    """Lay a hint about `milestones` of `unit` before the Koordination; None when one waits already."""
    with transaction.atomic(), operation():
        Organisation.objects.select_for_update(of=("self",)).get(pk=unit.pk)
        if Escalation.objects.proposed().filter(unit=unit).exists():
            return None
        hint = Escalation(unit=unit, person=to.person, proposed_on=on)
        hint.subject = escalation_subject(unit, milestones)
        hint.text = escalation_text(unit, to, milestones, on=on)
        hint.full_clean()
        hint.save()
        hint.milestones.set(milestones)
    return hint


def send(hint: Escalation, *, subject: str, text: str, by: Any, today: datetime.date) -> None:
    """Send `hint` with the words `by` has seen.

    Raises `ValidationError` when somebody has decided already, everything was answered meanwhile, or the head cannot be reached on
    day `today`; `Conflict` when the hint was changed since it was read.
    """
    with transaction.atomic(), operation(by=by):
        _refuse_decided(hint)
        if not unanswered(hint):
            raise ValidationError(ANSWERED, code="answered")
        to = _head(hint, on=today)
        # A form sends the line ends of its own.
        hint.subject, hint.text = subject.strip(), "\n".join(text.splitlines())
        mail = queue(
            to=to.address,
            subject=hint.subject,
            text=hint.text,
            kind=MailKind.ESCALATION,
            key=f"escalation:{hint.pk}",
        )
        hint.mail = mail
        _decide(hint, EscalationState.SENT, by=by, today=today)
        deliver_soon(mail)


def discard(hint: Escalation, *, by: Any, today: datetime.date) -> None:
    """Do not send `hint`; raises `ValidationError` when somebody has decided already, `Conflict` when it was changed since read."""
    with transaction.atomic(), operation(by=by):
        _refuse_decided(hint)
        _decide(hint, EscalationState.DISCARDED, by=by, today=today)


def unanswered(hint: Escalation) -> list[Milestone]:
    """The milestones of `hint` that are still open and about which nobody has said anything since it was proposed; one query."""
    return list(hint.milestones.open().filter(reported_on__lt=hint.proposed_on))


def answered(hint: Escalation) -> list[Milestone]:
    """The other ones; two queries."""
    still = {one.pk for one in unanswered(hint)}
    return [one for one in hint.milestones.all() if one.pk not in still]


def _head(hint: Escalation, *, on: datetime.date) -> Addressee:
    heads = Roster([hint.unit_id], on=on).heads(hint.unit_id)
    for to in heads:
        if to.person.pk == hint.person_id:
            return to
    raise ValidationError(NO_HEAD.format(hint.person), code="no_head")


def _refuse_decided(hint: Escalation) -> None:
    stored = Escalation.objects.select_for_update(of=("self",)).filter(pk=hint.pk).first()
    if stored is None or not stored.is_open:
        raise ValidationError(DECIDED, code="decided")


def _decide(hint: Escalation, state: EscalationState, *, by: Any, today: datetime.date) -> None:
    hint.state, hint.decided_by, hint.decided_on = state, by, today
    hint.full_clean()
    hint.save()

"""What happens to partnerships and agreements over the years: another kind or status from a day on, a new agreement after an old one."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from kepol.council.models import Consultation
from kepol.lib.history import operation
from kepol.lib.locks import lock_kinds
from kepol.lib.periods.value import Period
from partnerships.models import Agreement, Partnership, Project, Stage

DAY = datetime.timedelta(days=1)


def change_stage(  # noqa: PLR0913 - what a stage consists of
    partnership: Partnership,
    *,
    kind: str,
    status: str,
    on: datetime.date,
    resolution: Consultation | None = None,
    source: str = "",
    by: Any,
) -> Stage:
    """Let `partnership` be of `kind` and `status` from day `on`; the stage that runs then ends the day before.

    `resolution` is the consultation that decided it. Raises `ValidationError` when the last stage begins on that day or later,
    or when it runs then with the same kind and status.
    """
    with transaction.atomic(), operation(by=by):
        lock_kinds(Stage)
        last = partnership.stages.last()
        if last is not None:
            _refuse_out_of_turn(last, on)
            _refuse_unchanged(last, kind, status, on)
            _close(last, on - DAY)
        stage = Stage(
            partnership=partnership, kind=kind, status=status, valid_from=on, resolution=resolution, source=source
        )
        stage.full_clean()
        stage.save()
        return stage


def _refuse_out_of_turn(last: Stage, on: datetime.date) -> None:
    if on == datetime.date.min:
        raise ValidationError("Vor diesem Tag kann nichts enden. Wählen Sie einen späteren Tag.")
    if last.valid_from is not None and on <= last.valid_from:
        raise ValidationError(
            f"Vom {last.valid_from:%d.%m.%Y} an gilt „{last}“. Wählen Sie einen späteren Tag, "
            "oder berichtigen Sie die Zeilen unter „Art und Status“."
        )


def _refuse_unchanged(last: Stage, kind: str, status: str, on: datetime.date) -> None:
    if last.is_in_force(on) and (last.kind, last.status) == (kind, status):
        raise ValidationError(
            f"Am {on:%d.%m.%Y} gilt schon „{last}“. Wählen Sie eine andere Art oder einen anderen Status."
        )


def _close(stage: Stage, last_day: datetime.date) -> None:
    if stage.valid_to is None or stage.valid_to > last_day:
        stage.valid_to = last_day
        stage.full_clean()
        stage.save()


def renew_agreement(  # noqa: PLR0913 - what a new agreement consists of
    agreement: Agreement,
    *,
    kind: str,
    title: str,
    signed: Period | None,
    valid_from: datetime.date | None,
    valid_to: datetime.date | None,
    by: Any,
) -> Agreement:
    """Make the agreement that replaces `agreement` and note it there; what `agreement` itself says stays.

    `signed` None: not signed yet; `valid_from` and `valid_to` None: since ever, until further notice. Raises `ValidationError`
    when there is a successor already or the new one would begin no later than the old one, and `Conflict` when somebody changed
    `agreement` meanwhile.
    """
    with transaction.atomic(), operation(by=by):
        lock_kinds(Agreement)
        _refuse_second_successor(agreement)
        _refuse_early_successor(agreement, valid_from)
        successor = Agreement(
            partnership=agreement.partnership,
            kind=kind,
            title=title,
            signed=signed,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        successor.full_clean()
        successor.save()
        agreement.successor = successor
        agreement.full_clean()
        agreement.save()
        return successor


def _refuse_second_successor(agreement: Agreement) -> None:
    if agreement.successor is not None:
        raise ValidationError(f"„{agreement}“ ist schon abgelöst durch „{agreement.successor}“.")


def _refuse_early_successor(agreement: Agreement, valid_from: datetime.date | None) -> None:
    begins = agreement.valid_from
    if begins is not None and valid_from is not None and valid_from <= begins:
        raise ValidationError(f"„{agreement}“ gilt ab {begins:%d.%m.%Y}; die Nachfolge beginnt später.")


def set_project_status(project: Project, *, status: str, by: Any) -> None:
    """Note where `project` stands; for several projects at once, when the year is gone through."""
    with operation(by=by):
        project.status = status
        project.full_clean()
        project.save()

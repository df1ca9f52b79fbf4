"""Which unit answers for a milestone."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from concept.lifecycle import NOT_ALLOWED, coordinates, locked
from concept.models import Milestone, RoundItem
from kepol.lib.history import operation
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation

RETIRED = "„{}“ ist stillgelegt. Wählen Sie die Dienststelle, die heute zuständig ist."


def assign(milestone: Milestone, *, unit: Organisation, by: Any) -> None:
    """Make `unit`, a unit of the city, responsible for `milestone`; it is no longer listed as involved.

    From now on `unit` is asked in every Sachstandsabfrage that is running; what a closed one found stays with the unit asked then.
    Who is responsible may report, so only the Koordination decides it: raises `PermissionDenied` for anybody else,
    `ValidationError` for an organisation that is no unit or put aside, `Conflict` when somebody has changed the milestone meanwhile.
    """
    if not coordinates(by):
        raise PermissionDenied(NOT_ALLOWED)
    if unit.is_retired:
        raise ValidationError({"responsible": RETIRED.format(unit)}, code="retired")
    with transaction.atomic(), operation(by=by):
        if locked(milestone).version != milestone.version:
            raise Conflict(milestone)
        milestone.involved.remove(unit)
        milestone.responsible = unit
        milestone.full_clean()
        milestone.save()
        RoundItem.objects.filter(milestone=milestone, round__closed_at__isnull=True).update(unit=unit)

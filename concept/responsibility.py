"""Which unit answers for a milestone."""

from typing import Any

from django.db import transaction

from concept.models import Milestone
from kepol.lib.history import operation
from stakeholders.models import Organisation


def assign(milestone: Milestone, *, unit: Organisation, by: Any) -> None:
    """Make `unit`, a unit of the city, responsible for `milestone`; it is no longer listed as involved.

    Raises `ValidationError` for an organisation that is no unit, `Conflict` when somebody has changed the milestone meanwhile.
    """
    with transaction.atomic(), operation(by=by):
        milestone.involved.remove(unit)
        milestone.responsible = unit
        milestone.full_clean()
        milestone.save()

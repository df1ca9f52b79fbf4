"""Lists narrowed by the Sachstandsabfrage that is running."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from concept.models import RoundItem
from concept.rounds import with_answers


class RoundFilter(admin.SimpleListFilter):
    """Milestones that a running round asks for, told apart by whether somebody has answered; the start page links to these lists."""

    title = "Sachstandsabfrage"
    parameter_name = "abfrage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Both halves of what is asked."""
        return [("offen", "in der Abfrage ohne Antwort"), ("beantwortet", "in der Abfrage beantwortet")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Rows after the choice; with two rounds at once a milestone is unanswered as long as one of them waits for it."""
        if self.value() not in {"offen", "beantwortet"}:
            return queryset
        asked = with_answers(RoundItem.objects.filter(round__closed_at__isnull=True))
        waiting = asked.filter(is_answered=False).values("milestone")
        if self.value() == "offen":
            return queryset.filter(pk__in=waiting)
        return queryset.filter(pk__in=asked.values("milestone")).exclude(pk__in=waiting)

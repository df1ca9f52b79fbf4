"""The form in which a unit says how a milestone stands: on its own page, in a list, or swapped into one."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from concept.answer_forms import AnswerForm, changed_by, clash, ended, kept, repeated
from concept.choices import ReportStep
from concept.lifecycle import NOT_ALLOWED
from concept.models import Milestone, MilestoneReport
from concept.portal import asked_for, overview, own_open, readable
from concept.rounds import asked_of
from kepol.lib.backoffice.conflicts import RESOLVE, VANISHED, plain_lines, resolved
from kepol.lib.versions import Conflict

SAVED = "Gespeichert: „{}“."
#: What a step is called once it is taken; any other is just saved.
TAKEN = {
    ReportStep.CONFIRM: "Unverändert bestätigt: „{}“.",
    ReportStep.REACH: "Als erreicht gemeldet: „{}“.",
    ReportStep.REOPEN: "Wieder aufgenommen: „{}“.",
}
MOVED = "Termin verschoben auf {}: „{}“."
KEPT = "Es bleibt bei dem, was gespeichert ist: „{}“."
#: Words that follow from dates → how a badge looks; how the thing goes and how fresh the entry is are two scales.
KINDS = {"verzögert": "danger", "gefährdet": "warning", "bald fällig": "info", "Rückmeldung überfällig": "stale"}


@dataclass
class Card:
    """A milestone as lists and its page show it; `form` is None for whoever may not report, `after` the card that follows."""

    milestone: Any
    date: str
    badges: list[tuple[str, str]]
    form: AnswerForm | None = None
    after: int | None = None
    page: int | None = None

    @property
    def is_late(self) -> bool:
        """Whether it has to be said that the date has passed."""
        return any(word == "verzögert" for word, _ in self.badges)

    @classmethod
    def of(cls, milestone: Any, *, on: datetime.date, form: AnswerForm | None = None) -> "Card":
        """The card on day `on`, with a new form, or `form` with what was typed."""
        words = milestone.situation(on=on, is_endangered=milestone.in_danger)
        card = cls(milestone, milestone.date_text(on=on), [(word, KINDS[word]) for word in words], form)
        if form is None and milestone.may_report and milestone.is_open:
            card.form = AnswerForm(milestone=milestone)
        return card


@dataclass(frozen=True)
class WayBack:
    """Where to go after saving: to the list one came from, its page `page`, the card `after`; otherwise to the milestone's page."""

    is_list: bool
    page: int | None
    after: int | None

    @classmethod
    def of(cls, data: QueryDict) -> "WayBack":
        """As the hidden fields of the form say; what is no number counts for nothing."""
        return cls(data.get("von") == "liste", _number(data.get("seite")), _number(data.get("weiter")))

    def url(self, milestone: Milestone) -> str:
        """Address, with the next card in view."""
        if not self.is_list:
            return reverse("concept:milestone_detail", args=[milestone.pk])
        query = f"?{urlencode({'seite': self.page})}" if self.page else ""
        return f"{reverse('concept:milestone_own')}{query}{f'#meilenstein-{self.after}' if self.after else ''}"


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 18 else None  # noqa: PLR2004


@require_http_methods(["GET", "HEAD", "POST"])
def milestone_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form, or take what it says; somebody who was faster leads to a page that shows both."""
    today = timezone.localdate()
    milestone = _reportable(request, pk, on=today)
    if request.method != "POST" and _is_fragment(request):
        return _form_page(request, Card.of(milestone, on=today))
    if request.method != "POST":
        return _form_page(request, Card.of(milestone, on=today, form=AnswerForm(milestone=milestone)))
    form = AnswerForm(_data(request), milestone=milestone)
    if RESOLVE in request.POST and form.says_nothing and not form.is_confirmation:
        return _done(request, milestone, KEPT.format(milestone), on=today)
    return _take(request, form, on=today)


def _take(request: HttpRequest, form: AnswerForm, *, on: datetime.date) -> HttpResponse:
    if form.is_stale and (report := repeated(form, by=request.user, now=timezone.now())):
        return _done(request, form.milestone, _sentence(report), on=on)
    if form.is_stale and (too_late := ended(form)):
        return _conflict(request, form, {"ended": too_late}, on=on)
    if form.is_stale and (found := clash(form)):
        return _conflict(request, form, {"clash": found, "kept": kept(form)}, on=on)
    try:
        report = form.take(by=request.user, today=on)
    except Conflict:
        # Somebody was faster since the milestone was read.
        fresh = _reportable(request, form.milestone.pk, on=on)
        return _take(request, AnswerForm(form.data, milestone=fresh), on=on)
    if report:
        return _done(request, form.milestone, _sentence(report), on=on)
    return _form_page(request, Card.of(form.milestone, on=on, form=form))


def _sentence(report: MilestoneReport) -> str:
    """What happened, for the person who did it."""
    if report.step == ReportStep.RESCHEDULE:
        return MOVED.format(report.moved_to, report.milestone)
    return TAKEN.get(ReportStep(report.step), SAVED).format(report.milestone)


def _reportable(request: HttpRequest, pk: int, *, on: datetime.date) -> Any:
    """The milestone; the same 404 whether it is missing or not for this user, 403 for who may only read it."""
    milestone = get_object_or_404(readable(request.user, on=on), pk=pk)
    if not milestone.may_report:
        raise PermissionDenied(NOT_ALLOWED)
    return milestone


def _data(request: HttpRequest) -> QueryDict:
    """What was typed, after the choices on the page of a conflict if there were any."""
    data = plain_lines(request.POST)
    for name in [name for name in data if name.startswith(VANISHED)]:
        del data[name]
    return resolved(data) if RESOLVE in data else data


def _is_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _form_page(request: HttpRequest, card: Card) -> HttpResponse:
    way = WayBack.of(request.POST or request.GET)
    card.page, card.after = way.page, way.after
    context = {"card": card, "form": card.form, "is_list": way.is_list}
    if not _is_fragment(request):
        return render(request, "concept/milestone_answer.html", context)
    mark_asked([card])
    return render(request, "concept/_milestone_card.html", context)


def mark_asked(cards: Sequence[Card]) -> None:
    """Add to those of `cards` that are to be answered what running Sachstandsabfragen ask; one query, none without such cards."""
    own = [card for card in cards if card.form]
    found = asked_for([card.milestone.pk for card in own]) if own else {}
    for card in own:
        if (ask := found.get(card.milestone.pk)) is not None:
            card.badges.append((f"Antwort bis {ask:%d.%m.%Y}", "info") if ask else ("beantwortet", "answered"))


def _conflict(request: HttpRequest, form: AnswerForm, found: dict[str, Any], *, on: datetime.date) -> HttpResponse:
    """What somebody else said beside what was typed, or that it has ended meanwhile; nothing typed is lost."""
    context = {
        "card": Card.of(form.milestone, on=on, form=form),
        "change": changed_by(form, by=request.user),
        "form": form,
        "back": WayBack.of(request.POST).url(form.milestone),
        **found,
    }
    template = "concept/_milestone_conflict_card.html" if _is_fragment(request) else "concept/milestone_conflict.html"
    return render(request, template, context, status=409)


def _done(request: HttpRequest, milestone: Any, sentence: str, *, on: datetime.date) -> HttpResponse:
    way = WayBack.of(request.POST)
    if not _is_fragment(request):
        messages.success(request, sentence)
        return redirect(way.url(milestone))
    card = Card.of(get_object_or_404(readable(request.user, on=on), pk=milestone.pk), on=on)
    card.page, card.after = way.page, way.after
    context = {
        "card": card,
        "form": card.form,
        "is_list": way.is_list,
        "saved": sentence,
        **(_above(request, on=on) if way.is_list else {}),
    }
    mark_asked([card])
    return render(request, "concept/_milestone_card.html", context)


def _above(request: HttpRequest, *, on: datetime.date) -> dict[str, Any]:
    """What stands above the list and has changed with a card."""
    return {"overview": overview(own_open(request.user, on=on), on=on), "rounds": asked_of(request.user, on=on)}

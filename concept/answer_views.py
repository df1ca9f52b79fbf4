"""The form in which a unit says how a milestone stands: on its own page, in a list, or swapped into one."""

import datetime
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

from concept.answer_forms import AnswerForm, clash, is_repeated, kept
from concept.lifecycle import NOT_ALLOWED
from concept.models import Milestone
from concept.portal import Overview, overview, own_open, readable
from kepol.lib.backoffice.conflicts import RESOLVE, VANISHED, Clash, plain_lines, resolved
from kepol.lib.versions import Conflict

SAVED = "Gespeichert: „{}“."
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
    if request.method != "POST":
        return _form_page(request, Card.of(milestone, on=today, form=AnswerForm(milestone=milestone)))
    form = AnswerForm(_data(request), milestone=milestone)
    if RESOLVE in request.POST and form.says_nothing and not form.is_confirmation:
        return _done(request, milestone, KEPT, on=today)
    return _take(request, form, on=today)


def _take(request: HttpRequest, form: AnswerForm, *, on: datetime.date) -> HttpResponse:
    if form.is_stale and is_repeated(form, by=request.user):
        return _done(request, form.milestone, SAVED, on=on)
    if form.is_stale and (found := clash(form)):
        return _conflict(request, form, found, on=on)
    try:
        is_taken = form.take(by=request.user, today=on)
    except Conflict:
        # Somebody was faster since the milestone was read.
        fresh = _reportable(request, form.milestone.pk, on=on)
        return _take(request, AnswerForm(form.data, milestone=fresh), on=on)
    if is_taken:
        return _done(request, form.milestone, SAVED, on=on)
    return _form_page(request, Card.of(form.milestone, on=on, form=form))


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
    template = "concept/_milestone_card.html" if _is_fragment(request) else "concept/milestone_answer.html"
    return render(request, template, {"card": card, "form": card.form, "is_list": way.is_list})


def _conflict(request: HttpRequest, form: AnswerForm, found: Clash, *, on: datetime.date) -> HttpResponse:
    """What somebody else said beside what was typed; nothing typed is lost."""
    context = {
        "card": Card.of(form.milestone, on=on, form=form),
        "clash": found,
        "kept": kept(form),
        "form": form,
    }
    template = "concept/_milestone_conflict_card.html" if _is_fragment(request) else "concept/milestone_conflict.html"
    return render(request, template, context, status=409)


def _done(request: HttpRequest, milestone: Any, sentence: str, *, on: datetime.date) -> HttpResponse:
    way = WayBack.of(request.POST)
    if not _is_fragment(request):
        messages.success(request, sentence.format(milestone))
        return redirect(way.url(milestone))
    card = Card.of(get_object_or_404(readable(request.user, on=on), pk=milestone.pk), on=on)
    card.page, card.after = way.page, way.after
    context = {
        "card": card,
        "form": card.form,
        "is_list": way.is_list,
        "saved": sentence.format(milestone),
        "overview": _overview(request, on=on) if way.is_list else None,
    }
    return render(request, "concept/_milestone_card.html", context)


def _overview(request: HttpRequest, *, on: datetime.date) -> Overview:
    return overview(own_open(request.user, on=on), on=on)

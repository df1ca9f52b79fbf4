"""Milestones in the portal: one's own, all one may read, and the whole life of one. Fetching is permitting."""

import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from concept.answer_forms import AnswerForm
from concept.answer_views import Card, mark_asked
from concept.evidence import add_evidence
from concept.lifecycle import NOT_ALLOWED, comment, coordinates
from concept.models import Milestone
from concept.portal import life, overview, own_open, readable, with_life
from concept.portal_forms import EVERYTHING, CommentForm, EvidenceForm, MilestoneFilter
from concept.rounds import asked_of
from kepol.accounts.choices import Role
from kepol.lib.versions import Conflict
from stakeholders.models import Organisation

PAGE_SIZE = 50


@require_safe
def milestone_own(request: HttpRequest) -> HttpResponse:
    """Open milestones of the units the user belongs to today, each with its form; a page at a time."""
    today = timezone.localdate()
    rows = own_open(request.user, on=today)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("seite"))
    cards = _cards(page, on=today)
    rounds = asked_of(request.user, on=today)
    if rounds:
        mark_asked(cards)
    context = {
        "page": page,
        "own": [card for card in cards if card.milestone.is_own],
        "involved": [card for card in cards if not card.milestone.is_own],
        "overview": overview(rows, on=today),
        "units": list(Organisation.objects.of_member(request.user, on=today)),
        "rounds": rounds,
        "reads_all": _reads_all(request.user),
        "may_comment": _speaks(request.user),
        "contact": settings.MAIL_CONTACT,
    }
    return render(request, "concept/milestone_own.html", context)


def _cards(page: Any, *, on: datetime.date) -> list[Card]:
    """The cards of the page, each with the next one to answer."""
    cards = [Card.of(milestone, on=on) for milestone in page]
    after = None
    for card in reversed(cards):
        card.page, card.after = page.number, after
        after = card.milestone.pk if card.form else after
    return cards


def _speaks(user: Any) -> bool:
    """Whether the user may comment the milestones in which their unit is involved."""
    return user.is_superuser or bool(user.roles & {Role.KOORDINATION, Role.FACHBEREICH})


def _reads_all(user: Any) -> bool:
    return user.is_superuser or bool(user.roles & {Role.KOORDINATION, Role.LEITUNG, Role.LESEZUGRIFF})


@require_safe
def milestone_list(request: HttpRequest) -> HttpResponse:
    """The milestones the user may read, open ones unless others are asked for, late ones first, a page at a time."""
    today = timezone.localdate()
    rows = readable(request.user, on=today)
    form = MilestoneFilter(request.GET, visible=Milestone.objects.visible_to(request.user, on=today))
    page = Paginator(form.narrow(rows, on=today), PAGE_SIZE).get_page(request.GET.get("seite"))
    cards = [Card.of(milestone, on=today) for milestone in page]
    context = {
        "form": form,
        "page": page,
        "cards": cards,
        "others": _other_parameters(request),
        "everything": _everything(request) if form.is_open_only else "",
        "naming": _naming(request.user, on=today),
    }
    return render(request, "concept/milestone_list.html", context)


def _naming(user: Any, *, on: datetime.date) -> str:
    """The units of a Fachbereich, whose milestones these are; "" for who reads all or belongs to none."""
    if _reads_all(user) or Role.FACHBEREICH not in user.roles:
        return ""
    units = [unit.code or unit.name for unit in Organisation.objects.of_member(user, on=on)]
    return " und ".join(filter(None, [", ".join(units[:-1]), *units[-1:]]))


def _everything(request: HttpRequest) -> str:
    """The same choice among all milestones, not only those that are open."""
    query = request.GET.copy()
    query.pop("seite", None)
    query["lage"] = EVERYTHING
    return query.urlencode()


def _other_parameters(request: HttpRequest) -> str:
    """The choice without the page number, for the links to other pages."""
    query = request.GET.copy()
    query.pop("seite", None)
    return query.urlencode()


@require_safe
def milestone_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole life of a milestone, and what the user may add to it."""
    return _detail(request, _readable(request, pk))


@require_POST
def milestone_comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a comment; who may only read gets 403."""
    milestone = _readable(request, pk)
    if not milestone.may_comment:
        raise PermissionDenied(NOT_ALLOWED)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _detail(request, milestone, comment_form=form)
    try:
        comment(milestone, text=form.cleaned_data["text"], by=request.user, today=timezone.localdate())
    except Conflict as error:
        # Deleted since it was read.
        raise Http404 from error
    messages.success(request, "Kommentar gespeichert.")
    return redirect(_page(milestone))


@require_POST
def milestone_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a file; who may only read or comment gets 403."""
    milestone = _readable(request, pk)
    if not milestone.may_report:
        raise PermissionDenied(NOT_ALLOWED)
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return _detail(request, milestone, evidence_form=form)
    add_evidence(milestone, **form.cleaned_data, by=request.user, today=timezone.localdate())
    messages.success(request, f"Nachweis gespeichert: „{form.cleaned_data['title']}“.")
    return redirect(_page(milestone))


def _readable(request: HttpRequest, pk: int) -> Any:
    """The milestone, or the same 404 whether it is missing or not for this user."""
    return get_object_or_404(with_life(request.user, on=timezone.localdate()), pk=pk)


def _page(milestone: Milestone) -> str:
    return reverse("concept:milestone_detail", args=[milestone.pk])


def _detail(
    request: HttpRequest,
    milestone: Any,
    *,
    comment_form: CommentForm | None = None,
    evidence_form: EvidenceForm | None = None,
) -> HttpResponse:
    """The page, with a form that was refused in the place of an empty one."""
    today = timezone.localdate()
    context = {
        "card": Card.of(milestone, on=today),
        "milestone": milestone,
        "form": AnswerForm(milestone=milestone) if milestone.may_report else None,
        "comment_form": (comment_form or CommentForm()) if milestone.may_comment else None,
        "evidence_form": (evidence_form or EvidenceForm()) if milestone.may_report else None,
        "refused": comment_form or evidence_form,
        "life": life(milestone, request.user, on=today, number=request.GET.get("verlauf")),
        "edit_url": _edit_url(request, milestone),
    }
    return render(request, "concept/milestone_detail.html", context)


def _edit_url(request: HttpRequest, milestone: Milestone) -> str:
    """Address of the form in the back office; "" for whoever may not change milestones there."""
    if not coordinates(request.user):
        return ""
    return reverse("admin:concept_milestone_change", args=[milestone.pk])

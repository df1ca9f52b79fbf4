"""Submissions in the portal: the list, the preview on the screen, the PDF. Fetching is permitting."""

import datetime
import logging
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from kepol.council import documents
from kepol.council.choices import SubmissionKind
from kepol.council.models import Attachment, CouncilTerm, Submission
from kepol.council.querysets import SubmissionQuerySet
from kepol.lib.pdf.errors import CharactersMissing, PdfError, RendererBusy
from kepol.lib.pdf.renderer import render_pdf

PAGE_SIZE = 50
RELOAD_AFTER = 5
CHANGE = "council.change_submission"

logger = logging.getLogger(__name__)


class SubmissionFilter(forms.Form):
    """What the list shows; nothing chosen shows everything."""

    q = forms.CharField(
        label="Suche",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "kern-form-input__input"}),
    )
    kind = forms.ChoiceField(
        label="Vorlageart",
        required=False,
        choices=[("", "alle"), *SubmissionKind.choices],
        widget=forms.Select(attrs={"class": "kern-form-input__select"}),
    )
    term: forms.ModelChoiceField = forms.ModelChoiceField(
        label="Wahlperiode",
        required=False,
        queryset=CouncilTerm.objects.all(),
        to_field_name="number",
        empty_label="alle",
        widget=forms.Select(attrs={"class": "kern-form-input__select"}),
    )

    def narrow(self, submissions: SubmissionQuerySet) -> SubmissionQuerySet:
        """Submissions that fit; none while the choice itself is wrong, because the page says so instead of showing others."""
        if not self.is_valid():
            return submissions.none()
        submissions = submissions.matching(self.cleaned_data["q"])
        if kind := self.cleaned_data["kind"]:
            submissions = submissions.filter(kind=kind)
        if council_term := self.cleaned_data["term"]:
            submissions = submissions.filter(term=council_term)
        return submissions


@require_safe
def submission_list(request: HttpRequest) -> HttpResponse:
    """The submissions the user may read, newest first, a page at a time."""
    form = SubmissionFilter(request.GET)
    visible = Submission.objects.visible_to(request.user, on=timezone.localdate())
    page = Paginator(form.narrow(visible).with_first_sitting(), PAGE_SIZE).get_page(request.GET.get("seite"))
    context = {"form": form, "page": page, "others": _other_parameters(request)}
    return render(request, "council/submission_list.html", context)


def _other_parameters(request: HttpRequest) -> str:
    """The choice without the page number, for the links to other pages."""
    query = request.GET.copy()
    query.pop("seite", None)
    return query.urlencode()


@require_safe
def submission_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview: the paper as it will be printed today, made of the same templates."""
    today = timezone.localdate()
    submission = _readable(request, pk, on=today)
    snapshot = documents.snapshot(submission, on=today)
    html = documents.to_html(
        snapshot,
        printed_on=today,
        include_non_public=_may_see_non_public(request, submission, on=today),
        links=_attachment_links(request, submission, on=today),
    )
    edit_url = _edit_url(request, submission)
    context = {
        "submission": submission,
        "title": documents.title(snapshot),
        "html": html,
        "edit_url": edit_url,
        "day_without_issuer": documents.day_without_issuer(snapshot) if edit_url else None,
    }
    return render(request, "council/submission_detail.html", context)


@require_safe
def submission_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The PDF with today as "Ausdruck vom"; when none comes out, a page that says why and what to do."""
    today = timezone.localdate()
    submission = _readable(request, pk, on=today)
    snapshot = documents.snapshot(submission, on=today)
    include_non_public = _may_see_non_public(request, submission, on=today)
    document = documents.to_pdf_document(snapshot, printed_on=today, include_non_public=include_non_public)
    try:
        data = render_pdf(document)
    except RendererBusy:
        return _busy(request, submission)
    except PdfError as error:
        logger.exception("No PDF of submission %s", pk)
        return _failed(request, submission, snapshot, error)
    disposition = content_disposition_header(as_attachment=True, filename=documents.file_name(snapshot))
    return HttpResponse(data, content_type="application/pdf", headers={"Content-Disposition": disposition})


def _busy(request: HttpRequest, submission: Submission) -> HttpResponse:
    """A page that loads itself again: another document is being made."""
    response = render(request, "council/pdf_busy.html", {"submission": submission, "seconds": RELOAD_AFTER}, status=503)
    response["Refresh"] = response["Retry-After"] = str(RELOAD_AFTER)
    return response


def _failed(request: HttpRequest, submission: Submission, snapshot: dict[str, Any], error: PdfError) -> HttpResponse:
    """A page that says why there is no PDF; whoever may change the paper also reads where to correct it."""
    edit_url = _edit_url(request, submission)
    characters = error.characters if isinstance(error, CharactersMissing) and edit_url else ()
    context = {
        "submission": submission,
        "error": error,
        "edit_url": edit_url,
        "places": documents.places_with(snapshot, characters),
    }
    return render(request, "council/pdf_failed.html", context, status=500)


def _readable(request: HttpRequest, pk: int, *, on: datetime.date) -> Submission:
    """The submission, or the same 404 whether it is missing or not for this user."""
    visible = Submission.objects.visible_to(request.user, on=on)
    return get_object_or_404(visible.select_related("lead", "term"), pk=pk)


def _attachment_links(request: HttpRequest, submission: Submission, *, on: datetime.date) -> dict[int, str]:
    """Addresses of the attachments that have a file this user may fetch."""
    rows = Attachment.objects.visible_to(request.user, on=on).filter(submission=submission).exclude(file="")
    return {pk: reverse("files:serve", args=["anlage", pk]) for pk in rows.values_list("pk", flat=True)}


def _may_see_non_public(request: HttpRequest, submission: Submission, *, on: datetime.date) -> bool:
    """Whether this user may know the non-public attachments; they are visible all together or not at all."""
    visible = Attachment.objects.visible_to(request.user, on=on)
    return visible.filter(submission=submission, is_public=False).exists()


def _edit_url(request: HttpRequest, submission: Submission) -> str:
    """Address of the form in the back office; "" for whoever may not change submissions there."""
    may_change = request.user.is_staff and request.user.has_perm(CHANGE)
    return reverse("admin:council_submission_change", args=[submission.pk]) if may_change else ""

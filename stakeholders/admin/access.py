"""The page of the back office on which somebody new is invited: person, membership and account in one form."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from kepol.accounts.invitations import reach
from kepol.accounts.roles import Verb
from kepol.lib.backoffice.admin import BaseAdmin
from kepol.lib.versions import Conflict
from stakeholders.access import invite
from stakeholders.access_steps import InviteForm
from stakeholders.models import Person


class InvitingAdmin(BaseAdmin):
    """Model admin of people, with the page for inviting."""

    def get_urls(self) -> list[Any]:
        """The page for inviting, and those of every admin."""
        view = self.admin_site.admin_view(self.invite_page)
        return [path("einladen/", view, name="stakeholders_person_invite"), *super().get_urls()]

    def invite_page(self, request: HttpRequest) -> HttpResponse:
        """Ask for what is needed and invite; Technik may do it too, without seeing the register."""
        if not reach(request.user, Verb.INVITE):
            raise PermissionDenied
        form = InviteForm(request.POST if request.method == "POST" else None, user=request.user)
        if request.method == "POST" and form.is_valid() and (person := _invited(request, form)):
            messages.success(request, f"„{person}“ ist eingeladen. Die E-Mail steht im Postausgang.")
            return HttpResponseRedirect(self._after(request, person))
        context = {
            **self.admin_site.each_context(request),
            "title": "Zugang einladen",
            "opts": self.opts,
            "form": form,
            "back": self._list(request),
            "days": settings.INVITATION_DAYS,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/stakeholders/person/invite.html", context)

    def _after(self, request: HttpRequest, person: Person) -> str:
        if self.has_view_permission(request):
            return reverse("admin:stakeholders_person_change", args=[person.pk])
        return self._list(request)

    def _list(self, request: HttpRequest) -> str:
        is_reader = self.has_view_permission(request)
        return reverse("admin:stakeholders_person_changelist" if is_reader else "admin:accounts_user_changelist")


def _invited(request: HttpRequest, form: InviteForm) -> Person | None:
    """The person invited; None with messages in the form when something stands against it."""
    given = form.cleaned_data
    try:
        return invite(
            form.details(),
            given["role"],
            given["organisation"],
            by=request.user,
            on=timezone.localdate(),
            member_role=given["member_role"],
        )
    except ValidationError as error:
        form.add_error(None, error.messages)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
    return None

"""What the outbox wants to be seen today."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils import timezone

from kepol.lib.contracts import FollowUp, Question
from kepol.mail.models import Mail


class MailFollowUp(FollowUp):
    """Mails nobody knows the fate of, and mails that wait for too long."""

    def questions(self, user: Any, *, on: datetime.date) -> Iterator[Question]:
        """Counts at this moment, whatever the day: a mail becomes unclear within minutes."""
        if not user.has_perm("mail.view_mail"):
            return
        now = timezone.now()
        yield Question("Mails ungeklärt", Mail.objects.unclear(now=now), _list("ungeklaert"), is_urgent=True)
        yield Question("Mails warten länger als eine Stunde", Mail.objects.late(now=now), _list("verspaetet"))


def _list(state: str) -> str:
    return reverse("admin:mail_mail_changelist", query={"stand": state})

"""Ending somebody's sessions before their time."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from kepol.accounts.models import User


def end_sessions(user: User) -> int:
    """Sign `user` out everywhere; return how many sessions ended.

    Sessions do not say whose they are without being read, and there are as many as people at work: all are read.
    """
    now = timezone.now()
    own = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=now)
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=own).delete()
    return len(own)

"""Mails about an account: German texts from templates, handed to the outbox that the settings name."""

import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.module_loading import import_string


def send_letter(
    template: str,
    to: str,
    context: dict[str, Any],
    *,
    is_secret: bool = False,
    expires_at: datetime.datetime | None = None,
) -> None:
    """Hand a mail to the address `to` to the outbox, which delivers it in the background.

    `template` is the beginning of two names, `…_subject.txt` and `…_message.txt`. `is_secret` says that the text opens an
    account: nobody may read it in the outbox. After `expires_at` the mail is not sent any more; None is never.
    """
    given = {
        "municipality_name": settings.MUNICIPALITY_NAME,
        "municipality_genitive": settings.MUNICIPALITY_GENITIVE,
        "contact": settings.MAIL_CONTACT,
        **context,
    }
    subject = " ".join(render_to_string(f"{template}_subject.txt", given).split())
    text = render_to_string(f"{template}_message.txt", given).strip() + "\n"
    sender = import_string(settings.MAIL_SENDER)
    sender(to=to, subject=subject, text=text, is_secret=is_secret, expires_at=expires_at)

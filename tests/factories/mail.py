"""Mails."""

import datetime

import factory
from factory.django import DjangoModelFactory

from kepol.mail.choices import MailKind, MailState
from kepol.mail.models import Mail
from kepol.mail.outbox import new_message_id

QUEUED_AT = datetime.datetime(2026, 3, 2, 7, 0, tzinfo=datetime.UTC)


class MailFactory(DjangoModelFactory):
    """A reminder that waits."""

    class Meta:
        model = Mail

    recipient = factory.Sequence(lambda n: f"person{n}@example.org")
    kind = MailKind.REMINDER
    subject = factory.Sequence(lambda n: f"Erinnerung an Meilenstein {n}")
    text = "Guten Tag,\n\nbitte melden Sie den Stand zurück.\n"
    message_id = factory.LazyFunction(new_message_id)
    queued_at = QUEUED_AT
    try_after = QUEUED_AT

    class Params:
        sent = factory.Trait(state=MailState.SENT, attempts=1, sent_at=QUEUED_AT)
        stuck = factory.Trait(state=MailState.SENDING, attempts=1, sending_since=QUEUED_AT)
        secret = factory.Trait(kind=MailKind.LOGIN_CODE, is_secret=True, text="Ihr Code: 123-456")


FACTORIES = (MailFactory,)

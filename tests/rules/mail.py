"""Rules of the app mail."""

from kepol.mail.validators import LINE_BREAK
from tests.factories.mail import QUEUED_AT, MailFactory


def with_a_sister():
    """A mail beside the one for another occasion."""
    MailFactory(key="reminder/7/2026-W48")
    return MailFactory()


RULES = {
    "mail_mail_once_per_occasion": (
        with_a_sister,
        {"key": "reminder/7/2026-W48"},
        "Zu diesem Anlass gibt es schon eine Mail.",
    ),
    "mail_mail_subject_in_one_line": (MailFactory, {"subject": "Betreff\nBcc: alle@example.org"}, LINE_BREAK),
    "mail_mail_sent_at_a_time": (
        MailFactory,
        {"sent_at": QUEUED_AT},
        "Zu einer gesendeten Mail gehört der Zeitpunkt, zu anderen nicht.",
    ),
    "mail_mail_sending_since_a_time": (
        MailFactory,
        {"state": "sending"},
        "Zu einer Mail, die gerade gesendet wird, gehört der Zeitpunkt des Beginns.",
    ),
    "mail_mail_secret_blanked": (
        lambda: MailFactory(sent=True),
        {"is_secret": True},
        "Ein Text, der ein Konto öffnet, wird nach dem Versand nicht aufbewahrt.",
    ),
}
#: Nobody writes mails in a form.
NOT_IN_FORMS = frozenset(RULES)

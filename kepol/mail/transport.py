"""Handing a mail over to the server that EMAIL_URL names, and telling apart what surely failed from what nobody knows."""

import contextlib
import smtplib
from collections.abc import Callable
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from kepol.mail.models import ERROR_LENGTH, Mail
from kepol.mail.validators import one_line

UNREACHABLE = "Der Mailserver ist nicht erreichbar."
LOGIN_REFUSED = "Der Mailserver lehnt die Anmeldung ab."
SENDER_REFUSED = "Der Mailserver lehnt den Absender ab."
RECIPIENT_REFUSED = "Der Mailserver lehnt den Empfänger ab."
TEXT_REFUSED = "Der Mailserver nimmt die Nachricht nicht an."
IMPOSSIBLE = "Die Nachricht lässt sich nicht zusammenstellen."
CUT_OFF = "Die Verbindung brach vor der Übergabe ab."
UNKNOWN = "Die Verbindung brach während der Übergabe ab. Ob die Nachricht angekommen ist, ist unbekannt."


class Refused(Exception):
    """The server surely has not taken the mail; the text says why, in German with the words of the server."""


class Unreachable(Refused):
    """The same, and there is no use in trying the next mail now."""


class Unknown(Exception):
    """The connection was lost at a moment when the server may or may not have taken the mail."""


class Transport:
    """One connection of Django's configured mail backend, opened when the first mail needs it and again after an error."""

    def __init__(self) -> None:
        self._backend: Any = None
        self._is_text_out = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye, if there is still somebody to say it to."""
        backend, self._backend = self._backend, None
        if backend is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                backend.close()

    def open(self) -> None:
        """Connect and sign in unless that is done; raises `Unreachable`."""
        if self._backend is not None:
            return
        backend = get_connection()
        try:
            backend.open()
        except smtplib.SMTPAuthenticationError as error:
            raise Unreachable(told(LOGIN_REFUSED, error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(told(UNREACHABLE, error)) from error
        self._backend = backend
        self._watch(getattr(backend, "connection", None))

    def _watch(self, smtp: Any) -> None:
        """Note when the text of a mail leaves: a connection lost before that has surely delivered nothing."""
        if isinstance(smtp, smtplib.SMTP):
            smtp.data = self._noting(smtp.data)  # type: ignore[assignment, method-assign]

    def _noting(self, data: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def noted(text: Any) -> Any:
            self._is_text_out = True
            return data(text)

        return noted

    def hand_over(self, mail: Mail) -> None:
        """Give `mail` to the server; raises `Refused`, `Unreachable` or `Unknown`. After an error the connection is closed."""
        try:
            self._send(composed(mail))
        except Exception:
            self.close()
            raise

    def _send(self, message: EmailMessage) -> None:
        # What is no connection of smtplib does not tell how far it came.
        self._is_text_out = not isinstance(getattr(self._backend, "connection", None), smtplib.SMTP)
        try:
            self._backend.send_messages([message])
        except ValueError as error:
            raise Refused(told(IMPOSSIBLE, error)) from error
        except smtplib.SMTPSenderRefused as error:
            raise Refused(told(SENDER_REFUSED, error)) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise Refused(told(RECIPIENT_REFUSED, *error.recipients.values())) from error
        except (smtplib.SMTPDataError, smtplib.SMTPHeloError, smtplib.SMTPNotSupportedError) as error:
            raise Refused(told(TEXT_REFUSED, error)) from error
        except (OSError, smtplib.SMTPException) as error:
            if self._is_text_out:
                raise Unknown(told(UNKNOWN, error)) from error
            raise Unreachable(told(CUT_OFF, error)) from error


def composed(mail: Mail) -> EmailMessage:
    """`mail` as it goes out: plain text, marked as sent by a machine, with the Message-ID it got when it was queued."""
    return EmailMessage(
        subject=mail.subject,
        body=mail.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.recipient],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
    )


def told(sentence: str, *answers: Any) -> str:
    """`sentence` and what the server answered, in one line that fits the column."""
    words = (one_line(_words(answer)) for answer in answers)
    # Errors of the system begin with a number in brackets of their own.
    shown = (word if word.startswith("[") else f"[{word}]" for word in words if word)
    return " ".join([sentence, *shown])[:ERROR_LENGTH]


def _words(answer: Any) -> str:
    if isinstance(answer, smtplib.SMTPResponseException):
        answer = answer.smtp_code, answer.smtp_error
    if isinstance(answer, tuple):
        code, text = answer
        return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return str(answer)

"""A mail server on loopback for tests: it takes mails, or refuses, drops or dawdles at a chosen moment."""

import asyncio
import contextlib
import email
import email.policy
import socket

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

BUSY, NEVER = "451 Bitte später", "550 Unbekannt"


class Server:
    """What the server does and what it has taken. A switch left empty lets everything through."""

    def __init__(self):
        self.accepted = []
        self.refuse_sender = self.refuse_recipient = self.refuse_text = ""
        self.refused_recipients = {}
        #: "mail" drops at the sender, "before" the mail is taken, "after" it was taken without saying so.
        self.drop = ""
        self.slow = 0
        self.port = 0

    @property
    def messages(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.accepted]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's names
        if self.drop == "mail":
            server.transport.abort()
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's names
        refusal = self.refused_recipients.get(address, self.refuse_recipient)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refuse_text:
            return self.refuse_text
        if self.drop == "before":
            server.transport.abort()
            return "250 OK"
        self.accepted.append(envelope.content)
        if self.drop == "after":
            server.transport.abort()
        if self.slow:
            await asyncio.sleep(self.slow)
        return "250 OK"


class _Loopback(Controller):
    """aiosmtpd's own, with a port that the system chooses."""

    def factory(self):
        return SMTP(self.handler, hostname="mail.example.org", enable_SMTPUTF8=False)


def free_port():
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running():
    """A server for the time of a test."""
    server = Server()
    server.port = free_port()
    controller = _Loopback(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()

"""What may stand in the head of a mail."""

from django.core.exceptions import ValidationError

LINE_BREAK = "Der Betreff darf keinen Zeilenumbruch enthalten."


def one_line(text: str) -> str:
    """`text` without line breaks and other characters nobody sees: a name in a subject must not begin another header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def refuse_line_break(text: str) -> None:
    """Raise `ValidationError` when `text` would end the header it stands in."""
    if "\n" in text or "\r" in text:
        raise ValidationError(LINE_BREAK, code="line_break")

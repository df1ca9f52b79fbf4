"""The words of mails, from templates in `templates/mail`; the base of all of them names the city and whom to ask."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string


def written(name: str, /, **context: Any) -> str:
    """Text of the mail `name` (a template `mail/NAME.txt` that extends `mail/base.txt`), nothing in it escaped: it is no HTML.

    Besides `context` templates know the names of the municipality and `contact`, the address for questions ("" without one).
    """
    known = {
        "municipality_name": settings.MUNICIPALITY_NAME,
        "municipality_genitive": settings.MUNICIPALITY_GENITIVE,
        "contact": settings.MAIL_CONTACT,
    }
    return render_to_string(f"mail/{name}.txt", {**known, **context}).strip() + "\n"

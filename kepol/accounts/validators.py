"""What a password must not be made of: the words everybody here would try first (OWASP ASVS 5.0, 6.2.11)."""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

#: Words of the daily work; those of the municipality's name come from the settings.
OWN_WORDS = ("kepol", "passwort", "meilenstein", "vorlage", "partnerschaft", "entwicklungspolitik", "verwaltung")
#: So many letters have to be left when the own words are taken out.
LETTERS_LEFT = 6
SHORTEST_WORD = 4


class OwnWordsValidator:
    """Refuses passwords that are little more than own words with numbers, such as `Aachen-2026!`."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise `ValidationError` when too little is left of `password` (any length, any characters)."""
        left = password.casefold()
        found = [word for word in own_words() if word in left]
        for word in found:
            left = left.replace(word, " ")
        if found and sum(letter.isalpha() for letter in left) < LETTERS_LEFT:
            raise ValidationError(
                f"Dieses Passwort ist leicht zu erraten: Es besteht fast nur aus „{found[0]}“.", code="own_words"
            )

    def get_help_text(self) -> str:
        """Sentence for the page of the password."""
        return "Das Passwort darf nicht fast nur aus dem Namen der Stadt oder aus Wörtern dieser Anwendung bestehen."


def own_words() -> list[str]:
    """The own words and those of the municipality's name, folded, the longest first."""
    named = re.findall(r"\w+", settings.MUNICIPALITY_NAME.casefold())
    words = {*OWN_WORDS, *(word for word in named if len(word) >= SHORTEST_WORD)}
    return sorted(words, key=lambda word: (-len(word), word))

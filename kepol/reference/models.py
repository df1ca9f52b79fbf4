"""The 17 goals of the 2030 Agenda and the countries of the world, filled by migrations."""

from django.db import models

from kepol.lib.names import Keyed
from kepol.lib.records import Record


class Sdg(Keyed, Record):
    """One of the 17 Sustainable Development Goals (UN resolution A/RES/70/1)."""

    number = models.PositiveSmallIntegerField("Nummer", unique=True)
    title = models.CharField("Titel", max_length=200)

    class Meta:
        verbose_name = "Nachhaltigkeitsziel (SDG)"
        verbose_name_plural = "Nachhaltigkeitsziele (SDG)"
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number__gte=1, number__lte=17),
                name="reference_sdg_one_to_seventeen",
                violation_error_message="Es gibt die Ziele 1 bis 17.",
            )
        ]

    def __str__(self) -> str:
        return f"SDG {self.number} – {self.title}"


class Country(Keyed, Record):
    """A country by its ISO 3166-1 code; `is_europe` decides whether a business trip needs the Hauptausschuss's consent."""

    code = models.CharField("ISO-Kürzel", max_length=2, unique=True)
    name = models.CharField("Name", max_length=100, unique=True)
    is_europe = models.BooleanField("in Europa", default=False)

    class Meta:
        verbose_name = "Land"
        verbose_name_plural = "Länder"
        ordering = ["sort_key", "pk"]

    def __str__(self) -> str:
        return self.name

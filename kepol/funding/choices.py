"""Allowed values of funding, with their German labels."""

from django.db import models


class Programme(models.TextChoices):
    """Programmes that fund municipal development policy; most are run by Engagement Global for the BMZ."""

    KEPOL = "kepol", "Koordination kommunaler Entwicklungspolitik (KEpol)"
    NAKOPA = "nakopa", "Nachhaltige Kommunalentwicklung durch Partnerschaftsprojekte (Nakopa)"
    SMALL_PROJECTS = "small_projects", "Kleinprojektefonds"
    EXPERT = "expert", "Fachkraft in der Partnerkommune (FKPW)"
    TRANSPORT = "transport", "Transportkostenzuschuss"
    OTHER = "other", "anderes Programm"


class CostCategory(models.TextChoices):
    """Categories of the budget of a KEpol grant."""

    PERSONNEL = "personnel", "Personal"
    TRAVEL_TRAINING = "travel_training", "Fortbildung und Reisen"
    ACCOMPANYING = "accompanying", "begleitende Maßnahmen"
    ADMIN_LUMP_SUM = "admin_lump_sum", "Verwaltungskostenpauschale"
    OTHER = "other", "Sonstiges"


class ReportKind(models.TextChoices):
    """What a funder wants to be told."""

    INTERIM = "interim", "Zwischennachweis"
    FINAL = "final", "Verwendungsnachweis"
    NARRATIVE = "narrative", "Sachbericht"
    FINANCIAL = "financial", "zahlenmäßiger Nachweis"
    APPLICATION = "application", "Antrag auf Anschlussförderung"
    OTHER = "other", "andere Frist"

"""Allowed values of the stakeholder register, with their German labels."""

from enum import nonmember

from django.db import models


class OrganisationKind(models.TextChoices):
    """Kinds of organisations; the city's own units carry a code such as FB 36."""

    DEPARTMENT = "department", "Fachbereich"
    MUNICIPAL_ENTERPRISE = "municipal_enterprise", "Eigenbetrieb"
    STAFF_OFFICE = "staff_office", "Stabsstelle"
    DIRECTORATE = "directorate", "Dezernat"
    DIVISION = "division", "Abteilung"
    DISTRICT_OFFICE = "district_office", "Bezirksamt"
    MUNICIPALITY = "municipality", "Kommune"
    ADMINISTRATION = "administration", "andere Behörde"
    ASSOCIATION = "association", "Verein"
    SCHOOL = "school", "Schule"
    UNIVERSITY = "university", "Hochschule"
    BUSINESS = "business", "Wirtschaft"
    CHURCH = "church", "Kirche und kirchliches Werk"
    POLITICS = "politics", "Politik"
    FUNDER = "funder", "Fördergeber"
    OTHER = "other", "Sonstige"

    UNITS = nonmember(
        frozenset({"department", "municipal_enterprise", "staff_office", "directorate", "division", "district_office"})
    )


class MembershipRole(models.TextChoices):
    """What somebody is in an organisation."""

    HEAD = "head", "Leitung"
    DEPUTY = "deputy", "stellvertretende Leitung"
    CONTACT = "contact", "Ansprechperson"
    STAFF = "staff", "Mitarbeit"
    BOARD = "board", "Vorstand"
    MEMBER = "member", "Mitglied"


class ContactChannel(models.TextChoices):
    """How somebody was reached."""

    PHONE = "phone", "Telefon"
    EMAIL = "email", "E-Mail"
    TALK = "talk", "Gespräch"
    VIDEO = "video", "Videokonferenz"
    EVENT = "event", "Veranstaltung"
    LETTER = "letter", "Brief"


class BodyKind(models.TextChoices):
    """Bodies that steer the programme; the committees of the council are others."""

    STEERING_GROUP = "steering_group", "Steuerungsgruppe"
    WORKING_GROUP = "working_group", "Arbeitsgruppe"
    NETWORK = "network", "Netzwerk"
    ADVISORY = "advisory", "Beirat"


class BodyRole(models.TextChoices):
    """What somebody is in a body."""

    CHAIR = "chair", "Vorsitz"
    MEMBER = "member", "Mitglied"
    DEPUTY = "deputy", "Stellvertretung"
    GUEST = "guest", "Gast"

    VOTING = nonmember(frozenset({"chair", "member"}))

"""The roles of KEpol; each is a group of django.contrib.auth with the German name."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; several roles per person are possible, their rights add up."""

    KOORDINATION = "Koordination"
    LEITUNG = "Leitung"
    FACHBEREICH = "Fachbereich"
    LESEZUGRIFF = "Lesezugriff"
    TECHNIK = "Technik"


#: Only these enter the Django admin; everybody else works in the portal.
ADMIN_ROLES = frozenset({Role.KOORDINATION, Role.TECHNIK})

#: The accounts the Koordination may invite and end; those with admin access belong to the Technik.
PORTAL_ROLES = frozenset(Role) - ADMIN_ROLES

"""Accounts."""

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from kepol.accounts.choices import Role
from kepol.accounts.models import User

PASSWORD = "ein-langes-Passwort-2026"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def roles(self, create: bool, extracted: list[Role] | None, **_: object) -> None:
        for role in extracted or []:
            self.groups.add(Group.objects.get_or_create(name=role.value)[0])


FACTORIES = (UserFactory,)

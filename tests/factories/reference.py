"""Reference data."""

from factory.django import DjangoModelFactory

from kepol.reference.models import Country, Sdg


class SdgFactory(DjangoModelFactory):
    class Meta:
        model = Sdg
        django_get_or_create = ("number",)

    number = 17
    title = "Partnerschaften zur Erreichung der Ziele"


class CountryFactory(DjangoModelFactory):
    class Meta:
        model = Country
        django_get_or_create = ("code",)

    code = "ZA"
    name = "Südafrika"


FACTORIES = (SdgFactory, CountryFactory)

"""Files of the city's document system."""

import factory
from factory.django import DjangoModelFactory

from kepol.files.models import DocumentReference
from kepol.lib.backoffice.attached import content_type_of
from tests.factories.stakeholders import OrganisationFactory


class DocumentReferenceFactory(DjangoModelFactory):
    """One of `record`, an organisation unless said otherwise."""

    class Meta:
        model = DocumentReference
        exclude = ("record",)

    record = factory.SubFactory(OrganisationFactory)
    content_type = factory.LazyAttribute(lambda row: content_type_of(row.record))
    object_id = factory.SelfAttribute("record.pk")
    title = factory.LazyAttribute(lambda row: str(row.record))
    file_number = factory.Sequence(lambda n: f"36-{n + 1:03}/2026")


FACTORIES = (DocumentReferenceFactory,)

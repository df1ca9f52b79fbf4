"""Details of people are kept as long as they are needed: when to look again, keeping them on, deleting them."""

import datetime
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max, Q

from kepol.accounts.models import User
from kepol.lib.backoffice.attached import lock
from kepol.lib.contracts import take_along
from kepol.lib.history import operation
from kepol.lib.validity import Valid
from kepol.mail.outbox import forget
from stakeholders.models import Absence, Person
from stakeholders.models.privacy import REVIEW_YEARS, forget_company, forget_name, years_after
from stakeholders.querysets import ERASED_NAME

ERASED_REASON = "personenbezogene Angaben gelöscht"
ERASED_ALREADY = "Die personenbezogenen Angaben sind schon gelöscht."
NAMED_ROWS = 3


def propose_review(person: Person) -> datetime.date | None:
    """Day to look at `person` again: two years after the last membership ends; None while one is open or without any."""
    if person.memberships.filter(valid_to__isnull=True).exists():
        return None
    last: datetime.date | None = person.memberships.aggregate(last=Max("valid_to"))["last"]
    return years_after(last, REVIEW_YEARS) if last else None


@contextmanager
def proposing_reviews(people: Collection[int]) -> Iterator[list[Person]]:
    """Let the day to look at `people` (their keys) again follow what happens to their memberships inside.

    Who has no day, or the one that was proposed before, gets the one proposed now; a day somebody chose stays, and so does any day of
    who is left without a membership. The list is filled at the end with those whose day changed. Called inside the transaction and
    the operation that save the memberships, which hold the lock on all of them.
    """
    before = {person.pk: propose_review(person) for person in Person.objects.filter(pk__in=people)}
    changed: list[Person] = []
    yield changed
    # Read again and locked: what a form holds of a person may be older than what is stored.
    stored = Person.objects.select_for_update(of=("self",)).filter(pk__in=people).order_by("pk")
    changed += [person for person in stored if set_proposed_review(person, before=before.get(person.pk))]


def set_proposed_review(person: Person, *, before: datetime.date | None) -> bool:
    """Give `person`, just read, the proposed day in place of none or of the one proposed `before`; tells whether it changed."""
    if person.is_erased or person.review_on not in (None, before) or not person.memberships.exists():
        return False
    proposed = propose_review(person)
    if proposed == person.review_on:
        return False
    person.review_on = proposed
    person.save()
    return True


def extend_review(person: Person, *, on: datetime.date, purpose: str, by: Any) -> None:
    """Keep the details of `person` for two more years from day `on`, because they are still needed for `purpose`.

    Raises `ValidationError` when they were deleted or no purpose is given, `Conflict` when the person was changed since read.
    """
    if person.is_erased:
        raise ValidationError(ERASED_ALREADY, code="erased")
    if not purpose.strip():
        raise ValidationError("Nennen Sie, wofür die Angaben weiter gebraucht werden.", code="purpose")
    with transaction.atomic(), operation(by=by):
        person.review_on, person.purpose = years_after(on, REVIEW_YEARS), purpose.strip()
        person.full_clean()
        person.save()


def erase_person(person: Person, *, on: datetime.date, by: Any) -> None:
    """Delete name and contact details of `person` here and in the history; the function stays, so that old rows keep a sense.

    What hangs on the person goes too, mails to their address as well; what hangs on their memberships and the like loses the name.
    Contacts stay until their own day of deletion. From day `on` the person is retired.
    Raises `ValidationError` when they still belong somewhere (`ties`) or are erased, `Conflict` when they were changed since read.
    """
    with transaction.atomic(), operation(by=by):
        lock(person)
        refuse_erasing(person, on=on)
        take_along([person], by=by)
        forget_company(person)
        for address in addresses(person):
            forget(address)
        _empty(person, on)
        person.full_clean()
        person.save()
        _forget_absences(person)
        _rewrite_history(person)
        forget_name(person)


def addresses(person: Person) -> set[str]:
    """Every address mails to `person` went to, as far as the history tells, but for what is somebody else's by now.

    Their own one, now and before, and those of accounts they had: mail goes to the account first.
    """
    past = Person.history.filter(id=person.pk)
    accounts = {pk for pk in past.values_list("user", flat=True) if pk} | {person.user_id}
    own = {person.email, *past.values_list("email", flat=True)}
    for rows, column in ((User.objects, "pk"), (User.history, "id")):
        own |= set(rows.filter(**{f"{column}__in": accounts}).values_list("email", flat=True))
    others = Person.objects.exclude(pk=person.pk)
    taken = set(others.values_list("email", flat=True)) | set(others.values_list("user__email", flat=True))
    known = {address.lower() for address in taken if address}
    return {address for address in own if address and address.lower() not in known}


def refuse_erasing(person: Person, *, on: datetime.date) -> None:
    """Raise `ValidationError` naming what still ties `person` to the city on day `on`."""
    if person.is_erased:
        raise ValidationError(ERASED_ALREADY, code="erased")
    if found := list(ties(person, on=on)):
        message = f"„{person}“ wird noch gebraucht: {'; '.join(found)}. Beenden Sie das zuerst, dann lassen sich die Angaben löschen."
        raise ValidationError(message, code="tied")


def ties(person: Person, *, on: datetime.date) -> Iterator[str]:
    """German names of what is not over before day `on`: memberships, seats, offices of any app; and of the account."""
    for relation in person._meta.get_fields(include_hidden=True):
        model: Any = relation.related_model
        if relation.auto_created and relation.one_to_many and issubclass(model, Valid):
            column = relation.remote_field.name  # type: ignore[union-attr]
            rows = model._base_manager.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), **{column: person})
            yield from (f"{model._meta.verbose_name} „{row}“" for row in rows[:NAMED_ROWS])
    if person.user_id is not None:
        yield f"Zugang „{person.user}“"


def _forget_absences(person: Person) -> None:
    Absence.objects.filter(person=person).delete()
    Absence.history.filter(person=person.pk).delete()


def _empty(person: Person, on: datetime.date) -> None:
    person.title = person.given_name = person.email = person.phone = ""
    person.family_name, person.source = ERASED_NAME, f"gelöscht am {on:%d.%m.%Y}"
    person.may_be_named, person.review_on = False, None
    person.retired_on, person.retired_reason = person.retired_on or on, ERASED_REASON


def _rewrite_history(person: Person) -> None:
    """Former states get the words of the present one: what nobody may know any more must not be read there either."""
    kept = {"id", "source_key", "function", "purpose", "retired_reason"}
    words = {
        column.attname: getattr(person, column.attname)
        for column in person._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField) and column.name not in kept
    }
    rows = Person.history.model.objects.filter(id=person.pk)
    rows.update(**words, user=None)
    rows.exclude(retired_reason="").update(retired_reason=ERASED_REASON)

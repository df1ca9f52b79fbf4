"""Versioned: saving and deleting demand the version that was read; tokens tell which one a form showed."""

import datetime

import pytest
from django.db import transaction
from django.db.models import F

from kepol.council.models import Submission
from kepol.lib.versions import Conflict, Versioned, is_seen_whole, seen_token, seen_version, whole_token
from tests.factories import ConsultationFactory, SubmissionFactory, UserFactory

pytestmark = pytest.mark.django_db


def two_readers():
    pk = SubmissionFactory(subject="Anfang").pk
    return Submission.objects.get(pk=pk), Submission.objects.get(pk=pk)


def test_a_new_row_has_version_one_and_each_save_counts_on():
    submission = SubmissionFactory()
    assert submission.version == 1
    submission.save()
    submission.save()
    assert (submission.version, Submission.objects.get().version) == (3, 3)


def test_the_second_writer_gets_a_conflict_and_the_first_text_stays():
    first, second = two_readers()
    first.subject = "von der Ersten"
    first.save()
    second.subject = "von der Zweiten"
    with pytest.raises(Conflict, match="wurde inzwischen von jemand anderem geändert"):
        second.save()
    assert Submission.objects.get().subject == "von der Ersten"
    assert second.version == 1


def test_saving_some_fields_checks_and_counts_too():
    first, second = two_readers()
    first.file_number = "1"
    first.save(update_fields=["file_number"])
    assert Submission.objects.get().version == 2
    with pytest.raises(Conflict):
        second.save(update_fields=["goals"])


def test_a_deleted_row_is_a_conflict_and_does_not_come_back():
    first, second = two_readers()
    first.delete()
    with pytest.raises(Conflict):
        second.save()
    assert not Submission.objects.exists()


def test_deleting_demands_the_version_that_was_read():
    first, second = two_readers()
    first.save()
    with pytest.raises(Conflict):
        second.delete()
    assert Submission.objects.exists()
    first.delete()
    assert not Submission.objects.exists()


def test_a_bulk_write_that_counts_is_noticed():
    _, reader = two_readers()
    Submission.objects.update(file_number="1", version=F("version") + 1)
    with pytest.raises(Conflict):
        reader.save()


def test_a_save_that_fails_or_is_rolled_back_leaves_the_version_as_it_was():
    submission = SubmissionFactory()
    submission.predecessor_id = submission.pk
    with pytest.raises(Exception, match="predecessor"), transaction.atomic():
        submission.save()
    assert (submission.version, Submission.objects.get().version) == (1, 1)
    submission.predecessor = None
    submission.save()
    assert Submission.objects.get().version == 2


def test_history_carries_the_version_that_was_stored():
    submission = SubmissionFactory()
    submission.save()
    assert list(submission.history.order_by("history_id").values_list("version", flat=True)) == [1, 2]


def test_noting_a_login_changes_neither_version_nor_history():
    user = UserFactory()
    user.last_login = datetime.datetime.now(datetime.UTC)
    user.save(update_fields=["last_login"])
    user.refresh_from_db()
    assert (user.version, user.history.count(), user.last_login is not None) == (1, 1, True)


def test_without_the_check_the_first_text_is_lost(monkeypatch):
    monkeypatch.setattr(Versioned, "_take", lambda self, using: None)
    first, second = two_readers()
    first.subject, second.subject = "von der Ersten", "von der Zweiten"
    first.save()
    second.save()
    assert Submission.objects.get().subject == "von der Zweiten"


# --- Tokens ------------------------------------------------------------------------------------------------------
def test_a_token_tells_the_version_of_its_own_object_only():
    submission, other = SubmissionFactory(), SubmissionFactory()
    token = seen_token(submission)
    assert seen_version(submission, token) == 1
    assert seen_version(other, token) is None
    assert seen_version(ConsultationFactory(pk=submission.pk), token) is None


@pytest.mark.parametrize("token", ["", "1", "a:b:c", "äöü", ":::"])
def test_a_forged_token_tells_nothing(token):
    submission = SubmissionFactory()
    assert seen_version(submission, token) is None
    assert seen_version(submission, seen_token(submission)[:-1]) is None
    assert not is_seen_whole(submission, token)


def test_the_token_of_the_whole_object_covers_its_parts():
    submission = SubmissionFactory()
    row = ConsultationFactory(submission=submission)
    token = whole_token(submission)
    assert is_seen_whole(submission, token)
    row.save()
    assert not is_seen_whole(submission, token)
    token = whole_token(submission)
    ConsultationFactory(submission=submission)
    assert not is_seen_whole(submission, token)

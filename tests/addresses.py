"""Every address of the application, read from the URL configuration: a new one is tested without being entered anywhere."""

import re
from typing import NamedTuple

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import get_resolver

from kepol.council.models import Submission
from tests.factories import FACTORIES, AttachmentFactory

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Address(NamedTuple):
    """One URL pattern with arguments filled in; `name` is the pattern itself where it has no name."""

    name: str
    path: str


def one_of_each():
    """An object of every model in the back office, by model."""
    return {
        model: AttachmentFactory(submission__subject="Mit Anlage").submission
        if model is Submission
        else FACTORIES[model]()
        for model in admin.site._registry
    }


def addresses(rows):
    """All addresses, with the objects `rows` (by model) in place of the arguments."""
    return [Address(name, _filled(route, rows)) for name, route in _routes()]


def _routes(patterns=None, before=""):
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _routes(entry.url_patterns, route)
        else:
            yield entry.name or route, route


def _filled(route, rows):
    before, pattern, _ = route.replace("^", "").partition("(?P<")
    if pattern:  # two patterns of the admin: the page of one app, and one that catches everything else
        return f"/{before}council/" if "app_label" in route else f"/{before}nichts/"
    model = next(
        (model for model in rows if f"/{model._meta.app_label}/{model._meta.model_name}/" in route), Submission
    )
    given = {"step": "stilllegen", "content_type_id": ContentType.objects.get_for_model(Submission).pk, "key": "anlage"}
    return "/" + PARAMETER.sub(lambda found: str(given.get(found[1], rows[model].pk)), route)

"""Every address of the application, read from the URL configuration: a new one is tested without being entered anywhere."""

import re
from typing import NamedTuple

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import get_resolver

from concept.models import Milestone
from kepol.council.models import Submission
from tests.factories import FACTORIES, AttachmentFactory

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
#: Beginning of a route outside the back office → the model whose objects it shows; a submission elsewhere.
SHOWN_AT = {"meilensteine/": Milestone}
#: Arguments that name no object; those that open an account by a link are none anybody was sent.
GIVEN = {"step": "stilllegen", "key": "anlage", "uidb64": "MQ", "token": "abc-def"}


class Address(NamedTuple):
    """One URL pattern with arguments filled in; `name` is as `reverse` takes it, or the pattern itself where it has none."""

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
    return [Address(name, _filled(route, rows)) for name, route in routes()]


def routes(patterns=None, before="", namespace=""):
    """Name and route of every URL pattern."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry.url_patterns, route, inner)
        else:
            yield f"{namespace}{entry.name}" if entry.name else route, route


def _filled(route, rows):
    before, pattern, _ = route.replace("^", "").partition("(?P<")
    if pattern:  # two patterns of the admin: the page of one app, and one that catches everything else
        return f"/{before}council/" if "app_label" in route else f"/{before}nichts/"
    model = _model_at(route, rows)
    given = {**GIVEN, "content_type_id": ContentType.objects.get_for_model(Submission).pk}
    return "/" + PARAMETER.sub(lambda found: str(given.get(found[1], rows[model].pk)), route)


def _model_at(route, rows):
    shown = next((model for beginning, model in SHOWN_AT.items() if route.startswith(beginning)), Submission)
    return next((model for model in rows if f"/{model._meta.app_label}/{model._meta.model_name}/" in route), shown)

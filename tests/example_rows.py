"""What several tests of the example say about its rows."""

import datetime
from pathlib import Path

from kepol.example.facts import facts, models

DAY = datetime.date(2026, 11, 23)


ROOT = Path(__file__).parent.parent


REAL_PAPER = ROOT.parent / "shared" / "reference" / "vorlage-fb01-0674-wp18.txt"


def after(days):
    return DAY + datetime.timedelta(days=days)


def versions(*layers):
    """Every row of the house with its version; of `layers` only, if there are any."""
    columns = ("pk", "version", "source_key")
    found = {(model._meta.label, *row) for model in models().values() for row in model.objects.values_list(*columns)}
    return {row for row in found if not layers or row[3].partition("/")[0] in layers}


UNSTEADY = {"id", "version", "imported", "imported_at", "object_id", "password", "last_login", "date_joined"}


def content():
    """What all rows say, under keys that survive loading again; where a row points by the key of the other."""
    rows = [row for model in models().values() for row in model._base_manager.all()]
    return {f"{row._meta.label} {row.source_key or row}": told(row) for row in rows}


def told(row):
    values = {}
    for column in (*row._meta.concrete_fields, *row._meta.many_to_many):
        if column.name in UNSTEADY:
            continue
        if column.many_to_many:
            values[column.name] = sorted(named(one) for one in getattr(row, column.name).all())
        else:
            value = getattr(row, column.name)
            values[column.name] = named(value) if column.is_relation else value
    return values


def named(row):
    return getattr(row, "source_key", "") or str(row)


def row(key):
    fact = facts()[key]
    return fact.model._base_manager.get(source_key=fact.source_key)

"""Fill the goals (UN resolution A/RES/70/1) and the countries (ISO 3166-1, continents after UN M49)."""

import csv
from pathlib import Path

from django.db import migrations

from kepol.lib.names import search_key, sort_key

DATA = Path(__file__).parent.parent / "data"


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter=";")


def fill(apps, schema_editor):
    goals = [(int(row["number"]), row["title"]) for row in rows("sdgs.csv")]
    apps.get_model("reference", "Sdg").objects.bulk_create(
        apps.get_model("reference", "Sdg")(number=number, title=title, **keys(f"SDG {number} – {title}")) for number, title in goals
    )
    country = apps.get_model("reference", "Country")
    country.objects.bulk_create(
        country(code=row["code"], name=row["name"], is_europe=row["is_europe"] == "ja", **keys(row["name"])) for row in rows("countries.csv")
    )


def keys(text):
    return {"search_key": search_key(text), "sort_key": sort_key(text)}


def empty(apps, schema_editor):
    apps.get_model("reference", "Sdg").objects.all().delete()
    apps.get_model("reference", "Country").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_initial")]
    operations = [migrations.RunPython(fill, empty)]

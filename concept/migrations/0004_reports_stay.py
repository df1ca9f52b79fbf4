"""The database itself refuses to change what was reported, whoever tries."""

from django.db import migrations

TABLE = "concept_milestonereport"
MESSAGE = "concept_milestonereport is append-only"

SQLITE = f"""
CREATE TRIGGER {TABLE}_stays BEFORE UPDATE ON {TABLE}
BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
"""
POSTGRESQL = f"""
CREATE FUNCTION {TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {TABLE}_stays BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays()
"""


def add_trigger(apps, schema_editor):
    """Put the trigger on the table, in the words of the database at hand."""
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def remove_trigger(apps, schema_editor):
    """Take it away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {TABLE}_stays ON {TABLE}; DROP FUNCTION {TABLE}_stays()")
    else:
        schema_editor.execute(f"DROP TRIGGER {TABLE}_stays")


class Migration(migrations.Migration):
    dependencies = [("concept", "0003_reports_evidence_rounds")]

    operations = [migrations.RunPython(add_trigger, remove_trigger)]

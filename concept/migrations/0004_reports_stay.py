"""The database itself refuses to change or delete what was reported, whoever tries.

The example takes its own reports back in `kepol.example.reports.forget`, which knows the one way around. Emptying all tables works
on PostgreSQL, where TRUNCATE asks no row; on SQLite `manage.py flush` is refused while there are reports (delete the file instead).
"""

from django.db import migrations

TABLE = "concept_milestonereport"
MESSAGE = "concept_milestonereport is append-only"

REFUSE = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
SQLITE = [
    f"CREATE TRIGGER {TABLE}_stays BEFORE UPDATE ON {TABLE} {REFUSE}",
    f"CREATE TRIGGER {TABLE}_is_kept BEFORE DELETE ON {TABLE} {REFUSE}",
]
POSTGRESQL = [
    f"""
    CREATE FUNCTION {TABLE}_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF TG_OP = 'DELETE' AND current_setting('kepol.forget_reports', true) = 'on' THEN RETURN OLD; END IF;
      RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"CREATE TRIGGER {TABLE}_stays BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_stays()",
]


def add_trigger(apps, schema_editor):
    """Put the triggers on the table, in the words of the database at hand."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def remove_trigger(apps, schema_editor):
    """Take them away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {TABLE}_stays ON {TABLE}; DROP FUNCTION {TABLE}_stays()")
    else:
        schema_editor.execute(f"DROP TRIGGER {TABLE}_stays")
        schema_editor.execute(f"DROP TRIGGER {TABLE}_is_kept")


class Migration(migrations.Migration):
    dependencies = [("concept", "0003_reports_evidence_rounds")]

    operations = [migrations.RunPython(add_trigger, remove_trigger)]

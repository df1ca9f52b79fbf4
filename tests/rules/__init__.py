"""The rules of each app as a table: what breaks each constraint, and the German sentence that says so.

A row is: name of the constraint → how to build a stored row, what to set so that exactly this rule is broken, and the message
(None where nobody is told). What to set is a dictionary, a function that makes one, the name of a field that gets the row itself,
or "twin": the values of a second row.
"""

from tests.rules import accounts, concept, council, dates, files, funding, mail, partnerships, reference, stakeholders

APPS = (accounts, reference, mail, files, dates, stakeholders, council, funding, partnerships, concept)
RULES = {name: rule for app in APPS for name, rule in app.RULES.items()}
#: Models edited in the form of another → the relation that leads there, and the prefix of their rows in that form.
PARENTS = {model: place for app in APPS for model, place in getattr(app, "PARENTS", {}).items()}
#: Rules nobody can break in a form: its fields are read-only there, or read as one value that is checked before.
NOT_IN_FORMS = {name for app in APPS for name in getattr(app, "NOT_IN_FORMS", ())} | {
    name for name in RULES if name.endswith("retired_with_reason")
}

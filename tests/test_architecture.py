"""The house keeps its rules: one way up, layers inside an app, models that point down, short functions.

Each rule is a function from sources or models to sentences about what breaks it, so that small inventions show that it can fail.
"""

import ast
import statistics
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(__file__).parent.parent
CODE = ("kepol", "stakeholders", "partnerships", "concept")

# From the bottom to the top; what stands in one row does not know each other.
FLOORS = (
    ("kepol.lib",),
    ("kepol.accounts", "kepol.reference"),
    ("kepol.mail", "kepol.files", "kepol.imports", "kepol.dates"),
    ("stakeholders",),
    ("kepol.council",),
    ("kepol.funding",),
    ("partnerships",),
    ("concept",),
    ("kepol",),
)
FLOOR = {package: number for number, row in enumerate(FLOORS) for package in row}
# Inside an app, from the bottom to the top.
LAYERS = (
    ("choices", "validators", "permissions", "codes", "references"),
    ("models", "querysets"),
    (),  # domain verbs and documents: everything that has no other place
    ("resources", "forms", "admin"),
    ("views", "urls"),
)
LAYER = {name: number for number, row in enumerate(LAYERS) for name in row}
VERBS = 2
OUTSIDE_LAYERS = {"apps", "checks", "migrations", "management", "demo"}
# Pages of their own beside `views`; their names say so.
SUFFIXES = {"_views": 4, "_forms": 3, "_admin": 3}
MAX_LINES = 60
MEDIAN_LINES = 8


# --- Reading the house -------------------------------------------------------------------------------------------
def modules():
    """Dotted name and source of every module of the product."""
    for package in CODE:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path.read_text(encoding="utf-8")


SOURCES = dict(modules())


def package_of(module):
    """The package of the house a module belongs to; None for everything else. The rest of `kepol` is the composition root."""
    found = [package for package in FLOOR if module == package or module.startswith(f"{package}.")]
    return max(found, key=len, default=None)


def imports(name, source):
    """Every module named by an import, inside functions too; `from a import b` may name the module a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield f"relative import: {name}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --- One way up --------------------------------------------------------------------------------------------------
def wrong_ways(name, source):
    here = package_of(name)
    for target in imports(name, source):
        there = package_of(target)
        if target.startswith("relative import"):
            yield target
        elif there and there != here and not (target in FLOOR and target == "kepol") and FLOOR[there] >= FLOOR[here]:
            yield f"{name} imports {target}"


def test_every_module_imports_only_from_below():
    assert [problem for name, source in SOURCES.items() for problem in wrong_ways(name, source)] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("stakeholders.models", "from kepol.council.models import Submission"),
        ("stakeholders.models", "def f():\n    import kepol.council.models"),
        ("kepol.lib.names", "from kepol.accounts import roles"),
        ("kepol.accounts.models", "from kepol import reference"),
        ("kepol.council.admin", "from kepol import settings"),
        ("kepol.council.admin", "import kepol.urls"),
        ("partnerships.models", "from concept.models import Goal"),
        ("kepol.files.views", "from kepol.mail import outbox"),
        ("kepol.council.admin", "from .models import Submission"),
    ],
)
def test_a_wrong_way_is_noticed(name, source):
    assert list(wrong_ways(name, source)) != []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("kepol.council.models", "from stakeholders.models import Person\nfrom kepol.lib import names"),
        ("kepol.urls", "from concept import urls\nfrom kepol.views import start"),
        ("concept.models", "import partnerships.models"),
        ("kepol.lib.names", "import re\nfrom django.db import models"),
    ],
)
def test_the_right_way_is_allowed(name, source):
    assert list(wrong_ways(name, source)) == []


# --- Layers inside an app ----------------------------------------------------------------------------------------
def layer_of(name):
    package = package_of(name)
    rest = name.removeprefix(f"{package}.").split(".") if name != package else []
    if package in {None, "kepol", "kepol.lib"} or not rest or rest[0] in OUTSIDE_LAYERS:
        return None
    by_suffix = [layer for suffix, layer in SUFFIXES.items() if rest[0].endswith(suffix)]
    return LAYER.get(rest[0], by_suffix[0] if by_suffix else VERBS)


def wrong_layers(name, source, known):
    here = layer_of(name)
    for target in imports(name, source):
        if here is None or target not in known or package_of(target) != package_of(name):
            continue
        there = layer_of(target)
        if there is not None and there > here:
            yield f"{name} imports {target}"


def test_inside_an_app_every_module_imports_only_from_its_layer_or_below():
    found = {problem for name, source in SOURCES.items() for problem in wrong_layers(name, source, SOURCES)}
    assert found == set()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("kepol.council.models.bodies", "from kepol.council import importing"),
        ("kepol.council.models.bodies", "def f():\n    from kepol.council.views import submission_list"),
        ("kepol.council.querysets", "from kepol.council.documents import snapshot"),
        ("kepol.council.choices", "from kepol.council.models import Submission"),
        ("kepol.council.importing", "from kepol.council.admin import SubmissionAdmin"),
        ("kepol.council.forms", "from kepol.council.views import submission_list"),
    ],
)
def test_a_wrong_layer_is_noticed(name, source):
    assert list(wrong_layers(name, source, SOURCES)) != []


# --- Relations of models -----------------------------------------------------------------------------------------
def relations():
    """Every foreign key and many-to-many field of the house, with the model it stands in and the one it leads to."""
    for model in apps.get_models(include_auto_created=True):
        if package_of(model.__module__) is None:
            continue
        for column in model._meta.get_fields():
            if column.is_relation and not column.auto_created and column.related_model:
                yield model, column, column.related_model


def is_history(model):
    return hasattr(model, "history_object") or hasattr(model, "m2m_history_id")


def wrong_relation(model, column, target):
    if is_history(model) and column.name in {"history_user", "history", "history_relation"}:
        return ""
    here, there = package_of(model.__module__), package_of(target.__module__)
    if there is None or here == there or FLOOR[there] < FLOOR[here]:
        return ""
    return f"{model._meta.label}.{column.name} leads up to {target._meta.label}"


def test_every_relation_leads_down():
    found = list(relations())
    assert len(found) > 20
    assert [problem for found_one in found if (problem := wrong_relation(*found_one))] == []


def test_string_relations_lead_down_too():
    """A text such as "council.Submission" is no import, and no relation yet where the app is not installed."""
    assert [problem for name, source in SOURCES.items() for problem in wrong_texts(name, source)] == []


RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def wrong_texts(name, source):
    labels = {package.rpartition(".")[2]: package for package in FLOOR if package not in {"kepol", "kepol.lib"}}
    here = package_of(name)
    if ".migrations." in name:
        return
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in RELATIONS):
            continue
        targets = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg in {"to", "through"})]
        for target in targets:
            text = target.value if isinstance(target, ast.Constant) and isinstance(target.value, str) else ""
            there = labels.get(text.partition(".")[0]) if "." in text else None
            if there and there != here and FLOOR[there] >= FLOOR[here]:
                yield f"{name}: {text}"


def test_a_relation_that_leads_up_is_noticed():
    submission, organisation = apps.get_model("council", "Submission"), apps.get_model("stakeholders", "Organisation")
    lead = submission._meta.get_field("lead")
    assert wrong_relation(submission, lead, organisation) == ""
    assert wrong_relation(organisation, lead, submission) != ""
    assert list(wrong_texts("stakeholders.models", 'x = models.ForeignKey("council.Submission", models.PROTECT)')) != []
    assert list(wrong_texts("stakeholders.models", 'x = models.ManyToManyField(to="concept.Goal")')) != []
    assert (
        list(wrong_texts("kepol.council.models", 'x = models.ForeignKey("stakeholders.Person", models.PROTECT)')) == []
    )


def open_back_doors(model, column, target, sources):
    """A relation into a lower app hides its way back, unless its own app reads it."""
    here, there = package_of(model.__module__), package_of(target.__module__)
    if is_history(model) or there is None or here == there or column.remote_field.hidden:
        return ""
    accessor = column.remote_field.get_accessor_name()
    reads = any(
        accessor in source
        for name, source in sources.items()
        if package_of(name) == here and ".migrations." not in name
    )
    # The declaration itself is one mention.
    own = sources.get(model.__module__, "").count(accessor)
    return "" if reads and own != 1 else f"{model._meta.label}.{column.name} is read back as {accessor}"


def test_lower_apps_do_not_see_who_points_to_them():
    assert [problem for found in relations() if (problem := open_back_doors(*found, SOURCES))] == []


def test_an_open_back_door_is_noticed():
    class Column:
        name = "lead"

        class remote_field:  # noqa: N801 - plays Django's attribute
            hidden = False

            @staticmethod
            def get_accessor_name():
                return "led_submissions"

    submission, organisation = apps.get_model("council", "Submission"), apps.get_model("stakeholders", "Organisation")
    source = {submission.__module__: 'lead = models.ForeignKey(Organisation, related_name="led_submissions")'}
    assert open_back_doors(submission, Column, organisation, source) != ""


# --- Shape of the code -------------------------------------------------------------------------------------------
def functions(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


PRODUCT = {name: source for name, source in SOURCES.items() if ".migrations" not in name}


def too_long(name, source):
    return [f"{name}.{function}: {lines} lines" for function, lines in functions(source) if lines > MAX_LINES]


def test_functions_are_short():
    lengths = [lines for source in PRODUCT.values() for _, lines in functions(source)]
    assert [problem for name, source in PRODUCT.items() for problem in too_long(name, source)] == []
    assert statistics.median(lengths) < MEDIAN_LINES


def test_a_long_function_is_noticed():
    assert too_long("a", "def f():\n" + "    x = 1\n" * MAX_LINES) != []


def signals(name, source):
    """Own domain goes through doors, not through signals; that Django has migrated is no domain."""
    for node in ast.walk(ast.parse(source)):
        called = node.func if isinstance(node, ast.Call) else None
        text = ast.unparse(called) if called is not None else ""
        if text.split(".")[-1] == "receiver" or (text.endswith(".connect") and not text.startswith("post_migrate")):
            yield f"{name}: {text}"


def test_no_signals_for_the_own_domain():
    assert [problem for name, source in PRODUCT.items() for problem in signals(name, source)] == []


def test_a_signal_is_noticed():
    assert list(signals("a", "@receiver(post_save)\ndef f(**_): ...")) != []
    assert list(signals("a", "post_save.connect(f)")) != []


def test_no_module_is_named_after_nothing():
    assert [name for name in SOURCES if name.rpartition(".")[2] in {"utils", "helpers", "misc", "common"}] == []


def without_sentence(packages, sources):
    return [package for package in packages if not ast.get_docstring(ast.parse(sources.get(package, "")))]


def test_every_package_of_the_house_exists_and_says_what_it_is_for():
    assert without_sentence(FLOOR, SOURCES) == []
    assert without_sentence(["a"], {"a": "x = 1"}) == ["a"]


def test_every_module_says_what_it_is_for():
    named = {name for name, source in PRODUCT.items() if source.strip()}
    assert without_sentence(sorted(named), PRODUCT) == []


def test_installed_apps_stand_in_the_order_of_the_floors():
    own = [
        package_of(path) for path in settings.INSTALLED_APPS if path.split(".")[0] in CODE and "backoffice" not in path
    ]
    floors = [FLOOR[package] for package in own if package != "kepol"]
    assert floors == sorted(floors)


def unnamed(model):
    return model._meta.verbose_name == model._meta.object_name.lower() or not model._meta.ordering


def test_every_own_model_declares_its_names_and_its_order():
    own = [model for model in apps.get_models() if package_of(model.__module__) and not is_history(model)]
    assert [model._meta.label for model in own if unnamed(model)] == []

"""The set-up: locked packages without addresses, documented settings, unsafe configurations refused."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.txt", "requirements-dev.txt", ".ci/tools/requirements-node.txt", "package-lock.json"]
GOOD_KEY = "k3-Pol_4nd5-some_m0re-characters_9x-than_fifty-to_be-safe"


def lock_text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name):
    return set(re.findall(r"^[a-z0-9][^\s]*==[^\s;]+", lock_text(name), flags=re.MULTILINE))


@pytest.mark.parametrize("name", [*LOCKS, "package.json", ".npmrc", "requirements.in", "requirements-dev.in"])
def test_lock_file_names_no_address(name):
    assert "://" not in lock_text(name)


@pytest.mark.parametrize("name", LOCKS[:3])
def test_every_locked_python_package_carries_a_hash(name):
    requirements = re.split(r"\n(?=[a-z0-9])", lock_text(name).strip())

    assert [entry.split()[0] for entry in requirements if "--hash=sha256:" not in entry] == []


def test_every_locked_npm_package_carries_a_hash():
    packages = json.loads(lock_text("package-lock.json"))["packages"]

    assert [
        name for name, entry in packages.items() if name and not entry.get("integrity", "").startswith("sha512-")
    ] == []


def test_development_uses_the_packages_of_production():
    assert pins("requirements.txt") - pins("requirements-dev.txt") == set()


def test_project_names_its_licence():
    project = tomllib.loads(lock_text("pyproject.toml"))["project"]

    assert (project["name"], project["license"]) == ("kepol", "EUPL-1.2")


# --- Settings -----------------------------------------------------------------------------------------------------
def names_read(source):
    """Return the first argument of every `env.…("NAME")` in a Python source."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
    }


def names_documented(text):
    return set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text, flags=re.MULTILINE))


def test_env_example_documents_every_setting_and_no_other():
    assert names_documented(lock_text(".env.example")) == names_read(lock_text("kepol/settings.py"))


def load_settings(**environment):
    """Import the settings in a fresh process that knows nothing but `environment`; return code and last line."""
    command = [sys.executable, "-W", "error", "-c", "import kepol.settings"]
    known = {"PATH": os.environ["PATH"], "KEPOL_ENV_FILE": os.devnull, "PYTHONUTF8": "1", **environment}
    result = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)
    return result.returncode, (result.stderr.strip().splitlines() or [""])[-1]


SAFE = {
    "SECRET_KEY": GOOD_KEY,
    "ALLOWED_HOSTS": "kepol.example.org",
    "SITE_URL": "https://kepol.example.org",
}
DEMO = {"SECRET_KEY": GOOD_KEY, "ALLOWED_HOSTS": "127.0.0.1,localhost", "DEMO": "True"}


@pytest.mark.parametrize("environment", [SAFE, DEMO, {"SECRET_KEY": GOOD_KEY, "DEBUG": "True"}])
def test_safe_configuration_is_accepted(environment):
    assert load_settings(**environment) == (0, "")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "SECRET_KEY fehlt oder ist zu kurz"),
        ({**SAFE, "SECRET_KEY": GOOD_KEY[:49]}, "SECRET_KEY fehlt oder ist zu kurz"),
        ({**SAFE, "SECRET_KEY": "x" * 60}, "SECRET_KEY fehlt oder ist zu kurz"),
        ({"SECRET_KEY": "kurz", "DEBUG": "True"}, "SECRET_KEY fehlt oder ist zu kurz"),
        ({**SAFE, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS fehlt oder ist zu weit"),
        ({**SAFE, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS fehlt oder ist zu weit"),
        ({**SAFE, "ALLOWED_HOSTS": "kepol.example.org,.example.org"}, "ALLOWED_HOSTS fehlt oder ist zu weit"),
        *(
            ({**SAFE, "SITE_URL": address}, "SITE_URL fehlt oder passt nicht")
            for address in ["", "http://kepol.example.org", "https://other.example.org", "https://kepol.example.org/x"]
        ),
        ({**DEMO, "DEBUG": "True"}, "DEMO=True geht nur auf dem eigenen Rechner"),
        ({**DEMO, "ALLOWED_HOSTS": "kepol.example.org"}, "DEMO=True geht nur auf dem eigenen Rechner"),
        (
            {**DEMO, "ALLOWED_HOSTS": "127.0.0.1,localhost,kepol.example.org"},
            "DEMO=True geht nur auf dem eigenen Rechner",
        ),
        ({**DEMO, "ALLOWED_HOSTS": "*"}, "DEMO=True geht nur auf dem eigenen Rechner"),
    ],
)
def test_unsafe_configuration_is_refused_with_what_to_set(environment, message):
    code, last_line = load_settings(**environment)

    assert (code, last_line.split(": ")[:2]) == (1, ["django.core.exceptions.ImproperlyConfigured", message])

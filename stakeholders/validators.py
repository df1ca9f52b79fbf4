"""How the city writes the codes of its units."""

import re

from django.core.exceptions import ValidationError

CODE = re.compile(r"^(?P<kind>FB|E|S|B|Dez)\.?\s*(?P<unit>\d{1,2}|[IVX]+)(?:\s*[/-]\s*(?P<division>\d{2,3}))?$", re.IGNORECASE)
UNIT_WIDTH = 2


def validate_code(code: str) -> None:
    """Raise `ValidationError` when `code` is not written like FB 36, E 26, Dez I or FB 01/300."""
    if not CODE.match(code.strip()):
        raise ValidationError(
            {"code": f"„{code}“ ist kein Kürzel. Erwartet wird zum Beispiel FB 36, E 26, Dez I oder FB 01/300."}, code="code"
        )


def canonical_code(code: str) -> str:
    """Write a valid code as the city prints it: `fb36` → `FB 36`, `FB01-300` → `FB 01/300`, `DEZ I` → `Dez I`."""
    match = CODE.match(code.strip())
    if match is None:
        return code
    kind = "Dez" if match["kind"].upper() == "DEZ" else match["kind"].upper()
    unit = match["unit"].zfill(UNIT_WIDTH) if match["unit"].isdigit() else match["unit"].upper()
    return f"{kind} {unit}/{match['division']}" if match["division"] else f"{kind} {unit}"

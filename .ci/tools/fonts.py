"""Turn the Fira Sans of the KERN package (WOFF2) into the TTF files the PDF embeds.

Run by the project's own Python: `python -m tools.fonts SOURCE TARGET`. TTF because WOFF2 costs half a second per document.
"""

import sys
from pathlib import Path

from fontTools.ttLib import TTFont

FACES = ("Regular", "Italic", "SemiBold", "SemiBoldItalic")


def convert(source: Path, target: Path) -> None:
    """Write one TTF per face; the time stamp of the font stays, so that two runs give the same bytes."""
    target.mkdir(parents=True, exist_ok=True)
    for face in FACES:
        font = TTFont(source / f"FiraSans-{face}.woff2", recalcTimestamp=False)
        font.flavor = None
        font.save(target / f"FiraSans-{face}.ttf")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))

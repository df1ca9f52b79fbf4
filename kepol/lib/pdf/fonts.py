"""The project's own fonts: TTF files of one directory as assets, and the `@font-face` rules that name them."""

import unicodedata
from pathlib import Path

from fontTools.ttLib import TTFont

from kepol.lib.pdf.document import Asset

FAMILY = "Fira Sans"
# End of the file name -> weight and style.
FACES = {
    "Regular": (400, "normal"),
    "Italic": (400, "italic"),
    "Medium": (500, "normal"),
    "MediumItalic": (500, "italic"),
    "SemiBold": (600, "normal"),
    "SemiBoldItalic": (600, "italic"),
    "Bold": (700, "normal"),
    "BoldItalic": (700, "italic"),
}


def font_files(directory: Path) -> dict[str, Path]:
    """Return face -> file for the known faces in `directory`; an empty result means that set-up did not run."""
    faces = {path.stem.removeprefix("FiraSans-"): path for path in directory.glob("FiraSans-*.ttf")}
    return {face: path for face, path in sorted(faces.items()) if face in FACES}


def asset_url(face: str) -> str:
    """Return the URL under which the fetcher knows the file of a face."""
    return f"asset:fonts/FiraSans-{face}.ttf"


def font_assets(directory: Path) -> dict[str, Asset]:
    """Read the font files into memory, once per render process."""
    return {asset_url(face): (path.read_bytes(), "font/ttf") for face, path in font_files(directory).items()}


def font_face_rule(face: str) -> str:
    """Return the `@font-face` rule of one face."""
    weight, style = FACES[face]
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; font-style: {style}; '
        f'src: url("{asset_url(face)}"); }}'
    )


def base_stylesheet(directory: Path) -> str:
    """Return the rules every document starts with: the fonts, and what these fonts and the typography need.

    Fira Sans lacks U+2010 and U+25E6: without an own hyphen and bullet another font would slip in silently.
    """
    rules = [font_face_rule(face) for face in font_files(directory)]
    rules += [
        f'html {{ font-family: "{FAMILY}"; hyphenate-character: "-"; }}',
        f'pre, code, kbd, samp, tt {{ font-family: "{FAMILY}"; }}',
        'li ul { list-style-type: "– "; }',
        ".nb { white-space: nowrap; }",
        ".whole { hyphens: none; }",
    ]
    return "\n".join(rules)


def known_characters(directory: Path) -> frozenset[str]:
    """Return the characters that every font file has a glyph for."""
    sets = [set(map(chr, TTFont(path, lazy=True).getBestCmap())) for path in font_files(directory).values()]
    return frozenset(set.intersection(*sets)) if sets else frozenset()


def missing_characters(text: str, known: frozenset[str]) -> list[str]:
    """Return what `text` wants to show and the fonts cannot: another font would slip in and the gate would refuse.

    Spaces, line ends and invisible characters (soft hyphen, direction marks) need no glyph.
    """
    invisible = {"Zs", "Zl", "Zp", "Cc", "Cf"}
    return sorted(character for character in set(text) - known if unicodedata.category(character) not in invisible)

"""The project's own fonts: TTF files of one directory as assets, and the `@font-face` rules that name them."""

from pathlib import Path

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
        'ul ul { list-style-type: "– "; }',
        ".nb { white-space: nowrap; }",
        ".whole { hyphens: none; }",
    ]
    return "\n".join(rules)

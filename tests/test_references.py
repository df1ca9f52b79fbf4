"""Numbers of papers and codes of units in every spelling people use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepol.council.references import (
    Reference,
    UnitLabel,
    canonical_code,
    find_references,
    is_code,
    split_unit_label,
    split_units,
)


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("FB 36/0284/WP17", "FB 36/0284/WP17"),
        ("FB36/0284/WP17", "FB 36/0284/WP17"),
        ("fb 36 / 0284 / WP 17", "FB 36/0284/WP17"),
        ("FB 36/0284/WP.17", "FB 36/0284/WP17"),
        ("FB 36/284/WP17", "FB 36/0284/WP17"),
        ("FB\u00a036/0284/WP\u00a017", "FB 36/0284/WP17"),
        ("FB 36/316/WP17-1", "FB 36/0316/WP17-1"),
        ("FB 36/0316/WP17\u20111", "FB 36/0316/WP17-1"),
        ("FB 1/0674/WP18", "FB 01/0674/WP18"),
        ("Dez II/0004/WP18", "Dez II/0004/WP18"),
        ("DEZ. ii/4/WP18", "Dez II/0004/WP18"),
        ("E26/60/WP18", "E 26/0060/WP18"),
        ("S 69/0003/WP17", "S 69/0003/WP17"),
        ("B 03/0012/WP18", "B 03/0012/WP18"),
    ],
)
def test_reference_reads_every_spelling(spelling, canonical):
    assert str(Reference.parse(spelling)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "Rat/33/WP.17",
        "HA/02/WP18",
        "MA/40/WP.17",
        "490/18",
        "AT 210/24",
        "RA_616_17",
        "2021/0330",
        "FB 36/0284",
        "FB 36/12345/WP17",
        "FB 36/0284/WP174",
        "FB II/0284/WP17",
        "Dez 2/0004/WP18",
        "siehe FB 36/0284/WP17",
        "",
    ],
)
def test_reference_refuses_other_numbers_and_names_the_expected_form(text):
    with pytest.raises(ValueError, match=r"ist keine Vorlagenummer\. Erwartet wird eine Nummer wie „FB 36/0284/WP17“"):
        Reference.parse(text)


@pytest.mark.parametrize("text", ["FB 36/0000/WP17", "FB 36/0284/WP00", "FB 36/0284/WP17-0"])
def test_reference_refuses_numbers_that_cannot_be(text):
    with pytest.raises(ValueError, match="Diese Vorlagenummer gibt es nicht"):
        Reference.parse(text)


def test_reference_refuses_a_unit_that_is_not_canonical():
    with pytest.raises(ValueError, match="keine Dienststelle einer Vorlagenummer"):
        Reference("FB36", 284, 17)


def test_supplement_is_another_paper():
    assert Reference.parse("FB 36/0316/WP17-1") == Reference("FB 36", 316, 17, 1)
    assert Reference.parse("FB 36/0316/WP17-1") != Reference.parse("FB 36/0316/WP17")


units = st.one_of(
    st.builds("{} {:02d}".format, st.sampled_from(["FB", "E", "S", "B"]), st.integers(0, 99)),
    st.sampled_from(
        ["Dez I", "Dez II", "Dez III", "Dez IV", "Dez V", "Dez VI", "Dez VII", "Dez VIII", "Dez IX", "Dez X"]
    ),
)
references = st.builds(
    Reference, units, st.integers(1, 9999), st.integers(1, 99), st.one_of(st.none(), st.integers(1, 99))
)


@given(references)
def test_reference_parses_what_it_prints(reference):
    assert Reference.parse(str(reference)) == reference
    assert find_references(f"nach ({reference}), dann") == [reference]


def test_find_references_takes_each_paper_once_in_order():
    text = (
        "Der Beschluss (FB36/0284/WP17) und FB 36/0316/WP17-1, nicht Rat/33/WP.17 oder 490/18; "
        "wieder FB 36/0284/WP.17. Dazu Dez II/0004/WP18."
    )
    assert [str(found) for found in find_references(text)] == [
        "FB 36/0284/WP17",
        "FB 36/0316/WP17-1",
        "Dez II/0004/WP18",
    ]


@pytest.mark.parametrize("text", ["SFB 36/0284/WP17", "x/FB 36/0284/WP17", "FB 36/0284/WP17/2", "FB 36/0000/WP17", ""])
def test_find_references_leaves_other_numbers_alone(text):
    assert find_references(text) == []


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("FB36", "FB 36"),
        ("FB 1", "FB 01"),
        ("fb 01/300", "FB 01/300"),
        ("FB01-300", "FB 01/300"),
        ("FB01\u2013300", "FB 01/300"),
        ("E 26/00", "E 26/00"),
        ("DEZ I", "Dez I"),
        ("Dez. III", "Dez III"),
        ("Dezernat II", "Dez II"),
    ],
)
def test_canonical_code_reads_every_spelling(spelling, code):
    assert canonical_code(spelling) == code
    assert is_code(spelling)


@pytest.mark.parametrize("text", ["Umwelt", "36/001", "FB", "FB 361", "FB 36/0284", "Dezernent", "Dez 1", ""])
def test_canonical_code_refuses_what_is_no_code(text):
    with pytest.raises(ValueError, match=r"ist kein Kürzel einer Dienststelle\. Erwartet wird etwa „FB 36“"):
        canonical_code(text)
    assert not is_code(text)


@pytest.mark.parametrize(
    ("cell", "units"),
    [
        ("FB 36, FB61 und FB60/300", ["FB 36", "FB 61", "FB 60/300"]),
        ("Dez. III // FB 61/200 /100", ["Dez III", "FB 61/200", "FB 61/100"]),
        ("DEZ I, FB 01/300", ["Dez I", "FB 01/300"]),
        ("Dez I, FB01-300", ["Dez I", "FB 01/300"]),
        ("FB 36 / FB 61 sowie E26", ["FB 36", "FB 61", "E 26"]),
        ("FB 1", ["FB 01"]),
        ("Umwelt", ["Umwelt"]),
        ("Klima und Umwelt", ["Klima und Umwelt"]),
        ("FB 36, Klima und Umwelt", ["FB 36", "Klima und Umwelt"]),
        ("Herr Muster, FB14", ["Herr Muster", "FB 14"]),
        ("FB 36; FB36", ["FB 36"]),
        ("36/001", ["36/001"]),
        ("FB36/0284/WP17", ["FB36/0284/WP17"]),
        (" ", []),
    ],
)
def test_split_units_separates_only_units(cell, units):
    assert split_units(cell) == units


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (
            "FB 01 - Fachbereich Bürger*innendialog und Verwaltungsleitung",
            ("FB 01", "Fachbereich Bürger*innendialog und Verwaltungsleitung"),
        ),
        ("FB61 – Stadtentwicklung - Planung", ("FB 61", "Stadtentwicklung - Planung")),
        ("E 26 - Gebäudemanagement", ("E 26", "Gebäudemanagement")),
        ("Dezernat II", ("Dez II", "Dezernat II")),
        ("Verwaltungsleitung", ("", "Verwaltungsleitung")),
        ("Sport - Bewegung", ("", "Sport - Bewegung")),
    ],
)
def test_split_unit_label_keeps_the_name_as_written(label, expected):
    assert split_unit_label(label) == UnitLabel(*expected)

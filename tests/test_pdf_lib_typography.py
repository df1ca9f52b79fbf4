"""What belongs together stays on one line; only markup is added, and only in text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepol.lib.pdf.typography import bind

pytestmark = pytest.mark.one_database

TOGETHER = [
    "FB 36",
    "WP 18",
    "TOP 7",
    "SDG 13",
    "Anlage 2",
    "Seite 4",
    "7. Mai",
    "13. Mai 2025",
    "31. Dezember 2026",
    "§ 60",
    "§ 60a",
    "§ 60 Abs. 2",
    "§ 60 Abs. 2 Satz 1",
    "§§ 10",
    "Abs. 2",
    "Art. 28",
    "Nr. 4",
    "22.000 €",
    "1.234.567,89 €",
    "5 Mio. €",
    "12 %",
    "3,5 t",
    "18 Uhr",
    "400 kWh",
    "z. B.",
    "d. h.",
    "i. d. R.",
]
WHOLE = ["Bürger*innen", "Mitarbeiter:innen", "Kolleg_innen", "Bürger*innen-Rat", "Nord-Süd-Botschafter*innen"]
UNTOUCHED = [
    "Im Mai 2025 war es warm.",
    "Die FB sind zuständig.",
    "Es waren 22.000 Menschen.",
    "Das * steht allein.",
    "2 * 3 = 6",
    "um 10:30 an der Tür",
    "45. Mai",
    "Abschnitt",
    "22.000 €uropa",
    "",
]


@pytest.mark.parametrize("text", TOGETHER)
def test_bind_keeps_together(text):
    assert bind(f"<p>Vorher {text}, nachher</p>") == f'<p>Vorher <span class="nb">{text}</span>, nachher</p>'


@pytest.mark.parametrize("word", WHOLE)
def test_bind_forbids_hyphens_in_gendered_word(word):
    assert bind(f"<p>Die {word}.</p>") == f'<p>Die <span class="whole">{word}</span>.</p>'


@pytest.mark.parametrize("text", UNTOUCHED)
def test_bind_leaves_other_text(text):
    assert bind(f"<p>{text}</p>") == f"<p>{text}</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<p title="FB 36 > 7. Mai">x</p>',
        "<p title='Bürger*innen > § 60'>x</p>",
        "<!-- FB 36 --><p>x</p>",
        "<head><title>FB 36</title></head>",
        "<style>/* FB 36 */ a > b { color: red }</style>",
        "<code>FB 36</code>",
    ],
)
def test_bind_leaves_markup_and_code(html):
    assert bind(html) == html


def test_bind_goes_on_after_code():
    assert bind("<code>FB 1</code><b>FB 36</b>") == '<code>FB 1</code><b><span class="nb">FB 36</span></b>'


def test_bind_leaves_white_space_as_it_is():
    assert bind("<p>FB\n  36</p>") == '<p><span class="nb">FB\n  36</span></p>'


PIECES = st.sampled_from([*TOGETHER, *WHOLE, "<b>", "</b>", "<br>", " ", ", ", "Text", "&amp;", '<a title="FB 36 >">'])


@given(st.lists(PIECES).map("".join))
def test_bind_adds_nothing_but_spans(html):
    assert re.sub(r'<span class="(?:nb|whole)">|</span>', "", bind(html)) == html

"""Formatted text: nothing active survives, nothing written is lost, and cleaning twice changes nothing."""

from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Value
from django.template import Context, Engine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kepol.lib.richtext import (
    MAX_LENGTH,
    MAX_TAGS,
    RichTextField,
    RichTextFormField,
    RichTextWidget,
    from_paragraphs,
    safe_html,
    sanitise,
    to_text,
    words,
)

ALLOWED = {
    **{
        tag: set()
        for tag in ("h4", "ul", "li", "blockquote", "table", "thead", "tbody", "tr", "strong", "em", "sub", "sup", "br")
    },
    "a": {"href"},
    "p": {"lang"},
    "span": {"lang"},
    "ol": {"start"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
ADDRESSES = ("http://", "https://", "mailto:")

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)//<p>",
    "<script\x20type='text/javascript'>alert(1);</script>",
    "<script\x0a>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<img src='x' onerror='&#97;lert(1)'>",
    '<img """><script>alert(1)</script>">',
    "<img srcset='x 1x' src=`javascript:alert(1)`>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text x=20 y=20>X</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<svg><foreignObject><p><script>alert(1)</script></p></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<math><annotation-xml encoding='text/html'><script>alert(1)</script></annotation-xml></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<noembed><p title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<noframes><p title='</noframes><img src=x onerror=alert(1)>'></noframes>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<template><script>alert(1)</script></template>",
    "<template shadowrootmode=open><img src=x onerror=alert(1)></template>",
    "<title><p title='</title><img src=x onerror=alert(1)>'></title>",
    "<textarea><p title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "<?xml version='1.0'?><?php echo 1 ?>",
    "<p onclick=alert(1)>x</p>",
    "<p/onmouseover=alert(1)>x",
    "<p autofocus tabindex=1 onfocus=alert(1)>x</p>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<embed src='javascript:alert(1)'>",
    "<applet code=x></applet>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<link rel=attachment href='file:///etc/passwd'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='//evil.example/'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<p style='font-size:9999999px;position:fixed'>x</p>",
    "<p class=object id=location name=cookie>x</p>",
    "<form action='//evil.example'><input name=password><button formaction='javascript:alert(1)'>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<select onfocus=alert(1) autofocus><option>x</select>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<keygen autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<custom-element onclick=alert(1)>x</custom-element>",
    "<table background='javascript:alert(1)'><tr><td background='//evil.example/x'>x</table>",
    "<table><tr><td><script>alert(1)</script><td onclick=alert(1)>x</table>",
    "<table><script>alert(1)</script><tr><td>x</table>",
    "<p><table><p><a href='javascript:alert(1)'>x<table><p>y",
    "<a><table><a><tr><a><td><a href='javascript:alert(1)'>x",
    "<ol type='javascript:alert(1)' start='9e9'><li value=x>x</ol>",
    "<p lang='\"><script>alert(1)</script>'>x</p>",
    "<p lang='de\" onclick=\"alert(1)'>x</p>",
    "<a href='https://a.example/\"onmouseover=\"alert(1)'>x</a>",
    '<a href="https://a.example/\'><script>alert(1)</script>">x</a>',
    "<a href='https://a.example' target=_blank ping='//evil.example' download>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)",
    "<\x00script>alert(1)</script>",
    "<p>\ud800<script>alert(1)</script></p>",
    "<<script>alert(1)</script>",
    "<p <script>alert(1)</script>>x</p>",
    "\u202e<img src=x onerror=alert(1)>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7|add:7 }}{% debug %}<p>x",
]
BAD_ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\x00script:alert(1)",
    "javascript&colon;alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A&#x61vascript:alert(1)",
    "javascript&#58;alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "ftp://evil.example/",
    "blob:https://evil.example/x",
    "view-source:https://a.example",
    "intent://evil#Intent;end",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "///evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "https:///evil.example",
    "https://",
    "https://a.example@evil.example/",
    "https://[evil/",
    "https://a.example\\@evil.example",
    "https://a.exa mple/",
    "mailto:",
    "mailto:nobody",
    "/admin/",
    "?q=1",
    "#oben",
    "seite.html",
    "",
]


class Inventory(HTMLParser):
    """What a parser finds: the attributes of every element, and how deep the elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found, self.depth, self.deepest = [], 0, 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.depth += tag != "br"
        self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag):
        self.depth -= 1

    def handle_comment(self, data):
        self.found.append(("!--", {}))

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(html: str) -> None:
    for tag, attributes in Inventory(html).found:
        assert tag in ALLOWED
        assert set(attributes) <= ALLOWED[tag]
        assert attributes.get("href", ADDRESSES[0]).lower().startswith(ADDRESSES)


# --- Hostile text -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_markup_leaves_nothing_active(html):
    clean = sanitise(html)
    assert_harmless(clean)
    assert sanitise(clean) == clean


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_markup_written_as_text_stays_text(html):
    visible = " ".join(html.replace("\x00", "").replace("\ud800", "").replace("\u202e", "").split())
    assert words(from_paragraphs([visible])) == visible.split()
    assert {tag for tag, _ in Inventory(from_paragraphs([visible])).found} == {"p"}


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_unsafe_address_leaves_the_words_without_link(address):
    assert sanitise(f'<p>siehe <a href="{address}">hier</a></p>') == "<p>siehe hier</p>"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "https://example.org/pfad?a=1&amp;b=2#ziel",
        "HTTPS://example.org:8443/",
        "https://münster.example/ä",
        "https://[2001:db8::1]/",
        "mailto:post@example.org",
        "mailto:post@example.org?subject=Gru%C3%9F",
    ],
)
def test_complete_address_is_kept(address):
    html = f'<p><a href="{address}">hier</a></p>'
    assert sanitise(html) == html


@pytest.mark.parametrize(
    "sign", ["\x00", "\x07", "\x7f", "\x9b", "\u200b", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\uffff"]
)
def test_invisible_characters_disappear(sign):
    assert sanitise(f"<p>Ver{sign}ein</p>") == "<p>Verein</p>"


@pytest.mark.parametrize("sign", ["\x07", "\x7f", "\u200b", "\u202e", "\u2066", "\ufeff"])
def test_invisible_character_references_disappear(sign):
    assert sanitise(f"<p>Ver&#x{ord(sign):x};ein</p>") == "<p>Verein</p>"


def test_lone_surrogate_disappears():
    assert sanitise("<p>a\ud800b</p>") == "<p>ab</p>"


def test_text_is_in_composed_form():
    assert sanitise("<p>O\u0308ko<b>\u0308</b></p>") == "<p>Öko<strong>\u0308</strong></p>"


TAGS = st.sampled_from([*ALLOWED, "b", "i", "h1", "caption", "div", "script", "style", "svg", "math", "pre"])
ATTRIBUTES = st.sampled_from(
    [
        "",
        "",
        ' href="https://a.example"',
        ' href="//b"',
        " lang=en",
        ' colspan="3"',
        " rowspan=9",
        " start=4",
        " onclick=x",
        ' class="y"',
    ]
)
PIECES = st.one_of(
    st.builds(lambda tag, attributes: f"<{tag}{attributes}>", TAGS, ATTRIBUTES),
    st.builds(lambda tag: f"</{tag}>", TAGS),
    st.sampled_from([" ", "\n", "&nbsp;", "&lt;", "&amp;", "<!--", "-->", "<", ">", "\u0308", "e", "Bürger*innen"]),
    st.text(max_size=5),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
@example("<p>a<b> </b> <i> b</i><br> <br></p>")
@example("<table><tr><th rowspan=9>a<tr><td colspan=20>b<tr><td rowspan=3>c<td>d</table>")
def test_cleaning_twice_changes_nothing(html):
    clean = sanitise(html)
    assert sanitise(clean) == clean
    assert_harmless(clean)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.sampled_from(["td", "th"]), st.integers(1, 25), st.integers(1, 25)), min_size=1, max_size=25
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_table_is_regular(rows):
    cells = [[f"<{tag} colspan={wide} rowspan={high}>x</{tag}>" for tag, wide, high in row] for row in rows]
    clean = sanitise("<table>" + "".join(f"<tr>{''.join(row)}</tr>" for row in cells) + "</table>")
    assert sanitise(clean) == clean
    assert clean.startswith('<table><thead><tr><th scope="col"')
    found = [attributes for tag, attributes in Inventory(clean).found if tag in {"td", "th"}]
    area = sum(int(one.get("colspan", 1)) * int(one.get("rowspan", 1)) for one in found)
    assert area % len(rows) == 0
    assert area // len(rows) <= 20


# --- One form for the same text -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", ""),
        ("<p></p>", ""),
        ("<p> <br>&nbsp;</p><ul><li></li></ul><table><tr><td></table>", ""),
        ("Hallo", "<p>Hallo</p>"),
        ("<p>a</p><p></p><p>b</p>", "<p>a</p><p>b</p>"),
        ("<div>a</div><div>b<hr>c</div>", "<p>a</p><p>b</p><p>c</p>"),
        ("<b>fett</b> <i>schräg</i> <u>a</u><s>b</s>", "<p><strong>fett</strong> <em>schräg</em> ab</p>"),
        ("<p><b>a</b><b>b</b><b></b></p>", "<p><strong>ab</strong></p>"),
        ("<p><em><strong>a</strong></em></p>", "<p><strong><em>a</em></strong></p>"),
        ("<b><p>a</p><p>b</p></b>", "<p><strong>a</strong></p><p><strong>b</strong></p>"),
        ("<p> a \n  b<br> c <br></p>", "<p>a b<br>c</p>"),
        ("<p>CO<sub>2</sub>, m<sup>2</sup></p>", "<p>CO<sub>2</sub>, m<sup>2</sup></p>"),
        ("<h1>A</h1><h2>B</h2><h6>C</h6>", "<h4>A</h4><h4>B</h4><h4>C</h4>"),
        ("<ul><li><p>a</p></li><li>b</li></ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul><li>a<ol><li>b</ol></ul>", "<ul><li><p>a</p><ol><li>b</li></ol></li></ul>"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "<ul><li><p>a</p><ul><li>b</li></ul></li></ul>"),
        ('<ol start="3" type="a"><li>c</ol>', '<ol start="3"><li>c</li></ol>'),
        ('<ol start="99999"><li>c</ol>', '<ol start="999"><li>c</li></ol>'),
        ('<ol start="-5"><li>c</ol>', "<ol><li>c</li></ol>"),
        ("<blockquote>Zitat</blockquote>", "<blockquote><p>Zitat</p></blockquote>"),
        ('<p lang="fr">a <span lang="en">b</span> <span>c</span></p>', '<p lang="fr">a <span lang="en">b</span> c</p>'),
        ('<p lang="x y">a</p>', "<p>a</p>"),
        ("<p>Bürger*innen, _so_, # und 1 < 2 & 3 > 2</p>", "<p>Bürger*innen, _so_, # und 1 &lt; 2 &amp; 3 &gt; 2</p>"),
    ],
)
def test_text_has_one_form(html, expected):
    assert sanitise(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<table><tr><td>A<td>B<tr><td>1<td>2</table>",
            '<table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>',
        ),
        (
            "<table><tbody><tr><th><p>A</p></th></tr><tr><th>C</th></tr></tbody></table>",
            '<table><thead><tr><th scope="col">A</th></tr></thead><tbody><tr><th scope="row">C</th></tr></tbody></table>',
        ),
        (
            "<table><tr><td>A<tr><th>B<tr><td>1</table>",
            '<table><thead><tr><th scope="col">A</th></tr><tr><th scope="col">B</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>',
        ),
        (
            "<table><tr><th>A<th>B<tr><td>1</table>",
            '<table><thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead><tbody><tr><td>1</td><td></td></tr></tbody></table>',
        ),
        ("<table><tr><td>allein</table>", '<table><thead><tr><th scope="col">allein</th></tr></thead></table>'),
        (
            "<table><caption>Titel</caption><tr><td>A</table>",
            '<p>Titel</p><table><thead><tr><th scope="col">A</th></tr></thead></table>',
        ),
        (
            "<table><tr><td><table><tr><td>innen<td>drin</table></table>",
            '<table><thead><tr><th scope="col"><p>innen</p><p>drin</p></th></tr></thead></table>',
        ),
        (
            "<table><tr><td colspan=100000 rowspan=100000>A</table>",
            '<table><thead><tr><th scope="col" colspan="20">A</th></tr></thead></table>',
        ),
    ],
)
def test_table_has_a_header_row_and_bounded_spans(html, expected):
    assert sanitise(html) == expected


@pytest.mark.parametrize(
    "wrapper", ["<blockquote>", "<ul><li>", "<div>", "<b>", "<ol><li><blockquote>", "<table><tr><td>", "<span lang=en>"]
)
def test_deep_nesting_is_flattened_and_keeps_the_words(wrapper):
    clean = sanitise("Anfang" + f"{wrapper}tief " * 400 + "Ende")
    assert Inventory(clean).deepest <= 20
    assert words(clean)[0].startswith("Anfang")
    assert to_text(clean).count("tief") == 400
    assert sanitise(clean) == clean


def test_too_many_tags_leave_the_words():
    assert sanitise("<div>" * (MAX_TAGS + 1) + "a &lt;b&gt;<script>c") == "<p>a &lt;b&gt; c</p>"


# --- Words --------------------------------------------------------------------------------------------------------
def test_to_text_separates_paragraphs_by_blank_lines():
    html = "<h4>Titel</h4><p>Erster<br>Absatz &amp; mehr</p><ul><li>eins</li><li>zwei</li></ul><table><tr><td>A<td>B<tr><td>1<td>2</table>"
    assert to_text(html) == "Titel\n\nErster\nAbsatz & mehr\n\neins\n\nzwei\n\nA\tB\n\n1\t2"


def test_to_text_of_nothing_is_empty():
    assert to_text("<p> </p>") == ""


def test_words_are_in_order():
    assert words("<p>Der <b>Rat</b> beschließt:</p><ul><li>Bürger*innen</li></ul>") == [
        "Der",
        "Rat",
        "beschließt:",
        "Bürger*innen",
    ]


def test_from_paragraphs_escapes_text_and_drops_empty_ones():
    assert from_paragraphs(["a < b\nc", " ", "<b>d</b> *e*"]) == "<p>a &lt; b<br>c</p><p>&lt;b&gt;d&lt;/b&gt; *e*</p>"


def test_paragraphs_come_back_from_their_text():
    paragraphs = ["Erster Absatz", "Vertreter*innen & Gäste"]
    assert to_text(from_paragraphs(paragraphs)).split("\n\n") == paragraphs


# --- Template -----------------------------------------------------------------------------------------------------
def test_safe_html_cleans_what_is_stored():
    engine = Engine(libraries={"richtext": "kepol.lib.richtext"})
    page = engine.from_string("{% load richtext %}{{ text|safe_html }}")
    assert page.render(Context({"text": "<p onclick=x>a &amp; b</p><script>c</script>"})) == "<p>a &amp; b</p>"


def test_safe_html_sets_the_level_of_headings():
    assert safe_html("<h4>A</h4><p>&lt;h4&gt;</p>", 3) == "<h3>A</h3><p>&lt;h4&gt;</p>"


def test_safe_html_of_nothing_is_empty():
    assert safe_html(None) == ""


# --- Field and form -----------------------------------------------------------------------------------------------
def test_pre_save_changes_the_instance_too():
    text = RichTextField()
    text.set_attributes_from_name("text")
    row = SimpleNamespace(text="a<script>b</script>")
    assert text.pre_save(row, add=True) == "<p>a</p>"
    assert row.text == "<p>a</p>"


@pytest.mark.parametrize(
    ("value", "stored"), [("<b onclick=x>a</b>", "<p><strong>a</strong></p>"), ("", ""), (None, None)]
)
def test_every_write_is_sanitised(value, stored):
    assert RichTextField().get_db_prep_save(value, connection) == stored


def test_expression_is_left_to_the_database():
    expression = Value("x")
    assert RichTextField().get_db_prep_save(expression, connection) is expression


def test_clean_refuses_a_text_without_words():
    with pytest.raises(ValidationError):
        RichTextField().clean("<p> </p>", None)


def test_field_is_found_by_migrations():
    assert RichTextField("Text", blank=True).deconstruct()[1:] == (
        "kepol.lib.richtext.RichTextField",
        [],
        {"verbose_name": "Text", "blank": True},
    )


@pytest.mark.parametrize("widget", [{}, {"widget": AdminTextareaWidget}, {"widget": AdminTextareaWidget()}])
def test_form_field_has_the_editor(widget):
    form_field = RichTextField().formfield(**widget)
    assert type(form_field) is RichTextFormField
    assert type(form_field.widget) is RichTextWidget


def test_other_widget_is_respected():
    assert type(RichTextField().formfield(widget=forms.HiddenInput).widget) is forms.HiddenInput


def test_form_hands_on_clean_text():
    assert RichTextFormField().clean("<p onclick=x>a</p>") == "<p>a</p>"


def test_required_form_field_refuses_an_empty_editor():
    with pytest.raises(ValidationError):
        RichTextFormField().clean("<p></p>")


@pytest.mark.parametrize("text", ["x" * (MAX_LENGTH + 1), "<b>" * (MAX_TAGS + 1)])
def test_form_refuses_a_text_that_is_too_long(text):
    with pytest.raises(ValidationError, match="zu lang"):
        RichTextFormField(required=False).clean(text)


@pytest.mark.parametrize(("data", "changed"), [("<p><b>a</b></p>", False), ("<p>a</p>", True)])
def test_another_way_of_writing_is_no_change(data, changed):
    assert RichTextFormField().has_changed("<p><strong>a</strong></p>", data) is changed


def test_editor_needs_no_inline_script_or_style(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    form = type("PaperForm", (forms.Form,), {"text": RichTextFormField(label="Text")})()
    assert 'data-richtext="/static/django_prose_editor/editor.js"' in str(form["text"])
    assert 'type="module"' in str(form.media)
    assert "importmap" not in str(form.media)
    assert "<style" not in str(form.media)

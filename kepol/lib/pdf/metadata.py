"""Metadata that make one file both PDF/UA-1 and PDF/A-2a.

PDF/A allows `pdfuaid:part` only if the same packet describes that namespace (extension schema), and wants the
stream uncompressed. Both need a packet of our own; WeasyPrint's `xmp_metadata` option cannot write into its `rdf:RDF`.
"""

import re
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pydyf

from kepol.lib.pdf.document import PdfDocument

CREATOR = "KEpol"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
    "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
    "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
}
EXTENSION_SCHEMA = """<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>"""


def clean(text: str) -> str:
    """Return `text` without the characters XML cannot hold."""
    return NOT_XML.sub("", text)


def simple(name: str, text: str) -> str:
    """Return one property with a plain value; an empty value leaves it out."""
    return f"<{name}>{escape(clean(text))}</{name}>" if text else ""


def localised(name: str, text: str) -> str:
    """Return one property that XMP wants as a list of languages."""
    if not text:
        return ""
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(clean(text))}</rdf:li></rdf:Alt></{name}>'


def listed(name: str, container: str, texts: Iterable[str]) -> str:
    """Return one property that XMP wants as a list (`Bag` without, `Seq` with an order)."""
    items = "".join(f"<rdf:li>{escape(clean(text))}</rdf:li>" for text in texts if text)
    return f"<{name}><rdf:{container}>{items}</rdf:{container}></{name}>" if items else ""


def dublin_core(document: PdfDocument, title: str, language: str) -> list[str]:
    """Return the nine properties of Dublin Core that a record needs; those without a value are empty."""
    return [
        localised("dc:title", title),
        listed("dc:creator", "Seq", document.authors),
        localised("dc:description", document.subject),
        listed("dc:subject", "Bag", document.keywords),
        listed("dc:publisher", "Bag", [document.publisher]),
        listed("dc:language", "Bag", [language]),
        listed("dc:date", "Seq", [document.created_on.isoformat()]),
        simple("dc:identifier", document.identifier),
        localised("dc:rights", document.rights),
    ]


def packet(document: PdfDocument, title: str, language: str, producer: str) -> bytes:
    """Return the XMP packet of a document, with everything in one description."""
    declared = " ".join(f"xmlns:{prefix}={quoteattr(url)}" for prefix, url in NAMESPACES.items())
    modified = document.modified_on or document.created_on
    properties = [
        simple("pdfaid:part", "2"),
        simple("pdfaid:conformance", "A"),
        simple("pdfuaid:part", "1"),
        *dublin_core(document, title, language),
        simple("pdf:Producer", producer),
        simple("pdf:Keywords", ", ".join(document.keywords)),
        simple("xmp:CreatorTool", CREATOR),
        simple("xmp:CreateDate", document.created_on.isoformat()),
        simple("xmp:ModifyDate", modified.isoformat()),
        EXTENSION_SCHEMA,
    ]
    body = "\n".join(line for line in properties if line)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'<rdf:Description rdf:about="" {declared}>\n{body}\n</rdf:Description>\n'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    ).encode()


def fill_information(metadata: Any, document: PdfDocument) -> None:
    """Put the document's values into WeasyPrint's metadata (the PDF's Info dictionary), whatever the HTML says."""
    metadata.authors = [author for author in document.authors if author]
    metadata.description = document.subject
    metadata.keywords = list(document.keywords)
    metadata.generator = CREATOR
    metadata.created = document.created_on.isoformat()
    metadata.modified = (document.modified_on or document.created_on).isoformat()


def replace_packet(pdf: pydyf.PDF, metadata: Any, document: PdfDocument) -> None:
    """Exchange the XMP stream of an otherwise finished `pdf` for our own, uncompressed."""
    stream = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    producer = pdf.info["Producer"].string
    stream.stream = [packet(document, metadata.title or "", metadata.lang or "", producer)]
    stream.compress = False


def forbid_interpolation(pdf: pydyf.PDF) -> None:
    """Let images be shown as they are: PDF/A forbids smoothing, which WeasyPrint asks for by default."""
    for stream in pdf.objects:
        if isinstance(stream, pydyf.Stream) and "Interpolate" in stream.extra:
            stream.extra["Interpolate"] = "false"


_plain_stream = pydyf.Stream.data.fget


def _ended_with_crlf(stream: pydyf.Stream) -> bytes:
    data: bytes = _plain_stream(stream)
    return data.removesuffix(b"\nendstream") + b"\r\nendstream"


def end_streams_with_crlf() -> None:
    """Write CRLF before every `endstream`, for the whole process.

    pydyf writes LF only: one compressed stream in 256 ends with CR, readers then take both for the line end and find
    the stream one byte shorter than its /Length, which PDF/A forbids.
    """
    pydyf.Stream.data = property(_ended_with_crlf)

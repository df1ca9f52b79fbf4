"""The council paper FB 01/0674/WP18, paragraph by paragraph: each of its facts is data of the application.

A paragraph is known by its heading and number. Facts stand here in our own words; each has a query that finds it.
"""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from django.db.models import Count

from concept.choices import PermanenceDecision, Status, WorkshopKind
from concept.models import Evaluation, FieldOfAction, Goal, InventoryItem, Measure, Milestone, PeerConcept, Workshop
from kepol.council.choices import ConsultationRole, ConsultationStatus, Origin, Publicity, SubmissionKind
from kepol.council.models import Consultation, DraftResolution, Submission
from kepol.council.ris_page import parse_page
from kepol.example.loading import load
from kepol.funding.choices import Programme
from kepol.funding.models import Grant
from kepol.lib.periods import Period
from kepol.lib.richtext import to_text
from partnerships.choices import AgreementKind, Direction, PartnershipKind, ProjectKind, VisitFormat
from partnerships.models import Agreement, Beginning, Partnership, Project, Stage, Visit
from stakeholders.choices import BodyKind
from stakeholders.models import Body, Event, Membership, Organisation, Person

DAY = datetime.date(2025, 5, 7)
PAPER = Path(__file__).parents[2] / "shared" / "reference" / "vorlage-fb01-0674-wp18.txt"
BACKGROUND, WHY, GOALS = (
    "Hintergrund und Ausgangslage",
    "Warum kommunale Entwicklungspolitik?",
    "Ziele der KEpol-Stelle",
)
CONCEPT, EVENTS, OUTLOOK = "Erstellung eines entwicklungspolitischen Konzeptes", "Veranstaltungshinweis", "Ausblick"
KAPSTADT, CHERNIHIV = "Partnerschaft mit Kapstadt (Südafrika)", "Partnerschaft mit Chernihiv (Ukraine)"
RESOLUTION_BEGINS, RESOLUTION_ENDS = "Der Rat der Stadt Aachen begrüßt", "vorantreiben."


class Fact(NamedTuple):
    """A fact of a paragraph, and the rows that hold it: none when it is missing."""

    heading: str
    paragraph: int
    fact: str
    rows: Callable


def period(text):
    """Condition on a period as the paper writes it, by its columns."""
    one = Period.parse(text)
    return {"start": one.start, "end": one.end, "named": one.named}


def dated(rows, name, text):
    return rows.filter(**{f"{name}_{part}": value for part, value in period(text).items()})


def known(name):
    return Organisation.objects.named(name)


def project(kind):
    rows = Project.objects.filter(partnership__name="Kapstadt", kind=kind)
    return rows.filter(partners__in=known("Förderverein Aachen-Kapstadt e.V."))


def milestone(text, **conditions):
    return dated(Milestone.objects.filter(**conditions), "planned", text)


def undated(position):
    return Milestone.objects.filter(planned_named=None, position=position)


def unit(code, name):
    return Organisation.objects.units().filter(code=code, name__contains=name)


def inventory(title, code=None):
    return InventoryItem.objects.filter(title__contains=title, **({"unit__code": code} if code else {}))


def measure(title, **conditions):
    return Measure.objects.filter(title__contains=title, **conditions)


def peer(name, year):
    return dated(PeerConcept.objects.filter(city__in=known(name)), "adopted", year)


def involving(*codes):
    rows = measure("Gesamtkonzept", involved__code__in=codes)
    return rows.annotate(units=Count("involved", distinct=True)).filter(units=len(codes))


def paper(**conditions):
    return Submission.objects.filter(reference="FB 01/0674/WP18", **conditions)


def sitting():
    rows = Consultation.objects.filter(submission__reference="FB 01/0674/WP18", committee__short_name="HA")
    conditions = {"meeting_date": DAY, "role": ConsultationRole.INFORMATION, "status": ConsultationStatus.PLANNED}
    return rows.filter(**conditions)


def council_2018():
    rows = Consultation.objects.filter(submission__reference="FB 36/0284/WP17", committee__short_name="Rat")
    return rows.filter(meeting_date=datetime.date(2018, 7, 11), status=ConsultationStatus.DONE, outcome="adopted")


def seminar():
    start = datetime.datetime(2025, 5, 13, 16, tzinfo=datetime.UTC)
    times = {"starts_at": start, "ends_at": start + datetime.timedelta(minutes=90)}
    return Event.objects.filter(title__startswith="Entwicklungspolitik für", organiser__in=known("SKEW"), **times)


FACTS = [
    Fact("Grunddaten", 1, "Betreff", lambda: paper(subject="Koordination für kommunale Entwicklungspolitik (KEpol)")),
    Fact(
        "Grunddaten", 1, "öffentlich", lambda: paper(publicity=Publicity.PUBLIC, council_status__contains="freigegeben")
    ),
    Fact("Grunddaten", 1, "Kenntnisnahme", lambda: paper(kind=SubmissionKind.FOR_INFORMATION)),
    Fact("Grunddaten", 1, "federführend FB 01", lambda: paper(lead__code="FB 01", origin=Origin.COUNCIL_SYSTEM)),
    Fact("Grunddaten", 1, "verfasst von", lambda: paper(author_text="DEZ I, FB 01/300")),
    Fact("Beratungsfolge", 1, "Hauptausschuss am 07.05.2025", sitting),
    Fact("Beratungsfolge", 1, "als Meilenstein", lambda: milestone("07.05.2025", resolution__in=sitting())),
    # --- Background ---
    Fact(
        BACKGROUND,
        1,
        "Partnerschaft mit Kapstadt",
        lambda: Stage.objects.filter(partnership__name="Kapstadt", status="active"),
    ),
    Fact(
        BACKGROUND,
        1,
        "25 Jahre im Jahr 2025",
        lambda: dated(Beginning.objects.filter(what__contains="25-jährig"), "when", "2000"),
    ),
    Fact(
        BACKGROUND,
        1,
        "Förderverein",
        lambda: Partnership.objects.filter(involvements__organisation__in=known("Verein Aachen – Kapstadt")),
    ),
    Fact(
        BACKGROUND,
        1,
        "sozial, ökologisch, bildungsbezogen",
        lambda: Partnership.objects.filter(description__contains="bildungsbezogen"),
    ),
    Fact(BACKGROUND, 1, "Austausch von Studierenden", lambda: project(ProjectKind.STUDENT_EXCHANGE)),
    Fact(BACKGROUND, 1, "Fachaustausch", lambda: project(ProjectKind.EXPERT_EXCHANGE)),
    Fact(BACKGROUND, 1, "Begrünung", lambda: project(ProjectKind.CLIMATE).filter(title__startswith="Begrünung")),
    Fact(BACKGROUND, 1, "Schulgärten", lambda: project(ProjectKind.EDUCATION).filter(title__startswith="Schulgarten")),
    Fact(BACKGROUND, 1, "Schulpartnerschaften", lambda: project(ProjectKind.SCHOOL)),
    Fact(BACKGROUND, 1, "Klimaticket", lambda: project(ProjectKind.CLIMATE).filter(title="Klimaticket")),
    Fact(BACKGROUND, 2, "Fairtrade Town seit 2011", lambda: dated(inventory("Fairtrade Town"), "period", "seit 2011")),
    Fact(BACKGROUND, 2, "faire Beschaffung im FB 60", lambda: inventory("Faire Beschaffung", "FB 60")),
    Fact(
        BACKGROUND, 2, "Messen und Aktionstage im FB 36", lambda: inventory("Fairtrade-Messen und Aktionstage", "FB 36")
    ),
    Fact(BACKGROUND, 2, "Bildung im FB 36", lambda: inventory("Bildung für nachhaltige Entwicklung", "FB 36")),
    Fact(BACKGROUND, 2, "Klimaschutz im FB 36", lambda: inventory("Klimaschutz", "FB 36")),
    Fact(
        BACKGROUND, 3, "planmäßig seit 2024", lambda: measure("Gesamtkonzept", initial_situation__contains="Seit 2024")
    ),
    Fact(
        BACKGROUND, 3, "weltweite Ziele vor Ort", lambda: Goal.objects.filter(title__contains="Globale Zusammenhänge")
    ),
    Fact(BACKGROUND, 4, "Stelle 2024 eingerichtet", lambda: Grant.objects.filter(note__contains="2024 eingerichtet")),
    Fact(
        BACKGROUND,
        4,
        "Koordinatorin, nur die Funktion",
        lambda: Person.objects.filter(function__contains="Koordinatorin", given_name=""),
    ),
    Fact(
        BACKGROUND,
        4,
        "tätig seit Oktober 2024",
        lambda: milestone("seit Oktober 2024", contact__function__contains="Oktober 2024"),
    ),
    Fact(BACKGROUND, 4, "zu 90 % gefördert", lambda: Grant.objects.filter(quota=90, programme=Programme.KEPOL)),
    Fact(BACKGROUND, 4, "bis 2026", lambda: dated(Grant.objects.all(), "period", "bis 2026")),
    Fact(BACKGROUND, 4, "Ende der Förderung als Meilenstein", lambda: milestone("bis 2026")),
    Fact(BACKGROUND, 4, "Mittel des BMZ", lambda: Grant.objects.filter(origin_of_funds__in=known("BMZ"))),
    Fact(BACKGROUND, 4, "Programm", lambda: Grant.objects.filter(programme_name="Kommunen in der Einen Welt")),
    Fact(BACKGROUND, 4, "Engagement Global", lambda: Grant.objects.filter(funder__in=known("Engagement Global gGmbH"))),
    Fact(BACKGROUND, 5, "im Dezernat I", lambda: unit("FB 01", "Bürger*innendialog").filter(parent__code="Dez I")),
    Fact(
        BACKGROUND,
        5,
        "Dezernat der Oberbürgermeisterin",
        lambda: Organisation.objects.filter(code="Dez I", note__contains="Oberbürgermeisterin"),
    ),
    Fact(
        BACKGROUND,
        5,
        "Abteilung der Stelle",
        lambda: unit("FB 01/300", "Stadt der Zukunft").filter(parent__code="FB 01"),
    ),
    Fact(
        BACKGROUND,
        5,
        "Koordinatorin dort",
        lambda: Membership.objects.filter(organisation__code="FB 01/300", person__family_name__contains="KEpol"),
    ),
    Fact(BACKGROUND, 5, "Protokoll und Städtepartnerschaften", lambda: unit("FB 01/400", "Protokoll")),
    Fact(
        BACKGROUND, 5, "zuständig für die Partnerschaften", lambda: Partnership.objects.filter(unit__code="FB 01/400")
    ),
    Fact(
        BACKGROUND,
        5,
        "Euregio, nur die Funktion",
        lambda: Membership.objects.filter(person__function__contains="Euregionale", organisation__code="FB 01"),
    ),
    Fact(
        BACKGROUND,
        5,
        "Agenda 2030, 17 Ziele",
        lambda: Goal.objects.filter(description__contains="Agenda 2030 und ihre 17 Ziele"),
    ),
    # --- Why ---
    Fact(
        WHY,
        1,
        "von der Aussöhnung zum Globalen Süden",
        lambda: Goal.objects.filter(description__contains="Zweiten Weltkrieg").filter(
            description__contains="Globalen Südens"
        ),
    ),
    Fact(WHY, 2, "Aufbau im Krieg", lambda: Goal.objects.filter(description__contains="Ukraine-Krieg")),
    Fact(WHY, 2, "ähnliche Fragen überall", lambda: Goal.objects.filter(description__contains="ähnliche Fragen")),
    Fact(WHY, 2, "auch mit wenig Mitteln", lambda: Goal.objects.filter(description__contains="mit wenig Mitteln")),
    # --- Goals ---
    Fact(GOALS, 1, "Gesamtkonzept", lambda: measure("Gesamtkonzept", lead__code="FB 01")),
    Fact(GOALS, 1, "mit FB 36, FB 60, FB 61", lambda: involving("FB 36", "FB 60", "FB 61")),
    Fact(GOALS, 1, "FB 36", lambda: unit("FB 36", "Klima und Umwelt")),
    Fact(GOALS, 1, "FB 60", lambda: unit("FB 60", "Vertrags-, Vergabe- und Fördermittelmanagement")),
    Fact(GOALS, 1, "FB 61", lambda: unit("FB 61", "Stadtentwicklung und Stadtplanung")),
    Fact(GOALS, 1, "mit der Zivilgesellschaft", lambda: measure("Zivilgesellschaft", partners__kind="association")),
    Fact(
        GOALS,
        1,
        "nach Vorbildern",
        lambda: measure("Gesamtkonzept", description__contains="Nürnberg, München, Freiburg und Düren"),
    ),
    Fact(
        GOALS,
        1,
        "beide Partnerschaften vertiefen",
        lambda: Goal.objects.filter(title__contains="Kapstadt und Chernihiv"),
    ),
    Fact(
        GOALS, 1, "in Südafrika", lambda: Partnership.objects.filter(partner__in=known("Kapstadt"), country__code="ZA")
    ),
    Fact(
        GOALS,
        1,
        "in der Ukraine",
        lambda: Partnership.objects.filter(partner__in=known("Chernihiv"), country__code="UA"),
    ),
    Fact(
        GOALS,
        2,
        "keine Gesamtstrategie",
        lambda: measure("Gesamtkonzept", initial_situation__contains="Gesamtstrategie fehlt"),
    ),
    Fact(
        GOALS,
        2,
        "viele einzelne Projekte",
        lambda: measure("Gesamtkonzept", initial_situation__contains="einzelne Projekte"),
    ),
    Fact(GOALS, 3, "Praxisbezug", lambda: Goal.objects.filter(description__contains="Praxisbezug")),
    Fact(GOALS, 3, "offen berichten", lambda: measure("Offen über die Entwicklung", target_group="Bürger*innen")),
    Fact(
        GOALS,
        4,
        "Koordination in der Verwaltung",
        lambda: Body.objects.filter(name__startswith="Verwaltungsinterne", office__code="FB 01"),
    ),
    Fact(
        GOALS,
        4,
        "Steuerungsgruppe ohne erfundene Mitglieder",
        lambda: Body.objects.filter(kind=BodyKind.STEERING_GROUP, members=None),
    ),
    Fact(GOALS, 4, "Aufbau als Maßnahme", lambda: measure("Steuerungsgruppe aufbauen", status=Status.IN_PROGRESS)),
    Fact(GOALS, 4, "globale Partnerschaften, SDG 17", lambda: FieldOfAction.objects.filter(main_sdg__number=17)),
    Fact(GOALS, 4, "fairer Handel, SDG 12", lambda: FieldOfAction.objects.filter(main_sdg__number=12)),
    Fact(GOALS, 4, "Bildung, SDG 4", lambda: FieldOfAction.objects.filter(main_sdg__number=4)),
    Fact(GOALS, 4, "Schulpartnerschaften ausbauen", lambda: measure("Schulpartnerschaften ausbauen")),
    Fact(
        GOALS, 4, "sichtbare Bildungsangebote", lambda: measure("Bildungsangebote", field_of_action__main_sdg__number=4)
    ),
    Fact(
        GOALS,
        4,
        "faire und regionale Produkte",
        lambda: measure("faire und regionale Produkte", field_of_action__main_sdg__number=12),
    ),
    Fact(
        GOALS,
        4,
        "begleitende Evaluation",
        lambda: Evaluation.objects.filter(title__startswith="Begleitende Evaluation"),
    ),
    Fact(
        GOALS,
        4,
        "Verstetigung noch offen",
        lambda: Evaluation.objects.filter(decision=PermanenceDecision.OPEN, subject__contains="Dauer"),
    ),
    # --- The concept ---
    Fact(
        CONCEPT,
        1,
        "Begriff nach Engagement Global",
        lambda: Goal.objects.filter(description__contains="nach Engagement Global"),
    ),
    Fact(CONCEPT, 2, "Düren 2021", lambda: peer("Düren", "2021")),
    Fact(CONCEPT, 2, "Freiburg 2019", lambda: peer("Freiburg", "2019")),
    Fact(CONCEPT, 2, "München 2020", lambda: peer("München", "2020")),
    Fact(CONCEPT, 2, "Nürnberg 2019", lambda: peer("Nürnberg", "2019")),
    Fact(
        CONCEPT, 2, "verbindlicher Rahmen", lambda: PeerConcept.objects.filter(lessons__contains="verbindlicher Rahmen")
    ),
    *(
        Fact(CONCEPT, 2, word, lambda word=word: PeerConcept.objects.filter(topics__contains=word))
        for word in (
            "Jugendaustausch",
            "Schulen und in Seminaren",
            "Schulung der Beschäftigten",
            "Kaffee",
            "Nachhaltigkeitsstrategie",
            "Netzwerk",
        )
    ),
    Fact(
        CONCEPT,
        3,
        "Beteiligte suchen",
        lambda: measure("Gesamtkonzept", description__contains="Suche nach Beteiligten"),
    ),
    Fact(
        CONCEPT,
        3,
        "Lübeck, kein Konzept behauptet",
        lambda: PeerConcept.objects.filter(city__in=known("Lübeck"), adopted_named=None),
    ),
    Fact(CONCEPT, 4, "Bestandsanalyse Q2/2025 mit FB 36", lambda: milestone("Q2/2025", involved__code="FB 36")),
    Fact(
        CONCEPT,
        4,
        "von Engagement Global unterstützt",
        lambda: milestone("Q2/2025", note__contains="Engagement Global"),
    ),
    Fact(CONCEPT, 4, "Fokusgruppen", lambda: Workshop.objects.filter(kind=WorkshopKind.FOCUS_GROUP, held_named=None)),
    Fact(CONCEPT, 4, "Workshops als Meilenstein", lambda: undated(8).filter(predecessors__in=milestone("Q2/2025"))),
    Fact(CONCEPT, 5, "erster Entwurf", lambda: undated(9).filter(title__contains="Entwurf")),
    Fact(CONCEPT, 5, "weitere Workshops", lambda: Workshop.objects.filter(kind=WorkshopKind.DRAFT, held_named=None)),
    Fact(
        CONCEPT, 5, "in den Rat einbringen", lambda: undated(10).filter(result_criterion__contains="Beschlussvorlage")
    ),
    # --- Kapstadt ---
    Fact(
        KAPSTADT,
        1,
        "Delegationsreise im März 2025",
        lambda: dated(
            Visit.objects.filter(direction=Direction.OUTBOUND, format=VisitFormat.DELEGATION), "official", "März 2025"
        ),
    ),
    Fact(
        KAPSTADT,
        1,
        "Jubiläum und Arbeitsbesuch",
        lambda: Visit.objects.filter(purpose__contains="Arbeitsbesuch").filter(purpose__contains="Jubiläum"),
    ),
    Fact(KAPSTADT, 1, "als Meilenstein", lambda: milestone("März 2025", visit__direction=Direction.OUTBOUND)),
    Fact(KAPSTADT, 2, "Ratsbeschluss vom 11.07.2018", council_2018),
    Fact(KAPSTADT, 2, "Grundlage der Zusammenarbeit", lambda: measure("Kapstadt", resolution__in=council_2018())),
    Fact(
        KAPSTADT,
        2,
        "Wortlaut mit seinem Datum",
        lambda: DraftResolution.objects.filter(submission__reference="FB 36/0284/WP17", text__contains="27.9.2015"),
    ),
    Fact(KAPSTADT, 3, "Partnerschaft stärken", lambda: measure("Partnerschaft mit Kapstadt stärken")),
    Fact(
        KAPSTADT,
        3,
        "Gegenbesuch im August 2025",
        lambda: dated(
            Visit.objects.filter(format=VisitFormat.RETURN_VISIT, direction=Direction.INBOUND),
            "official",
            "August 2025",
        ),
    ),
    Fact(
        KAPSTADT,
        3,
        "Festakt mit dem Verein",
        lambda: Visit.objects.filter(purpose__contains="Festakt", hosts__in=known("Verein Aachen-Kapstadt e.V.")),
    ),
    Fact(
        KAPSTADT,
        3,
        "Absichtserklärung, noch nicht unterzeichnet",
        lambda: Agreement.objects.filter(kind=AgreementKind.LETTER_OF_INTENT, signed_named=None),
    ),
    Fact(KAPSTADT, 3, "als Meilenstein", lambda: milestone("August 2025", result_criterion__contains="unterzeichnet")),
    # --- Chernihiv ---
    Fact(
        CHERNIHIV,
        1,
        "Austauschtreffen Ende April 2025",
        lambda: dated(Event.objects.filter(involved__in=known("Chernihiv")), "period", "Ende April 2025"),
    ),
    Fact(
        CHERNIHIV, 1, "als Meilenstein", lambda: milestone("Ende April 2025", event__title__contains="Austauschtreffen")
    ),
    Fact(
        CHERNIHIV,
        1,
        "regelmäßiger Austausch",
        lambda: Partnership.objects.filter(name="Chernihiv", description__contains="regelmäßigen Austausch"),
    ),
    Fact(
        CHERNIHIV,
        1,
        "Treffen der Bürgermeister*innen, ohne Termin",
        lambda: Event.objects.filter(title__contains="Bürgermeister*innen", period_named=None, starts_at=None),
    ),
    Fact(
        CHERNIHIV,
        1,
        "Solidaritätspartnerschaft",
        lambda: Stage.objects.filter(partnership__name="Chernihiv", kind=PartnershipKind.SOLIDARITY),
    ),
    Fact(
        CHERNIHIV,
        1,
        "ihre Überarbeitung",
        lambda: measure("Solidaritätspartnerschaft mit Chernihiv überarbeiten", status=Status.PLANNED),
    ),
    Fact(
        CHERNIHIV,
        1,
        "deutsch-ukrainische Formate",
        lambda: measure("deutsch-ukrainischen Partnerschaften", lead__code="FB 01"),
    ),
    Fact(
        CHERNIHIV,
        2,
        "städtische Diplomatie",
        lambda: Goal.objects.filter(description__contains="städtische Diplomatie"),
    ),
    Fact(
        CHERNIHIV,
        2,
        "Verwaltung, Politik, Zivilgesellschaft",
        lambda: Goal.objects.filter(description__contains="Verwaltung, Politik und Zivilgesellschaft"),
    ),
    Fact(
        CHERNIHIV,
        3,
        "Aachen zeigt Engagement 2025",
        lambda: dated(Event.objects.filter(title="Aachen zeigt Engagement"), "period", "2025"),
    ),
    Fact(
        CHERNIHIV,
        3,
        "Lange Tafel der Vielfalt 2025",
        lambda: dated(Event.objects.filter(title="Lange Tafel der Vielfalt"), "period", "2025"),
    ),
    # --- Event, outlook ---
    Fact(EVENTS, 1, "Seminar der SKEW", seminar),
    Fact(
        EVENTS,
        2,
        "13.05.2025, 18:00 bis 19:30 Uhr, als Meilenstein",
        lambda: Milestone.objects.filter(event__in=seminar()),
    ),
    Fact(
        EVENTS, 3, "Anmeldung bei der SKEW", lambda: seminar().filter(description__contains="Anmeldung", place="online")
    ),
    Fact(
        OUTLOOK,
        1,
        "steuern und sichtbar machen",
        lambda: Goal.objects.filter(description__contains="macht es sichtbar"),
    ),
    Fact(
        OUTLOOK,
        1,
        "Initiativen und Vereine",
        lambda: measure("Zivilgesellschaft", description__contains="Initiativen, Vereine"),
    ),
    Fact(OUTLOOK, 1, "Welthaus", lambda: known("Welthaus").filter(note__contains="schon länger aktiv")),
    Fact(OUTLOOK, 1, "Netz von Städten", lambda: Goal.objects.filter(description__contains="Netzes von Städten")),
]


def missing():
    """Facts of the paper that nothing holds."""
    return [f"{row.heading}, {row.paragraph}: {row.fact}" for row in FACTS if not row.rows().exists()]


@pytest.fixture
def paper_layer(db, settings):
    settings.DEMO = True
    load(on=DAY, layers=["paper"])


def test_each_fact_of_the_paper_is_found(paper_layer):
    assert missing() == []


def test_without_the_layer_every_fact_is_missing(db):
    assert len(missing()) == len(FACTS)


def test_a_fact_that_is_stored_wrongly_is_missing(paper_layer):
    Grant.objects.update(quota=80)
    PeerConcept.objects.filter(city__name="Düren").update(adopted_start=None, adopted_end=None, adopted_named=None)
    assert missing() == [f"{BACKGROUND}, 4: zu 90 % gefördert", f"{CONCEPT}, 2: Düren 2021"]


def test_the_concepts_of_four_cities_and_three_topics_and_no_more(paper_layer):
    assert PeerConcept.objects.filter(adopted_named__isnull=False).count() == 4
    assert FieldOfAction.objects.count() == 3


def test_the_milestones_of_the_paper_show_the_dates_it_writes(paper_layer):
    rows = Milestone.objects.select_related("event").order_by("position")
    assert [row.date_text(on=DAY) for row in rows] == [
        "seit Oktober 2024",
        "März 2025",
        "Ende April 2025",
        "07.05.2025",
        "13.05.2025, 18:00–19:30 Uhr",
        "Q2/2025",
        "August 2025",
        "ohne Termin",
        "ohne Termin",
        "ohne Termin",
        "bis 2026",
    ]


# --- Against the paper itself, where it lies beside the repository ---------------------------------------------------
@pytest.fixture
def page():
    if not PAPER.exists():
        pytest.skip("the paper is not part of the repository")
    return PAPER.read_text(encoding="utf-8")


def test_the_checklist_knows_every_paragraph(page):
    parsed = parse_page(page)
    paragraphs = {(one.heading, number) for one in parsed.sections for number, _ in enumerate(one.paragraphs, start=1)}
    assert paragraphs == {(row.heading, row.paragraph) for row in FACTS} - {("Grunddaten", 1), ("Beratungsfolge", 1)}


def test_the_resolution_is_quoted_letter_by_letter(paper_layer, page):
    start = page.index(RESOLUTION_BEGINS)
    wording = page[start : page.index(RESOLUTION_ENDS, start) + len(RESOLUTION_ENDS)]
    assert to_text(DraftResolution.objects.get(submission__reference="FB 36/0284/WP17").text) == wording

"""What people write for a date, read into days: one table of spellings, one of texts that deserve a question.

A text is cleaned, freed of words that add nothing ("voraussichtlich im"), and is then a date (`FORMS`), an open side of one
("ab", "bis") or two of them. Where two readings are possible nothing is guessed: the message asks and says how to write
each. Rules and real examples: architecture, "Readings"; domain research, section 7.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from kepol.lib.periods.printing import MONTHS
from kepol.lib.periods.value import check_year, months, third

EXPECTED = (
    "Erwartet wird etwa „07.05.2025“, „15.–23.03.2025“, „Ende April 2025“, „Q2/2025“, „ab März 2025“ oder „bis 2026“."
)
MAX_LENGTH = 100
SHOWN_LENGTH = 60

Groups = dict[str, str]
Span = tuple[date, date, bool]


class Form(NamedTuple):
    """A spelling and the function that makes days of its named groups and a year.

    The group `nth` or `part` counts: beside "23. März" a bare "15." takes its place, beside "Mitte Mai" a bare "Anfang".
    """

    pattern: re.Pattern[str]
    span: Callable[[Groups, int], Span]


class Fit(NamedTuple):
    """A text that has a form; groups that are not in the text are empty."""

    form: Form
    groups: Groups

    def span(self, year: int) -> Span:
        """Days of this text, in the year it states itself or else in `year`."""
        return self.form.span(self.groups, _stated_year(self) or year)


def read(text: str, *, year: int | None = None) -> tuple[date | None, date | None, bool]:
    """Start, end and whether the span is named; `year` completes a text without one, `None` refuses it.

    Raises `ValueError` with a German message. The order of the two sides is checked by `Period`.
    """
    shown = _shown(text)
    words = _cleaned(text)
    _ask_about_words(words, shown)
    words = _without_fillers(words)
    if fit := _fit(words):
        return fit.span(_year([fit], year, shown))
    if rest := _match_any(_SINCE, words):
        return _open(rest, year, shown, ends=False)
    if rest := _match_any(_UNTIL, words):
        return _open(rest, year, shown, ends=True)
    return _between(words, year, shown)


def _open(fit: Fit, year: int | None, shown: str, *, ends: bool) -> tuple[date | None, date | None, bool]:
    start, end, named = fit.span(_year([fit], year, shown))
    return (None, end, named) if ends else (start, None, named)


def _between(words: str, year: int | None, shown: str) -> Span:
    """Both sides of a range; the first takes from the second what it lacks, and one exact side makes both exact."""
    sides = _sides(words)
    last = _fit(sides[1]) if sides else None
    first = (_counted_like(sides[0], last) or _fit(sides[0])) if sides and last else None
    if first is None or last is None:
        raise ValueError(f"„{shown}“ ist als Zeitraum nicht zu lesen. {EXPECTED}")
    common = _year([first, last], year, shown)
    start, _, first_named = first.span(common)
    _, end, last_named = last.span(common)
    return start, end, first_named and last_named


# --- From the text to its words ----------------------------------------------------------------------------------
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
# A cell of a spreadsheet turned into text: midnight is no time of day.
_MIDNIGHT = re.compile(r"(?<=[0-9])[ t]00:00(?::00)?$")
_EDGES = " .,;:"
_FILLERS = re.compile(
    r"(?:(?:voraussichtlich|vorauss|vsl|vrsl|ca|circa|etwa|ungefähr|rund|geplant|vorgesehen|terminiert|termin|wohl|noch"
    r"|für|im|in|am|zum|zur|den|dem|der|des|die|das|gegen|laufe?|einschließlich|einschl|inkl|jahr(?:es?)?|monats?)"
    r"(?:[ .,:;]+|$))*"
)


def _shown(text: str) -> str:
    """The text as a message repeats it: in one line, not at any length, without control characters."""
    line = " ".join(text[: SHOWN_LENGTH + 1].split())
    printable = "".join(letter if letter.isprintable() else "?" for letter in line)
    return printable if len(text) <= SHOWN_LENGTH else f"{printable[:SHOWN_LENGTH]}…"


def _cleaned(text: str) -> str:
    """Small letters, plain blanks and hyphens; refuses what is empty or too long to be a date."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"Der Text ist mit {len(text)} Zeichen zu lang für einen Zeitraum. {EXPECTED}")
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    words = " ".join(_DASHES.sub("-", plain).lower().split())
    words = _MIDNIGHT.sub("", words).strip(_EDGES)
    if not words:
        raise ValueError(f"Hier fehlt der Zeitraum. {EXPECTED} Ohne Termin lassen Sie das Feld bitte leer.")
    return words


def _without_fillers(words: str) -> str:
    return _FILLERS.sub("", words.strip(_EDGES), count=1)


# --- Texts that deserve a question -------------------------------------------------------------------------------
_NO_DATE = "„{}“ nennt kein Datum. "
_QUESTIONS_ABOUT_WORDS = (
    (
        re.compile(r"[0-9]:[0-9]|\buhr\b"),
        (
            "„{}“ nennt eine Uhrzeit: Mit Uhrzeit ist es eine Veranstaltung, kein Zeitraum. "
            "Bitte legen Sie eine Veranstaltung an oder schreiben Sie hier nur den Tag, etwa „13.05.2025“."
        ),
    ),
    (
        re.compile(r"laufend|kontinuierlich|dauerhaft|dauernd|ständig"),
        (
            f"{_NO_DATE}Seit wann oder bis wann? Schreiben Sie etwa „seit Januar 2025“, „bis 2026“ oder „2025 bis 2026“; "
            "ohne Termin lassen Sie das Feld bitte leer."
        ),
    ),
    (
        re.compile(r"pause|ferien|ostern|pfingst|weihnacht|jahreswechsel"),
        f"{_NO_DATE}Welcher Monat ist gemeint? Schreiben Sie etwa „September 2025“ oder „ab September 2025“.",
    ),
    (
        re.compile(
            r"demnächst|\bbald|zeitnah|kürze|fristig|sofort|umgehend|heute|gestern|morgen|nächst|kommend|später|"
            r"\bdies|\boffen|unklar|unbekannt"
        ),
        (
            f"{_NO_DATE}Wann ist gemeint? Schreiben Sie etwa „Juni 2025“ oder „Q3/2025“; "
            "ohne Termin lassen Sie das Feld bitte leer."
        ),
    ),
)


def _ask_about_words(words: str, shown: str) -> None:
    for pattern, question in _QUESTIONS_ABOUT_WORDS:
        if pattern.search(words):
            raise ValueError(question.format(shown))


def _ask_day_or_month(groups: Groups) -> str:
    year, first, second = _full_year(groups["year"]), int(groups["first"]), int(groups["second"])
    orders = dict.fromkeys([(first, second), (second, first)])
    readings = [f"„{day:02}.{month:02}.{year}“" for day, month in orders if 1 <= day <= _length_of_month(year, month)]
    if not readings:
        return f"„{groups['all']}“ ist kein Datum. {EXPECTED}"
    return (
        f"Bei „{groups['all']}“ ist nicht sicher, was der Tag und was der Monat ist. "
        f"Bitte schreiben Sie {' oder '.join(readings)}."
    )


def _ask_month_or_quarter(groups: Groups) -> str:
    number, year = int(groups["number"]), groups["year"]
    return (
        f"Ist mit „{groups['all']}“ der {MONTHS[number - 1]} oder das {number}. Quartal gemeint? "
        f"Schreiben Sie „{number:02}/{year}“ für den Monat oder „Q{number}/{year}“ für das Quartal."
    )


def _ask_two_years(groups: Groups) -> str:
    return (
        f"Ist mit „{groups['all']}“ ein Winter, ein Schuljahr oder die Zeit von zwei Jahren gemeint? "
        "Schreiben Sie etwa „Winter 2025/26“, „August 2025 bis Juli 2026“ oder „2025 bis 2026“."
    )


def _ask_which_winter(groups: Groups) -> str:
    return "Ein Winter liegt in zwei Jahren: Welcher ist gemeint? Schreiben Sie etwa „Winter 2025/26“."


def _ask_what_number(groups: Groups) -> str:
    return (
        f"Ist mit „{groups['all']}“ ein Tag, ein Monat oder ein Jahr gemeint? "
        "Schreiben Sie etwa „15.03.2025“, „März 2025“ oder „2025“."
    )


# --- Days of a form ----------------------------------------------------------------------------------------------
_MONTH_SPELLINGS = (
    "januar|january|jänner|jan|jän",
    "februar|february|feber|febr|feb",
    "märz|maerz|march|mär|mrz|mar",
    "april|apr",
    "mai|may",
    "juni|june|jun",
    "juli|july|jul",
    "august|aug",
    "september|sept|sep",
    "oktober|october|okt|oct",
    "november|nov",
    "dezember|december|dez|dec",
)
_MONTH_NUMBERS = {word: number for number, words in enumerate(_MONTH_SPELLINGS, 1) for word in words.split("|")}
_WEEKDAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_WEEKDAY_NUMBERS = {name: number for number, name in enumerate(_WEEKDAYS)}
_WEEKDAY_NUMBERS |= {name[:2]: number for number, name in enumerate(_WEEKDAYS)} | {"sonnabend": 5}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_ORDINALS = {"erst": 1, "zweit": 2, "dritt": 3, "viert": 4}
_PARTS = {"anfang": 0, "mitte": 1, "ende": 2}
_SEASONS = {"frühjahr": 3, "frühling": 3, "sommer": 6, "herbst": 9}
_WINTER = 12
# Day 1 of a spreadsheet is 31.12.1899; the day that never was, 29.02.1900, is counted too.
_DAY_ZERO_OF_SPREADSHEETS = date(1899, 12, 30)


def _full_year(digits: str) -> int:
    number = int(digits.lstrip("'"))
    year = number if len(digits.lstrip("'")) > 2 else 2000 + number  # noqa: PLR2004 - two digits
    check_year(year)
    return year


def _month_number(text: str) -> int:
    number = _MONTH_NUMBERS.get(text) or (int(text) if text.isdigit() else 0)
    if not 1 <= number <= len(MONTHS):
        raise ValueError(
            f"Einen {int(text)}. Monat gibt es nicht. Bitte prüfen Sie, ob der Tag vorn steht: „07.05.2025“."
        )
    return number


def _nth(text: str) -> int:
    return _ROMAN.get(text) or _ORDINALS.get(text.rstrip("snre")) or int(text)


def _length_of_month(year: int, month: int) -> int:
    """Days of the month; 0 for a month that does not exist."""
    return calendar.monthrange(year, month)[1] if 1 <= month <= len(MONTHS) else 0


def _one_day(groups: Groups, year: int) -> Span:
    month, number = _month_number(groups["month"]), _nth(groups["nth"])
    length = _length_of_month(year, month)
    if not 1 <= number <= length:
        raise ValueError(
            f"Den {number:02}.{month:02}.{year} gibt es nicht: Der {MONTHS[month - 1]} {year} hat {length} Tage. "
            "Bitte berichtigen Sie den Tag."
        )
    day = date(year, month, number)
    _check_weekday(day, groups.get("weekday", ""))
    return day, day, False


def _check_weekday(day: date, weekday: str) -> None:
    if weekday and _WEEKDAY_NUMBERS[weekday] != day.weekday():
        raise ValueError(
            f"Der {day:%d.%m.%Y} ist ein {_WEEKDAYS[day.weekday()].capitalize()}. "
            "Bitte prüfen Sie Wochentag und Datum oder lassen Sie den Wochentag weg."
        )


def _spreadsheet_day(groups: Groups, year: int) -> Span:
    day = _DAY_ZERO_OF_SPREADSHEETS + timedelta(days=int(groups["serial"]))
    return day, day, False


def _week(groups: Groups, year: int) -> Span:
    number = _nth(groups["nth"])
    weeks = date(year, 12, 28).isocalendar().week
    if not 1 <= number <= weeks:
        raise ValueError(
            f"Das Jahr {year} hat {weeks} Kalenderwochen, keine KW {number}. Bitte berichtigen Sie die Woche."
        )
    monday = date.fromisocalendar(year, number, 1)
    return monday, monday + timedelta(days=6), False


def _third_of_month(groups: Groups, year: int) -> Span:
    return *third(year, _month_number(groups["month"]), _PARTS[groups["part"]]), True


def _one_month(groups: Groups, year: int) -> Span:
    return *months(year, _month_number(groups["month"]), 1), True


def _quarter(groups: Groups, year: int) -> Span:
    number = _nth(groups["nth"])
    if not 1 <= number <= 4:  # noqa: PLR2004 - quarters of a year
        raise ValueError(f"Ein Jahr hat vier Quartale. Bitte schreiben Sie „Q1/{year}“ bis „Q4/{year}“.")
    return *months(year, 3 * number - 2, 3), True


def _half(groups: Groups, year: int) -> Span:
    number = _nth(groups["nth"])
    if number not in {1, 2}:
        raise ValueError(
            f"Ein Jahr hat zwei Halbjahre. Bitte schreiben Sie „1. Halbjahr {year}“ oder „2. Halbjahr {year}“."
        )
    return *months(year, 6 * number - 5, 6), True


def _part_of_year(groups: Groups, year: int) -> Span:
    return *months(year, 4 * _PARTS[groups["part"]] + 1, 4), True


def _end_of_year(groups: Groups, year: int) -> Span:
    return *months(year, 12, 1), True


def _season(groups: Groups, year: int) -> Span:
    return *months(year, _SEASONS[groups["season"]], 3), True


def _winter(groups: Groups, year: int) -> Span:
    if (year + 1) % 100 != int(groups["next"]) % 100:
        raise ValueError(
            f"Der Winter {year} endet {year + 1}. Bitte schreiben Sie „Winter {year}/{(year + 1) % 100:02}“."
        )
    return *months(year, _WINTER, 3), True


def _whole_year(groups: Groups, year: int) -> Span:
    return *months(year, 1, 12), True


# --- Spellings ---------------------------------------------------------------------------------------------------
def _longest_first(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_YEAR = r"(?P<year>[0-9]{4}|'?[0-9]{2})"
_LONG_YEAR = r"(?P<year>[0-9]{4})"
_BEFORE_YEAR = r"(?: des jahres| im jahre?)?[ ./-]{0,3}"
_MAYBE_YEAR = rf"(?:{_BEFORE_YEAR}{_YEAR})?"
# `KW 17-18` are two weeks, not a week of 2018.
_MAYBE_LONG_YEAR = rf"(?:{_BEFORE_YEAR}{_LONG_YEAR})?"
_WEEKDAY = rf"(?:(?P<weekday>{_longest_first(_WEEKDAY_NUMBERS)})\.?,? ?(?:den |dem )?)?"
_DAY = r"(?P<nth>[0-9]{1,2})"
_COUNT = r"(?P<nth>[0-9]{1,2}|iv|i{1,3}|(?:erst|zweit|dritt|viert)e[snr]?)"
_MONTH = r"(?P<month>[0-9]{1,2})"
_MONTH_NAME = rf"(?P<month>{_longest_first(_MONTH_NUMBERS)})"
_PART = rf"(?P<part>{_longest_first(_PARTS)})"
_SLASHED = re.compile(r"[0-9]{1,2}(?:[ /]{0,3}(?:[0-9]{4}|[0-9]{2}))?")


def _counted(unit: str, span: Callable[[Groups, int], Span], maybe_year: str = _MAYBE_YEAR) -> list[Form]:
    """Forms of a unit that is counted within the year: `Q2/2025`, `2. Quartal 2025`, `2025-Q2`."""
    return [
        Form(re.compile(rf"{unit} ?{_COUNT}{maybe_year}"), span),
        Form(re.compile(rf"{_COUNT}\.?[ /]?{unit}{maybe_year}"), span),
        Form(re.compile(rf"{_LONG_YEAR}[ /-]?{unit} ?{_COUNT}"), span),
    ]


FORMS = (
    Form(re.compile(rf"{_LONG_YEAR}-{_MONTH}-{_DAY}"), _one_day),
    Form(re.compile(rf"{_WEEKDAY}{_DAY}\. ?{_MONTH}(?:\. ?{_YEAR})?"), _one_day),
    Form(re.compile(rf"{_WEEKDAY}{_DAY}[. ]{{0,2}}{_MONTH_NAME}(?:[ ./]{{0,2}}{_YEAR})?"), _one_day),
    Form(re.compile(rf"{_MONTH_NAME}\.? ?{_DAY}(?:st|nd|rd|th)?, ?{_LONG_YEAR}"), _one_day),
    Form(re.compile(r"(?P<serial>[0-9]{5})(?:[.,]0)?"), _spreadsheet_day),
    Form(re.compile(rf"{_MONTH_NAME}{_MAYBE_YEAR}"), _one_month),
    Form(re.compile(rf"{_MONTH} ?[./] ?{_LONG_YEAR}"), _one_month),
    Form(re.compile(rf"{_LONG_YEAR}-(?P<month>0[1-9]|1[0-2])"), _one_month),
    Form(re.compile(rf"{_PART} (?:des monats )?{_MONTH_NAME}{_MAYBE_YEAR}"), _third_of_month),
    Form(re.compile(rf"{_PART} (?P<month>0[1-9]|1[0-2]) ?[./] ?{_LONG_YEAR}"), _third_of_month),
    *_counted(r"(?:quartals?|quart|qu|q)\.?", _quarter),
    *_counted(r"(?:halbjahre?s?|jahreshälfte|hälfte|hj|h)\.?", _half),
    *_counted(r"(?:kalenderwoche|kw|w)\.?", _week, _MAYBE_LONG_YEAR),
    Form(re.compile(rf"(?:jahresende|ende des jahres){_MAYBE_YEAR}"), _end_of_year),
    Form(re.compile(rf"{_PART} (?:des jahres |im jahr )?{_LONG_YEAR}"), _part_of_year),
    Form(re.compile(rf"(?P<season>{_longest_first(_SEASONS)})s?{_MAYBE_YEAR}"), _season),
    Form(re.compile(rf"winter {_LONG_YEAR} ?[/-] ?(?P<next>[0-9]{{4}}|[0-9]{{2}})"), _winter),
    Form(re.compile(_LONG_YEAR), _whole_year),
)
_QUESTIONS = (
    (
        re.compile(r"(?P<first>[0-9]{1,2}) ?/ ?(?P<second>[0-9]{1,2}) ?/ ?(?P<year>[0-9]{4}|[0-9]{2})"),
        _ask_day_or_month,
    ),
    (re.compile(r"(?P<number>[1-4]) ?/ ?(?P<year>[0-9]{4})"), _ask_month_or_quarter),
    (re.compile(r"[0-9]{4} ?/ ?(?:[0-9]{4}|[0-9]{2})"), _ask_two_years),
    (re.compile(r"winters?(?: [0-9]{4}| [0-9]{2})?"), _ask_which_winter),
    (re.compile(r"[0-9]{1,2}"), _ask_what_number),
)
_SINCE = (re.compile(r"(?:ab|seit|frühestens)\b(.+)"), re.compile(r"vo[nm] (.+) an"))
_UNTIL = (re.compile(r"(?:bis(?:,? spätestens)?|spätestens(?: bis)?)\b(.+)"),)
_FROM = re.compile(r"(?:vo[nm]|ab|seit)\b")
# The surest sign of a range first: a hyphen may also stand inside a date (2025-05-07), a slash nearly everywhere.
_SEPARATORS = (
    re.compile(r",? ?\bbis\b(?: spätestens\b)?"),
    re.compile(r" - "),
    re.compile(r"-"),
    re.compile(r"(?<=[a-zä]) ?/ ?(?=[a-zä])"),
)
_BARE_COUNT = re.compile(rf"{_WEEKDAY}{_COUNT}\.?")
_BARE_PART = re.compile(_PART)
_PREFIX = re.compile(r"(?P<unit>kw|kalenderwoche|quartal|q|h) ?[0-9]{1,2}")


def _fit(words: str) -> Fit | None:
    """The first form that the whole text has; a text with two readings raises its question."""
    for pattern, question in _QUESTIONS:
        if found := pattern.fullmatch(words):
            raise ValueError(question({**found.groupdict(), "all": words}))
    for form in FORMS:
        if found := form.pattern.fullmatch(words):
            return Fit(form, found.groupdict(default=""))
    return None


def _match_any(patterns: tuple[re.Pattern[str], ...], words: str) -> Fit | None:
    found = [match for pattern in patterns if (match := pattern.fullmatch(words))]
    return _fit(_without_fillers(found[0][1])) if found else None


def _sides(words: str) -> tuple[str, str] | None:
    """Both sides of a range; `None` where there are not exactly two."""
    words = _FROM.sub("", words, count=1) if _FROM.match(words) else words
    for separator in _SEPARATORS:
        parts = [_without_fillers(part) for part in separator.split(words)]
        if len(parts) == 2:  # noqa: PLR2004 - a range has two sides
            return parts[0], _with_unit_of(parts[0], parts[1])
    return None


def _with_unit_of(first: str, last: str) -> str:
    """`KW 17-18/2025`: the unit before the first number counts the second too, which would read as a month."""
    prefix = _PREFIX.fullmatch(first)
    return f"{prefix['unit']} {last}" if prefix and _SLASHED.fullmatch(last) else last


def _counted_like(words: str, last: Fit) -> Fit | None:
    """`15.` beside "23. März 2025", `1.` beside "2. Quartal", `Anfang` beside "Mitte Mai": the second with another number."""
    found = _BARE_COUNT.fullmatch(words) or _BARE_PART.fullmatch(words)
    if found is None or not last.groups.keys() & found.groupdict().keys() - {"weekday"}:
        return None
    return Fit(last.form, last.groups | found.groupdict(default=""))


# --- Years -------------------------------------------------------------------------------------------------------
def _stated_year(fit: Fit) -> int | None:
    if serial := fit.groups.get("serial"):
        return (_DAY_ZERO_OF_SPREADSHEETS + timedelta(days=int(serial))).year
    digits = fit.groups.get("year")
    return _full_year(digits) if digits else None


def _year(fits: list[Fit], year: int | None, shown: str) -> int:
    """The year for what states none itself: that of the other side, else the given one."""
    stated = next((found for fit in fits if (found := _stated_year(fit))), None) or year
    if stated is None:
        raise ValueError(f"In „{shown}“ fehlt das Jahr. Bitte schreiben Sie es dazu, etwa „{shown} 2025“.")
    check_year(stated)
    return stated

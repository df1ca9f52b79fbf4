"""What a Sachstandsabfrage found, as text for the next paper: figures first, then every milestone under its measure."""

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from concept.choices import Status
from concept.models import StatusRound
from concept.standing import Standing, judged_on, standings
from kepol.lib.richtext import sanitise, to_text

#: What a paper says of the milestone itself; how old an entry is concerns the desk alone.
FOR_READERS = ("verzögert", "gefährdet")
OTHERS = ", zu allen anderen haben ihn die Dienststellen gemeldet oder bestätigt"
NO_FIELD, NO_MEASURE = "Ohne Handlungsfeld", "Ohne Maßnahme"


def text_for_paper(status_round: StatusRound, found: Sequence[Standing] | None = None, *, on: datetime.date) -> str:
    """Formatted text (HTML, after the rules of `kepol.lib.richtext`) on `status_round`: as it stands on day `on`, later as kept.

    It names units, never persons, and is empty without rows. `found` are its standings, where a page has read them already; None reads them.
    """
    rows = standings(status_round, on=on) if found is None else found
    if not rows:
        return ""
    parts = [format_html("<p>{}</p>", sentence) for sentence in _sentences(status_round, rows, on)]
    for field, measures in groupby(sorted(rows, key=_place), key=lambda row: row.field):
        parts.append(format_html("<h4>{}</h4>", field or NO_FIELD))
        parts += _measures(measures)
    return sanitise("".join(parts))


def plain(text: str) -> str:
    """`text_for_paper` as words alone, for a program that takes nothing else."""
    return to_text(text.replace("<li>", "<li>– "))


def _place(row: Standing) -> tuple[str, str]:
    return row.order


def _measures(rows: Iterable[Standing]) -> Iterator[SafeString]:
    for measure, own in groupby(rows, key=lambda row: row.belongs_to):
        lines = format_html_join("", "<li>{}</li>", ((line(row),) for row in own))
        yield format_html("<p><strong>{}</strong></p><ul>{}</ul>", measure or NO_MEASURE, lines)


def line(row: Standing) -> str:
    """One milestone in a line: date, state, from when to when it moved and why, and the latest sentence."""
    state = [row.status.label, *(word for word in row.situation if word in FOR_READERS)]
    when = f"erreicht am {row.date_text}" if row.reached_on else f"{row.date_text}, {', '.join(state)}"
    words = [f"{row.title} ({row.unit}): {when}"]
    if row.moved and not row.reached_on:
        words.append("verschoben von {} auf {} ({})".format(*row.moved))
    told = "; ".join(words) + "."
    return f"{told} {row.text}" if row.text else told


# --- Figures -----------------------------------------------------------------------------------------------------
def _sentences(status_round: StatusRound, rows: Sequence[Standing], on: datetime.date) -> Iterator[str]:
    yield f"{_question(status_round, rows, on)} {_states(rows)}"
    open_rows = [row for row in rows if row.status in Status.OPEN]
    if open_rows:
        yield _open(open_rows)
    yield from _answers(rows, is_open=status_round.is_open)


def _question(status_round: StatusRound, rows: Sequence[Standing], on: datetime.date) -> str:
    """Of which day, and of how many milestones; data of a day before the key date says so."""
    asked = "einem Meilenstein" if len(rows) == 1 else f"{len(rows)} Meilensteinen"
    key_date, day = status_round.key_date, judged_on(status_round, on=on)
    if day == key_date:
        return f"Zum Stichtag {key_date:%d.%m.%Y} wurde nach {asked} gefragt."
    return f"Stichtag {key_date:%d.%m.%Y}, Angaben vom {day:%d.%m.%Y}: Gefragt wurde nach {asked}."


def _states(rows: Sequence[Standing]) -> str:
    numbers = Counter("open" if row.status in Status.OPEN else row.status for row in rows)
    words = {
        Status.REACHED: ("ist erreicht", "sind erreicht"),
        "open": ("ist noch in Arbeit", "sind noch in Arbeit"),
        Status.PAUSED: ("ruht", "ruhen"),
        Status.DROPPED: ("ist entfallen", "sind entfallen"),
    }
    if len(numbers) == 1:
        one, many = words[rows[0].status if "open" not in numbers else "open"]
        return f"Er {one}." if len(rows) == 1 else f"Alle {many}."
    told = [f"{numbers[state]} {one if numbers[state] == 1 else many}" for state, (one, many) in words.items()]
    return f"{_listed([part for part in told if not part.startswith('0 ')])}."


def _open(rows: Sequence[Standing]) -> str:
    late, endangered = (sum(word in row.situation for row in rows) for word in FOR_READERS)
    moved = sum(row.moved is not None for row in rows)
    if len(rows) == 1:
        state = " und ".join(word for word, holds in zip(FOR_READERS, (late, endangered), strict=True) if holds)
        told = [f"Der eine offene Meilenstein ist {state or 'im Plan'}"]
        told += ["sein Termin hat sich verschoben"] if moved else []
    else:
        told = [f"Von {len(rows)} offenen Meilensteinen {_late(late)}"]
        told += [_are(endangered, "gefährdet")] if endangered else []
        told += [f"bei {moved} hat sich der Termin verschoben"] if moved else []
    return f"{'; '.join(told)}."


def _late(number: int) -> str:
    if not number:
        return "ist keiner verzögert"
    return f"{'ist' if number == 1 else 'sind'} {number} verzögert"


def _answers(rows: Sequence[Standing], *, is_open: bool) -> Iterator[str]:
    missing = Counter(row.unit for row in rows if not row.is_answered)
    own = sum(row.answer is not None and not row.answer.unit for row in rows)
    if missing:
        units = ", ".join(f"{unit} ({number} von {_asked(rows, unit)})" for unit, number in missing.items())
        still = "Noch ohne Rückmeldung sind" if is_open else "Ohne Rückmeldung blieben"
        yield f"{still} Meilensteine von {units}."
    elif not own:
        yield "Zu allen Meilensteinen haben die Dienststellen ihren Stand gemeldet oder bestätigt."
    if own:
        yield f"{_entered(own, len(rows))}{'' if missing or own == len(rows) else OTHERS}."


def _entered(number: int, total: int) -> str:
    """Of `number` milestones of `total` nobody but the Koordination said how they stand."""
    if number == total:
        return (
            f"Den Stand {'des Meilensteins' if number == 1 else 'aller Meilensteine'} hat die Koordination eingetragen"
        )
    return f"Bei {'1 Meilenstein' if number == 1 else f'{number} Meilensteinen'} hat die Koordination den Stand eingetragen"


def _asked(rows: Sequence[Standing], unit: str) -> int:
    return sum(row.unit == unit for row in rows)


def _are(number: int, state: str) -> str:
    return f"{number} {'ist' if number == 1 else 'sind'} {state}"


def _listed(words: Sequence[str]) -> str:
    """ "a, b und c"."""
    *head, last = words
    return f"{', '.join(head)} und {last}" if head else last

"""Reports in which every field of a record is hostile, some 150 strings in each."""

from collections.abc import Mapping, Sequence

from rundiff.comparison import Comparison

from tests.factories import Recorded, make_comparison

COMPARED = 4
CURVES, BARS = 24, 12
_NOTE_ROOM = 15_000


def attack_comparison(strings: Sequence[str], notes: Sequence[str] = ()) -> Comparison:
    """Return one run a string; the first few hold every string as a key and value of everything."""
    runs = [_run(place, strings, notes or strings) for place in range(len(strings))]
    problems = [(text, text) for text in strings[:50]]
    return make_comparison(*runs, problems=problems, columns=COMPARED, title=strings[0])


def _run(place: int, strings: Sequence[str], notes: Sequence[str]) -> Recorded:
    name = strings[place]
    common: Mapping[str, object] = {
        "name": name,
        "experiment": name,
        "user": name,
        "location": name,
        "status": ("finished", name)[place % 2],
    }
    numbers: dict[str, float] = {"score": 100.0 - place, "cost": float(place * 7 % 11)}
    if place >= COMPARED:
        return Recorded(
            name=name, run_id=f"r{place}", params={"text": name}, metrics=numbers, run=common
        )
    turned = [*strings[place:], *strings[:place]]
    metrics: dict[str, float | Sequence[float]] = {**numbers}
    for at, key in enumerate(strings):
        is_curve = at < CURVES
        value = [1.0 + at, 2.0 + place, 3.0 - place] if is_curve else at + place / 10
        metrics.setdefault(key, value)
    return Recorded(
        name=name,
        run_id=f"r{place}",
        params={"text": name, **dict(zip(strings, turned, strict=True))},
        metrics=metrics,
        tags=dict(zip(strings, turned, strict=True)),
        environment=dict(zip(strings[:40], turned, strict=False)),
        datasets=[
            {"name": text, "digest": text, "context": text, "source": text, "schema": text}
            for text in strings[:30]
        ],
        artifacts=[
            {"path": path, "size": len(content), "media_type": text}
            for path, text, content in _artifacts(strings)
        ],
        contents={path: content for path, _, content in _artifacts(strings)},
        goals={"score": "max", "cost": "min"},
        run={**common, "note": _note(notes, place)},
    )


def _artifacts(strings: Sequence[str]) -> list[tuple[str, str, bytes]]:
    """Return paths, media types and contents: as text, as JSON, as a table, as what is no image."""
    found = {}
    for at, text in enumerate(strings):
        suffix = (".txt", ".json", ".csv", ".png", ".svg", ".html")[at % 6]
        body = {".csv": f'a,b\n"{text.replace(chr(34), chr(34) * 2)}",1\n'}.get(suffix, text)
        found[text + suffix] = (text, body.encode("utf-8", "surrogatepass"))
    return [(path, text, body) for path, (text, body) in found.items()]


def _note(notes: Sequence[str], place: int) -> str:
    """Return this run's share of the notes, apart by rules that no unclosed fence can swallow."""
    parts: list[str] = []
    room = _NOTE_ROOM
    for text in notes[place::COMPARED]:
        room -= len(text) + 2
        if room < 0:
            break
        parts.append(text)
    return "\n\n".join(parts)

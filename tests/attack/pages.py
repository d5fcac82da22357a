"""Reports in which every field of a record is hostile, some 150 strings in each."""

from collections.abc import Mapping, Sequence

from rundiff.comparison import Comparison

from tests.factories import Recorded, make_comparison

COMPARED = 4
CURVES, BARS = 24, 12
CATEGORIES = 20  # on an axis; a chart takes no more than 24
_NOTE_ROOM = 15_000


def attack_comparison(
    strings: Sequence[str], notes: Sequence[str] = (), *, compared: int = COMPARED
) -> Comparison:
    """Return one run a string; the first few hold every string as a key and value of everything."""
    shares = [(notes or strings)[place::compared] for place in range(compared)]
    runs = [
        _whole_run(place, strings, shares[place]) if place < compared else _small_run(place, text)
        for place, text in enumerate(strings)
    ]
    problems = [(text, text) for text in strings[:50]]
    return make_comparison(*runs, problems=problems, columns=compared, title=strings[0])


def _small_run(place: int, name: str) -> Recorded:
    return Recorded(
        name=name,
        run_id=f"r{place}",
        params=_texts(place, name),
        metrics=_numbers(place),
        run={**_facts(name), "status": "finished"},
    )


def _facts(name: str) -> Mapping[str, object]:
    return dict.fromkeys(("name", "experiment", "user", "location"), name)


def _texts(place: int, name: str) -> dict[str, str]:
    """Return a run's string as a param of its own, and as one of the few values of another."""
    return {"text": name, f"text {place // CATEGORIES}": name}


def _numbers(place: int) -> dict[str, float]:
    return {"score": 100.0 - place, "cost": float(place * 7 % 11)}


def _whole_run(place: int, strings: Sequence[str], notes: Sequence[str]) -> Recorded:
    name = strings[place]
    # Only what a compared run has is a key of the comparison.
    shared = {f"text {at}": name for at in range(-(-len(strings) // CATEGORIES))}
    turned = [*strings[place:], *strings[:place]]
    metrics: dict[str, float | Sequence[float]] = {**_numbers(place)}
    for at, key in enumerate(strings):
        is_curve = at < CURVES
        value = [1.0 + at, 2.0 + place, 3.0 - place] if is_curve else at + place / 10
        metrics.setdefault(key, value)
    return Recorded(
        name=name,
        run_id=f"r{place}",
        params={"text": name, **shared, **dict(zip(strings, turned, strict=True))},
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
        # Charts leave out what did not end, but for compared runs: some of those have other words.
        run={**_facts(name), "status": name if place % 2 else "finished", "note": _note(notes)},
    )


def _artifacts(strings: Sequence[str]) -> list[tuple[str, str, bytes]]:
    """Return paths, media types and contents: as text, as JSON, as a table, as what is no image."""
    found = {}
    for at, text in enumerate(strings):
        suffix = (".txt", ".json", ".csv", ".png", ".svg", ".html")[at % 6]
        body = {".csv": f'a,b\n"{text.replace(chr(34), chr(34) * 2)}",1\n'}.get(suffix, text)
        found[text + suffix] = (text, body.encode("utf-8", "surrogatepass"))
    return [(path, text, body) for path, (text, body) in found.items()]


def _note(notes: Sequence[str]) -> str:
    """Return as many of the notes as a page shows."""
    parts: list[str] = []
    room = _NOTE_ROOM
    for text in notes:
        room -= len(text) + 2
        if room < 0:
            break
        parts.append(text)
    return "\n\n".join(parts)

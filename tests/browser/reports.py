"""The reports that the browser tests open, made from records in memory."""

import hashlib
import math
from pathlib import Path

from rundiff.render.html import render_html
from rundiff.selection.choose import SelectionOptions
from rundiff.stats.judge import judge

from tests.factories import Recorded, make_comparison

NAMES = ("wide-lr=0.1", "wide-lr=0.01", "deep-lr=0.1", "deep-lr=0.01", "deep-lr=0.001", "crashed")
HOSTILE = (
    "__proto__",
    "constructor",
    "<img src=x onerror=alert(1)>",
    "<b>bold</b><a href='https://example.org'>link</a>",
    "\u202egnp.exe",
    "x" * 4_000,
    "2024-01-01",
    "'; DROP TABLE runs; --",
)


def small(baseline: int = 0) -> str:
    """Six runs with histories, every kind of value, and a failed run."""
    runs = [_run(index) for index in range(len(NAMES))]
    selection = SelectionOptions(baseline=NAMES[baseline])
    return render_html(judge(make_comparison(*runs, selection=selection)))


def _run(index: int) -> Recorded:
    rate = (0.1, 0.01, 0.1, 0.01, 0.001, 0.5)[index]
    is_crashed = NAMES[index] == "crashed"
    steps = 20 if is_crashed else 60 + 10 * index
    loss = [math.exp(-step / (20 + 10 * index)) + 0.02 * (step % 3) + 0.01 for step in range(steps)]
    if is_crashed:
        loss[-3:] = [math.nan] * 3
    metrics: dict[str, object] = {
        "train/loss": loss,
        "val/accuracy": [1 - 0.5 * value for value in loss],
        "final accuracy": math.nan if is_crashed else (0.91, 0.932, 0.945, 0.9451, 0.91)[index],
        "fit_seconds": 1.5 + index * 0.25,
    }
    if not is_crashed:
        metrics["auc"] = 0.95 - 0.004 * index
    return Recorded(
        name=NAMES[index],
        params={
            "lr": rate,
            "seed": index,
            "model": NAMES[index].split("-")[0],
            "depth": (None, "", "null", 3, 3.0, "3")[index],
            "batch": 32,
            "epochs": "10",
            "precision": ("0.1", "0.10", "0.1", "0.1", "0.1", "0.1")[index],
            "command": f"python train.py --data /mnt/data/cells --lr {rate} --seed {index} --out o",
            "optimizer": {"name": "adam", "betas": [0.9, 0.99 + index / 1_000]},
            **({} if index == 3 else {"dropout": 0.5}),
        },
        metrics=metrics,  # type: ignore[arg-type]
        tags={"team": "vision" if index < 3 else "audio"},
        environment={"python": "3.11.2", "git.commit": "4f0c1e7" if index else "9d27b05"},
        goals={"final accuracy": "max", "fit_seconds": "min", "auc": "max"},
        run={"status": "failed" if is_crashed else "finished"},
    )


def hostile() -> str:
    """Runs, keys and values that would be something else in a page, a chart or an object."""
    runs = [
        Recorded(
            name=name,
            run_id=f"id{index}",
            params={key: f"{key}{index}" for key in HOSTILE},
            metrics={
                "<b>loss</b>": [1 / (step + 1 + index) for step in range(20)],
                "__proto__": 0.5 + index / 10,
            },
            tags={"note": name},
            goals={"__proto__": "max"},
        )
        for index, name in enumerate(HOSTILE)
    ]
    return render_html(judge(make_comparison(*runs)))


def many(count: int = 1_500) -> str:
    """More runs than a page can hold rows for."""
    runs = [
        Recorded(
            name=f"run-{index:05}",
            params={
                "lr": (index * 37 % 101) / 1_000,
                "model": ("forest", "sgd", "gboost")[index % 3],
                "seed": index,
            },
            metrics={"accuracy": 0.5 + (index * 7_919 % 4_999) / 10_000, "loss": 1 / (index + 1)},
            goals={"accuracy": "max", "loss": "min"},
        )
        for index in range(count)
    ]
    return render_html(make_comparison(*runs))


def lengthy(baseline: str = "a") -> str:
    """Values that are shown in part: digests, and long texts that begin alike."""
    runs = [
        Recorded(
            name=name,
            params={
                "data": hashlib.sha256(name.encode()).hexdigest(),
                "prompt": "x" * 2_500 + name,
                "spaces": "\u200b" * 900 + name,
            },
        )
        for name in "abc"
    ]
    selection = SelectionOptions(baseline=baseline)
    return render_html(make_comparison(*runs, selection=selection))


def replicates() -> str:
    """Two recipes of three seeds and a run alone, by a command that named another baseline."""
    values = {"base": (0.8, 0.81, 0.82), "deep": (0.9, 0.91, 0.92), "alone": (0.95,)}
    runs = [
        Recorded(
            name=f"{recipe}-s{seed}" if len(accuracies) > 1 else recipe,
            params={"recipe": recipe, "seed": seed},
            tags={"team": "vision"},
            metrics={"accuracy": accuracy},
            goals={"accuracy": "max"},
        )
        for recipe, accuracies in values.items()
        for seed, accuracy in enumerate(accuracies)
    ]
    command = "rundiff report runs --baseline 'base-s0'"
    return render_html(judge(make_comparison(*runs, command=command)))


def sweep(count: int = 100) -> str:
    """Many runs with histories, long enough that a page carries only some of their points."""
    runs = [
        Recorded(
            name=f"run-{index:03}",
            params={"lr": (index * 37 % 101 + 1) / 1_000, "seed": index},
            metrics={
                "val/loss": [
                    (0.1 + (index + 25) % 50 / 60)
                    + 2 * math.exp(-step / (20 + index))
                    + step % 7 / 100
                    for step in range(400 if index % 9 else 150)
                ],
                "val/accuracy": [
                    (0.6 + (index + 25) % 50 / 200) * (1 - math.exp(-step / 40))
                    for step in range(400)
                ],
            },
            goals={"val/accuracy": "max"},
        )
        for index in range(count)
    ]
    return render_html(make_comparison(*runs, columns=8, command="rundiff report runs"))


def wide() -> str:
    """Three runs with numbers of ten digits, a folded group of charts and long words."""
    runs = [
        Recorded(
            name=f"run-{index}",
            params={"lr": 10.0**-index, "steps": 100, "path": f"/data/sets/{index}/train"},
            metrics={
                "system/memory_bytes": [8_044_822_699.0 + 1e7 * index**2] * 3,
                "evaluation/accuracy_of_everything": 0.9 + index / 100,
                "seconds": 1_234_567.5 - index,
                "sha": math.nan if index else 1.0,
            },
            goals={"evaluation/accuracy_of_everything": "max", "seconds": "min"},
        )
        for index in range(3)
    ]
    return render_html(judge(make_comparison(*runs)))


def long(rows: int) -> str:
    """Two runs that differ in so many params."""
    runs = [
        Recorded(name=f"run-{index}", params={f"p{at:03}": at + index for at in range(rows)})
        for index in range(2)
    ]
    return render_html(judge(make_comparison(*runs)))


def extreme() -> str:
    """Doubles at the ends of their range, infinities, NaN alone, single points, a lone key."""
    values = (-1e308, 0.0, 1e308, 5e-324)
    runs = [
        Recorded(
            name=f"r{index}",
            params={"n": 10**400 + index, "x": index},
            metrics={
                "wide": [value, -1e308, 5e-324],
                "ends": [math.inf, math.nan, -math.inf],
                "one": [value],
                "plain": value,
                "nothing": math.nan,
            },
            goals={"plain": "max"},
        )
        for index, value in enumerate(values)
    ]
    return render_html(judge(make_comparison(*runs)))


def write(folder: Path, name: str, text: str) -> Path:
    """Write a report; its path."""
    path = folder / f"{name}.html"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path

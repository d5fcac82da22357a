"""Make the sample runs: small scikit-learn models on the digits that ship with scikit-learn.

    python sample_runs/train.py [STORE]          the default store is sample_runs/runs

Two model families (a linear classifier trained by stochastic gradient descent, a small neural
network), three or five seeds each, one recipe on a cleaned version of the data, and one run that
fails for a real reason. Every number in the store comes from the training below; only durations and
times depend on the machine. One thread trains, so that a busy machine does not change the durations
by an order of magnitude.
"""

from __future__ import annotations

import argparse
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
import pandas as pd
import rundiff
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

mpl.use("Agg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent
CLASSES = np.arange(10)
Model: TypeAlias = SGDClassifier | MLPClassifier
Labels: TypeAlias = pd.Series
Mask: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """One version of the data, split the same way for every run."""

    version: str
    train: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What one run trains: the params that are logged are the ones that are used."""

    name: str
    family: str
    params: dict[str, Any]
    epochs: int
    seeds: int = 3
    data_version: str = "v1"
    note: str = ""


def load_data(version: str) -> Data:
    """Return the digits.

    ``v2`` leaves out the training images that a nearest neighbour contradicts.
    """
    frame = load_digits(as_frame=True).frame
    train, test = train_test_split(frame, test_size=0.25, random_state=7, stratify=frame["target"])
    if version == "v2":
        train = train[~is_contradicted(train)]
    return Data(version=version, train=train, test=test)


def is_contradicted(frame: pd.DataFrame) -> Mask:
    """Tell for each row whether its nearest other row has another label."""
    pixels = frame.drop(columns="target").to_numpy(dtype=float)
    squares = (pixels**2).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * pixels @ pixels.T
    np.fill_diagonal(distances, np.inf)
    labels = frame["target"].to_numpy()
    contradicted: Mask = labels[distances.argmin(axis=1)] != labels
    return contradicted


def build_model(recipe: Recipe, seed: int) -> Model:
    """Return the estimator of a recipe."""
    if recipe.family == "sgd":
        return SGDClassifier(loss="log_loss", random_state=seed, **recipe.params)
    return MLPClassifier(random_state=seed, **recipe.params)


def train_run(recipe: Recipe, seed: int) -> None:
    """Train one model epoch by epoch and log what a careful engineer would."""
    data = load_data(recipe.data_version)
    with rundiff.start_run(run_name=f"{recipe.name}-s{seed}", description=recipe.note or None):
        rundiff.set_tags({"family": recipe.family, "stage": "sample"})
        rundiff.log_params(
            {"model": recipe.family, "epochs": recipe.epochs, "seed": seed, **recipe.params}
        )
        rundiff.log_input(rundiff.data.from_pandas(data.train, name="digits"), context="train")
        rundiff.log_input(rundiff.data.from_pandas(data.test, name="digits"), context="test")
        for metric, goal in {"val/accuracy": "max", "val/loss": "min", "train/loss": "min"}.items():
            rundiff.define_metric(metric, goal=goal)
        rundiff.define_metric("fit_seconds", goal="min", unit="s")
        scaler = StandardScaler()
        train_x = scaler.fit_transform(data.train.drop(columns="target"))
        test_x = scaler.transform(data.test.drop(columns="target"))
        model = build_model(recipe, seed)
        fit(model, recipe, (train_x, data.train["target"]), (test_x, data.test["target"]))
        report(model, test_x, data.test["target"])


def fit(
    model: Model, recipe: Recipe, train: tuple[Pixels, Labels], test: tuple[Pixels, Labels]
) -> None:
    """Run the epochs, logging losses and accuracy after each."""
    seconds = 0.0
    for epoch in range(recipe.epochs):
        started = time.perf_counter()
        model.partial_fit(*train, classes=CLASSES)
        seconds += time.perf_counter() - started
        rundiff.log_metrics(
            {
                "train/loss": log_loss(train[1], model.predict_proba(train[0]), labels=CLASSES),
                "val/loss": log_loss(test[1], model.predict_proba(test[0]), labels=CLASSES),
                "val/accuracy": accuracy_score(test[1], model.predict(test[0])),
            },
            step=epoch,
        )
    rundiff.log_metric("fit_seconds", round(seconds, 3))


def report(model: Model, test_x: Pixels, test_y: Labels) -> None:
    """Log the final scores and three artifacts: a picture, a JSON file and a text."""
    predicted = model.predict(test_x)
    rundiff.log_metrics(
        {
            "final accuracy": accuracy_score(test_y, predicted),
            "final f1_macro": f1_score(test_y, predicted, average="macro"),
        }
    )
    matrix = confusion_matrix(test_y, predicted)
    figure, axes = plt.subplots(figsize=(3, 3), dpi=72)
    axes.imshow(matrix, cmap="viridis")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    figure.tight_layout()
    rundiff.log_figure(figure, "plots/confusion.png")
    plt.close(figure)
    errors = np.flatnonzero(predicted != test_y.to_numpy())
    rundiff.log_dict(
        {"n_test": len(test_y), "errors": len(errors), "per_class": matrix.diagonal().tolist()},
        "report/summary.json",
    )
    lines = [f"{i}: saw {predicted[i]}, is {test_y.iloc[i]}" for i in errors[:10]]
    rundiff.log_text("first mistakes\n" + "\n".join(lines) + "\n", "mistakes.txt")


def train_without_imputing() -> None:
    """Fail as people do: a column with missing values goes straight into the model."""
    data = load_data("v1")
    broken = data.train.drop(columns="target").copy()
    broken.iloc[::50, 10] = np.nan
    with rundiff.start_run(run_name="forgot-to-impute"):
        rundiff.log_params({"model": "sgd", "alpha": 0.0001, "seed": 0})
        rundiff.log_input(rundiff.data.from_pandas(data.train, name="digits"), context="train")
        SGDClassifier(alpha=0.0001, random_state=0).fit(broken, data.train["target"])


BASELINE_NOTE = """\
## Baseline

Linear model, the recipe in production since **spring**.

- plain SGD, `log_loss`
- digits `v1`, split with seed 7

| seed | remark |
|------|--------|
| 0    | the reference run |
"""
CLEAN_NOTE = """\
Same recipe as `mlp-wide`, trained on digits **v2**: the training images whose nearest neighbour
has another label are left out. The *test* images are the same.
"""

RECIPES = (
    Recipe(
        name="sgd-alpha=0.0001",
        family="sgd",
        params={"alpha": 0.0001},
        epochs=20,
        seeds=5,
        note=BASELINE_NOTE,
    ),
    Recipe(name="sgd-alpha=0.01", family="sgd", params={"alpha": 0.01}, epochs=20),
    Recipe(
        name="mlp-narrow",
        family="mlp",
        params={"hidden_layer_sizes": [32], "learning_rate_init": 0.001},
        epochs=40,
    ),
    Recipe(
        name="mlp-wide",
        family="mlp",
        params={"hidden_layer_sizes": [128, 64], "learning_rate_init": 0.003},
        epochs=40,
        seeds=5,
    ),
)
ON_CLEANED_DATA = Recipe(
    name="mlp-wide-v2",
    family="mlp",
    params=RECIPES[-1].params,
    epochs=40,
    data_version="v2",
    seeds=1,
    note=CLEAN_NOTE,
)


def main() -> None:
    """Train everything into the store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", nargs="?", default=HERE / "runs", type=Path)
    rundiff.set_store(parser.parse_args().store)
    rundiff.set_experiment("digits")
    with threadpool_limits(1):
        for recipe in (*RECIPES, ON_CLEANED_DATA):
            for seed in range(recipe.seeds):
                train_run(recipe, seed)
    try:
        train_without_imputing()
    except ValueError as error:
        logging.getLogger("train").info("failed as planned: %s", error)


if __name__ == "__main__":
    main()

"""Which way a metric is better: as declared, otherwise guessed from its name.

A guess is made from the words of a name ("val_loss", "top1Accuracy", "eval/f1-macro" are split at
signs, digits and changes of case), and only from words that mean one thing everywhere. A word that
names a cost wins over one that names a quality ("accuracy_error", "recall_loss" are costs). When no
word is known, the direction stays unknown: a wrong colour is worse than none.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from rundiff.comparison import Direction, MetricMeaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LOWER = frozenset(
    {
        *("loss", "losses", "error", "errors", "err", "rmse", "mse"),
        *("mae", "mape", "smape", "msle", "rmsle", "nll", "logloss"),
        *("crossentropy", "perplexity", "ppl", "time", "latency", "seconds", "secs"),
        *("duration", "runtime", "ms", "cost", "regret", "brier", "ece"),
        *("wer", "cer", "fid", "kid", "lpips", "hinge", "deviance"),
        *("divergence", "kl", "misclassification", "fpr", "fnr", "eer", "memory"),
        *("rss", "bytes", "overhead"),
    }
)
_HIGHER = frozenset(
    {
        *("accuracy", "acc", "auc", "auroc", "auprc", "roc", "f"),
        *("precision", "prec", "recall", "specificity", "sensitivity", "map", "ndcg", "mrr"),
        *("bleu", "rouge", "meteor", "chrf", "iou", "miou", "dice"),
        *("jaccard", "kappa", "mcc", "r", "score", "reward", "return"),
        *("returns", "psnr", "ssim", "throughput", "fps", "speedup", "hits"),
        *("tpr", "tnr", "likelihood", "elbo"),
    }
)
_PAIRS = {
    ("cross", "entropy"): Direction.LOWER, ("log", "likelihood"): Direction.HIGHER,
    ("average", "precision"): Direction.HIGHER, ("exact", "match"): Direction.HIGHER,
    ("neg", "log"): Direction.LOWER, ("negative", "log"): Direction.LOWER,
    ("per", "second"): Direction.HIGHER, ("per", "sec"): Direction.HIGHER,
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PART = re.compile(r"[A-Za-z]{2,}")
# How far values spread is no quality: "acc_stderr" is not better for being high, nor low.
_SPREAD = frozenset({"stderr", "std", "stdev", "stddev", "variance", "sem"})
# Words that are also one letter of many other things: only with the digit that makes them a metric.
_WITH_DIGIT = {"f": frozenset({"1", "2"}), "r": frozenset({"2"})}
_GOALS = {"min": Direction.LOWER, "max": Direction.HIGHER}


def guess_direction(key: str) -> Direction:
    """Return which way a metric of this name is better, as far as the name tells."""
    words = [word.lower() for word in _WORD.findall(key[:500])]
    whole = [part.lower() for part in _PART.findall(key[:500])]  # "mIoU", "mAP"
    if not _SPREAD.isdisjoint(words):
        return Direction.UNKNOWN
    if words[:1] == ["rank"]:
        return Direction.LOWER  # scikit-learn's "rank_test_score": the first is the best
    pairs = [*zip_longest(words, words[1:], fillvalue="")]
    for pair in pairs:
        if pair in _PAIRS:
            return _PAIRS[pair]
    if any(word in _LOWER for word in words):
        # scikit-learn's "neg_mean_squared_error" is a cost turned into a score.
        return Direction.HIGHER if words[0] == "neg" else Direction.LOWER
    for word, following in pairs:
        if word in _HIGHER and following in _WITH_DIGIT.get(word, frozenset({following})):
            return Direction.HIGHER
    return Direction.HIGHER if any(part in _HIGHER for part in whole) else Direction.UNKNOWN


def build_meanings(
    keys: Iterable[str],
    definitions: Iterable[Mapping[str, object]],
    options: Mapping[str, Direction],
    gates: Mapping[str, Direction],
) -> dict[str, MetricMeaning]:
    """Return what is known of each metric.

    An option wins over a gate file, and that over what runs declare; of several declarations the
    first one counts, in the order of the runs.
    """
    declared: dict[str, dict[str, object]] = {}
    for row in definitions:
        known = declared.setdefault(str(row["key"]), {})
        for column in ("goal", "unit", "tolerance"):
            if row[column] and column not in known:
                known[column] = row[column]
                known[f"{column}_origin"] = row["origin"] or "record"
    meanings: dict[str, MetricMeaning] = {}
    for key in keys:
        known = declared.get(key, {})
        direction, origin = guess_direction(key), "name"
        if key in options:
            direction, origin = options[key], "option"
        elif key in gates:
            direction, origin = gates[key], "gate"
        elif known.get("goal") in _GOALS:
            direction, origin = _GOALS[str(known["goal"])], str(known["goal_origin"])
        meanings[key] = MetricMeaning(
            direction=direction,
            direction_origin=origin if direction else "",
            unit=str(known.get("unit", "")),
            tolerance=str(known.get("tolerance", "")),
        )
    return meanings

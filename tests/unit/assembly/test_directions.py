import pytest
from rundiff.assembly.directions import build_meanings, guess_direction
from rundiff.comparison import Direction

LOWER = (
    "loss", "val_loss", "valLoss", "train/cross_entropy", "RMSE", "rmse_test", "mae", "MSE",
    "perplexity", "time_per_step", "latency-p99", "seconds", "error", "top1_error", "1_loss",
    "accuracy_error", "negative_log_likelihood", "neg_log_loss_raw", "log_loss", "wer", "duration",
    "epoch time", "max_memory", "eval.loss", "rank_test_score",
)  # fmt: skip
HIGHER = (
    "accuracy", "val_accuracy", "top1Accuracy", "auc", "roc_auc", "AUROC", "f1", "F1_macro",
    "f1-score", "r2", "R2", "precision", "recall@10", "mAP", "map_50", "mIoU", "bleu", "BLEU-4",
    "reward/mean", "samples_per_second", "neg_mean_squared_error", "log_likelihood", "dice",
    "val_prec",
)  # fmt: skip
UNKNOWN = (
    "", "epoch", "learning_rate", "n_params", "f", "r", "f3", "step", "lossless", "timestep",
    "remap", "grad_norm", "entropy", "constructor", "__proto__", "差分", "acc_stderr", "loss_std",
    "std_test_score",
)  # fmt: skip


@pytest.mark.parametrize("key", LOWER)
def test_costs(key: str) -> None:
    assert guess_direction(key) is Direction.LOWER


@pytest.mark.parametrize("key", HIGHER)
def test_qualities(key: str) -> None:
    assert guess_direction(key) is Direction.HIGHER


@pytest.mark.parametrize("key", UNKNOWN)
def test_what_no_word_tells_stays_unknown(key: str) -> None:
    assert guess_direction(key) is Direction.UNKNOWN


def test_a_declared_goal_wins_over_the_name_and_an_option_over_both() -> None:
    rows: list[dict[str, object]] = [
        {"key": "score", "goal": "min", "unit": "s", "tolerance": "1%", "origin": "record"},
        {"key": "score", "goal": "max", "unit": "ms", "tolerance": None, "origin": "record"},
        {"key": "loss", "goal": "max", "unit": None, "tolerance": None, "origin": "source"},
    ]
    found = build_meanings(["score", "loss", "acc", "x"], rows, {"loss": Direction.LOWER}, {})
    assert found["score"].direction is Direction.LOWER
    assert (found["score"].direction_origin, found["score"].unit) == ("record", "s")
    assert found["score"].tolerance == "1%"
    assert (found["loss"].direction, found["loss"].direction_origin) == (Direction.LOWER, "option")
    assert (found["acc"].direction, found["acc"].direction_origin) == (Direction.HIGHER, "name")
    assert (found["x"].direction, found["x"].direction_origin) == (Direction.UNKNOWN, "")

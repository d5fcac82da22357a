"""What is concluded from a comparison: verdicts, replicates and gates, as pure values.

``stats`` and ``gates`` build these; ``Comparison`` carries them; every output draws them. They
stand in a module of their own so that ``comparison`` stays the list of what was *recorded* and this
one the list of what was *concluded*. A reason is one plain sentence; names in it stand as recorded,
so that each output escapes it like any other text.
"""

from __future__ import annotations

from enum import StrEnum

from rundiff.frozen import dataclass


class Direction(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = ""


class VerdictKind(StrEnum):
    """What is concluded for one metric of one candidate against the baseline."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    INCOMPARABLE = "incomparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One side of a verdict: the mean of ``n`` runs, or seeds where several runs have the same.

    ``low`` and ``high`` bound the mean; they are None with fewer than two.
    """

    mean: float | None
    n: int
    low: float | None = None
    high: float | None = None
    values: tuple[float, ...] = ()  # one per run or seed, in the order of the selection
    run_ids: tuple[str, ...] = ()  # of all runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How a verdict over replicates was reached.

    ``low`` and ``high`` bound the delta at ``confidence``.
    """

    test: str  # "Welch's t-test", "paired t-test", "permutation test"
    p_value: float
    p_adjusted: float  # Holm, over the metrics judged together
    judged_together: int
    confidence: float  # of the interval, e.g. 0.95
    low: float
    high: float
    p_equivalence: float | None  # two one-sided tests; None without a tolerance
    # One-sided: that the candidate is worse by the tolerance or more. None where no direction is
    # known.
    p_not_worse: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The conclusion for one metric of one candidate against the baseline.

    ``by_tolerance``: one number against one number, no statistics. ``more_runs``: how many more
    runs on each side would settle a difference of the tolerance's size; only where the kind is
    inconclusive and that can be told.
    """

    key: str
    run_id: str
    kind: VerdictKind
    reason: str
    by_tolerance: bool
    direction: Direction
    tolerance: str  # "0.005", "1%" or "" (none declared: any difference counts)
    tolerance_origin: str  # gate, option, record, source or ""
    value_name: str  # "last", "best", "mean of last 5", "at best val_loss", …
    baseline: Estimate
    candidate: Estimate
    delta: float | None  # candidate mean − baseline mean
    statistics: Statistics | None = None
    more_runs: int | None = None
    is_replicate: bool = False  # of the baseline: the same recipe, so nothing to be better or worse


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """Runs that are equal in everything but seed-like keys, and their metrics on average."""

    name: str  # label of the first run
    run_ids: tuple[str, ...]
    varying: tuple[str, ...]  # the seed-like keys that do vary, as "params.seed"
    is_baseline: bool
    estimates: tuple[tuple[str, Estimate], ...]  # (metric key, …), sorted by key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """One key that differs between two recipes; a side is (type, exact text), None if missing.

    ``is_raised``: a number that each pair has raised; the sides are those of the first pair.
    """

    section: str
    key: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    is_raised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one metric did when the keys of a change changed.

    ``kinds`` has a verdict for each pair of recipes that has the metric, ``delta`` is the mean of
    the pairs' deltas; ``reason`` is the verdict's where there is one pair.
    """

    key: str
    delta: float | None
    kinds: tuple[VerdictKind, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Keys that changed while everything else stayed: the nearest a report comes to a cause.

    ``pairs`` are the recipes that differ in just these keys, as run ids before and after: those
    that were judged. ``more_pairs`` says how many more there are.
    """

    keys: tuple[KeyChange, ...]
    pairs: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    effects: tuple[Effect, ...]
    more_pairs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """What was found for *Change by change* and not judged, since that would take too long.

    ``pairs``: those of the changes that were left out whole and of the others.
    """

    changes: int = 0
    pairs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A param and a metric that go together over many recipes.

    ``strength``: Spearman's rank correlation, or, with ``best`` or ``between``, the share of the
    ranks' variance between the param's values or between ranges of its numbers. ``best`` is the
    value (type, text) and ``between`` the range (lowest and highest number in it) in which the
    metric stands best: highest where higher is better, otherwise lowest.
    """

    key: str
    metric: str
    recipes: int
    strength: float
    best: tuple[str, str] | None = None
    between: tuple[float, float] | None = None
    p_adjusted: float  # Holm, over all that were tested

    @property
    def share(self) -> float:
        """The share of the ranks' variance that goes with the param, whatever its kind."""
        is_correlation = self.best is None and self.between is None
        return self.strength**2 if is_correlation else self.strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One metric of replicates over steps: the mean's interval, and of how many runs.

    ``low`` and ``high`` are NaN where fewer than three runs have a value. ``note`` says in words
    where runs ended early, "" where none did: from there on the mean is one of fewer runs.
    """

    key: str
    run_id: str  # the first run of the replicates that stands as a column
    steps: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]
    note: str


class GateStatus(StrEnum):
    """What became of one rule of a gate file."""

    PASSED = "passed"
    FAILED = "failed"
    WAIVED = "waived"  # failed, but a waiver that has not expired says why that is accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One rule applied to one candidate.

    ``rule`` is the rule in words of the gate file, e.g. ``must = "not-worse"``.
    """

    name: str  # "accuracy: must = not-worse"; unique within a candidate
    metric: str  # "" for a rule over several metrics
    rule: str
    run_id: str
    run_name: str
    status: GateStatus
    reason: str
    value: float | None
    baseline: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything concluded, except the verdicts themselves."""

    replicate_rule: str  # a sentence; "" where grouping was turned off
    replicates: tuple[Replicates, ...]
    gates: tuple[GateResult, ...]
    gate_source: str  # the gate file as it was named; "" without one
    warnings: tuple[str, ...]  # a stale baseline, an expired waiver, …
    confidence: float
    changes: tuple[Change, ...] = ()  # the clearest first
    unjudged: Unjudged = Unjudged()
    trends: tuple[Trend, ...] = ()  # the strongest first

    @property
    def telling_params(self) -> tuple[str, ...]:
        """The params that go with the leading metric, then with others, the strongest first."""
        return tuple(dict.fromkeys(trend.key for trend in self.trends))

    @property
    def has_failed(self) -> bool:
        """Whether any gate failed without a waiver."""
        return any(gate.status is GateStatus.FAILED for gate in self.gates)


NOTHING_JUDGED = Judgement(
    replicate_rule="", replicates=(), gates=(), gate_source="", warnings=(), confidence=0.95
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """The CI build that made the report; every field may be empty.

    All of it is text from the environment.
    """

    host: str  # "GitHub Actions", "GitLab CI", "Jenkins", …
    branch: str
    commit: str
    change: str  # number of the pull or merge request
    run_url: str

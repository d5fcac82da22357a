"""What a run's environment was.

An allow-list of facts, so that a secret can only get in through one of them.

Most of it (packages, git, hardware: 100 ms and more) is the same for all runs of a process and is
captured once, in the background; a run takes what is there when it ends. Seeds are asked of
libraries that are already imported, never by importing one. The environment variables that are read
are listed here; no other is.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rundiff.records.redaction import hide_home, redact_arguments, redact_text
from rundiff.tracking.git import git_facts
from rundiff.tracking.hardware import hardware_facts

CI_VARIABLES = (
    "GITHUB_SHA", "GITHUB_REF", "GITHUB_HEAD_REF", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT",
    "GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_REPOSITORY", "GITHUB_EVENT_NAME",
    "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "CI_PIPELINE_ID", "CI_JOB_ID", "CI_PROJECT_PATH",
    "CI_MERGE_REQUEST_IID", "BUILD_SOURCEVERSION", "BUILD_BUILDID", "BITBUCKET_COMMIT",
    "BITBUCKET_BUILD_NUMBER", "CIRCLE_SHA1", "CIRCLE_BUILD_NUM", "BUILDKITE_COMMIT",
    "BUILDKITE_BUILD_NUMBER", "BUILD_NUMBER", "GIT_COMMIT",
)  # fmt: skip
PROCESS_VARIABLES = (
    "RANK", "LOCAL_RANK", "WORLD_SIZE", "SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_PROCID",
    "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PYTHONHASHSEED", "PL_GLOBAL_SEED",
    "CUBLAS_WORKSPACE_CONFIG", "TF_DETERMINISTIC_OPS",
)  # fmt: skip


def capture_environment(folder: Path) -> dict[str, object]:
    """Return the facts that all runs of this process share; a part that fails is left out."""
    parts: dict[str, Callable[[], object]] = {
        "python": _python,
        "platform": _platform,
        "command": command_line,
        "git": lambda: git_facts(folder),
        "hardware": hardware_facts,
        "packages": _packages,
        "ci": lambda: _variables(CI_VARIABLES),
        "process": lambda: _variables(PROCESS_VARIABLES),
    }
    found = {name: _attempt(part) for name, part in parts.items()}
    return {name: value for name, value in found.items() if value}


def command_line() -> str:
    """Return how the program was started, with secrets masked and the home folder as ``~``."""
    arguments = list(getattr(sys, "orig_argv", sys.argv))
    if arguments:
        arguments[0] = Path(arguments[0]).name
    inline = _inline_program(arguments)
    if inline:  # the program text is no option
        arguments[inline:] = ["…"]
    return shlex.join(hide_home(argument) for argument in redact_arguments(arguments))


def _inline_program(arguments: Sequence[str]) -> int:
    """Return where the text stands that Python runs with -c, else 0; a script may have its own."""
    place = 1
    while place < len(arguments) and arguments[place].startswith("-"):
        if arguments[place] in ("-c", "-m", "-"):
            return place + 1 if arguments[place] == "-c" else 0
        place += 2 if arguments[place] in ("-W", "-X") else 1
    return 0


def capture_seeds() -> dict[str, object]:
    """Return the seeds and determinism switches that imported libraries expose."""
    return {name: value for name, value in _seeds() if value is not None}


def _seeds() -> Iterator[tuple[str, object]]:
    numpy = sys.modules.get("numpy")
    if numpy is not None and "numpy.random" in sys.modules:
        yield "numpy", _attempt(lambda: _numpy_seed(numpy))
    torch = sys.modules.get("torch")
    if torch is not None:
        yield "torch", _attempt(lambda: int(torch.initial_seed()))
        yield (
            "torch_deterministic",
            _attempt(lambda: bool(torch.are_deterministic_algorithms_enabled())),
        )
        yield "cudnn_deterministic", _attempt(lambda: bool(torch.backends.cudnn.deterministic))
    context = sys.modules.get("tensorflow.python.eager.context")
    if context is not None:
        yield "tensorflow", _attempt(lambda: int(context.global_seed()))


def _numpy_seed(numpy: Any) -> int | None:  # noqa: ANN401 - a module
    """Return the seed of NumPy's global generator while nothing has been drawn from it.

    It is then its first word.
    """
    kind, words, position, *_ = numpy.random.get_state()
    is_fresh = kind == "MT19937" and position == 624
    return int(words[0]) if is_fresh and int(words[1]) == _next_word(int(words[0])) else None


def _next_word(word: int) -> int:
    return (1_812_433_253 * (word ^ (word >> 30)) + 1) & 0xFFFFFFFF


def _python() -> dict[str, object]:
    return {"version": platform.python_version(), "implementation": sys.implementation.name}


def _platform() -> dict[str, object]:
    return {"system": platform.system(), "release": platform.release(),
            "machine": platform.machine()}  # fmt: skip


def _packages() -> dict[str, object]:
    found: dict[str, object] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(str(name).lower().replace("_", "-"), distribution.version)
    return dict(sorted(found.items()))


def _variables(names: tuple[str, ...]) -> dict[str, object]:
    return {name: redact_text(os.environ[name]) for name in names if os.environ.get(name)}


def _attempt(part: Callable[[], object]) -> object:
    """Return what a part finds.

    Whatever goes wrong in a foreign library must not reach the training.
    """
    try:
        return part()
    except Exception:  # noqa: BLE001 - a missing fact is better than a failed training
        return None

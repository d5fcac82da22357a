"""What a run ran on: processor, memory, accelerators."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

_TIMEOUT_SECONDS = 3.0


def hardware_facts() -> dict[str, object]:
    """Return processor model and count, memory in bytes, and the GPUs that ``nvidia-smi`` lists."""
    facts: dict[str, object] = {"cpu_count": os.cpu_count() or 0}
    if hasattr(os, "sched_getaffinity"):
        facts["cpu_usable"] = len(os.sched_getaffinity(0))
    model = _first_field("/proc/cpuinfo", "model name") or _first_field("/proc/cpuinfo", "Model")
    if model:
        facts["cpu"] = model
    with contextlib.suppress(ValueError, OSError, AttributeError):
        facts["memory_bytes"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return facts | _gpus()


def _gpus() -> dict[str, object]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return {}
    query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            [program, *query], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_TIMEOUT_SECONDS, check=True, text=True, errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines() if line]
    gpus = [f"{row[0]}, {row[1]}" for row in rows if len(row) == 3]
    return {"gpu": gpus, "gpu_driver": rows[0][2]} if gpus else {}


def _first_field(path: str, name: str) -> str:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                key, _, value = line.partition(":")
                if key.strip() == name:
                    return value.strip()
    except OSError:
        pass
    return ""

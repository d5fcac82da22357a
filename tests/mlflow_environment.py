"""MLflow in an environment of its own, for tests against the real thing and for the benchmarks.

MLflow caps pyarrow below what rundiff is tested with, so the two cannot share an environment. It is
made once under the user's cache folder (800 MB, two minutes) and kept.
"""

import os
import subprocess
import venv
from pathlib import Path

REQUIREMENTS = ("mlflow==3.17.2", "psycopg2-binary", "PyMySQL")


class MlflowMissingError(Exception):
    """MLflow is not there and cannot be installed here; the text says why."""


def mlflow_python() -> Path:
    """Return the Python of an environment with MLflow; raises MlflowMissingError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "rundiff-bench" / "mlflow"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "mlflow").exists():
        venv.create(folder, with_pip=True, clear=True)
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *REQUIREMENTS],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = done.stderr.strip().split("\n")[-1]
            raise MlflowMissingError(f"MLflow cannot be installed: {reason}")
    return python


def mlflow_variables() -> dict[str, str]:
    """Return environment variables under which MLflow stays on this machine."""
    own = {key: text for key, text in os.environ.items() if not key.startswith("MLFLOW_")}
    return own | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ALLOW_FILE_STORE": "true",
    }

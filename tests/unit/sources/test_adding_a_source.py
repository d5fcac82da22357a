"""The source in docs/adding-a-source.md works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from rundiff.sources.base import Format

from tests.unit.sources.reading import read


def documented(repository: Path) -> Format:
    page = (repository / "docs" / "adding-a-source.md").read_text("utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module: dict[str, object] = {"__name__": "loop"}
    exec(code, module)
    found = module["FORMAT"]
    assert isinstance(found, Format)
    return found


def test_the_documented_source_reads_runs_and_lists_what_is_wrong(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "loop.out").write_text(
        "# loop first lr=0.1 'note=two words'\n1 loss 0.5\n2 loss nan\nnonsense\n"
    )
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "loop.out").write_text("something else\n")
    found = read(tmp_path, documented(repository))
    [(run_id, run)] = found.runs.items()
    assert run["name"] == "first"
    assert found.values("param", run_id) == {"lr": ("text", "0.1"), "note": ("text", "two words")}
    assert str(found.points(run_id)) == "{'loss': [(1.0, 0.5), (2.0, nan)]}"
    assert found.goals(run_id) == {"loss": "min"}
    assert [(line, message) for _, line, message in found.errors] == [
        (4, "not 'step key value': 'nonsense'")
    ]

"""A stored traceback names files, but not where on this machine they lie."""

import re
import sysconfig
from pathlib import Path

import pytest
import rundiff

from .conftest import Load, Script


def test_a_failed_run_names_no_folder_of_this_machine(script: Script, load: Load) -> None:
    script(
        """
        import json, os, sys
        import rundiff
        sys.path.insert(0, os.path.join(os.getcwd(), "elsewhere", "site-packages"))
        os.makedirs("elsewhere/site-packages/wing")
        with open("elsewhere/site-packages/wing/__init__.py", "w") as file:
            file.write("def flap(text):\\n    import json\\n    return json.loads(text)\\n")
        import wing
        with rundiff.start_run():
            try:
                wing.flap("{")
            except ValueError as error:
                raise OSError(2, "nothing", os.path.join(os.getcwd(), "data", "x.csv")) from error
        """,
        check=False,
    )
    (run,) = load()
    exception = run.environment["exception"]
    assert isinstance(exception, dict)
    files = re.findall(r'File "([^"]+)"', exception["traceback"])
    assert set(files) == {"train.py", "wing/__init__.py", "json/__init__.py", "json/decoder.py"}
    for text in exception.values():
        assert "/data/x.csv" not in text
        assert sysconfig.get_paths()["stdlib"] not in text
    assert exception["message"] == "[Errno 2] nothing: 'data/x.csv'"


def test_a_file_outside_every_known_folder_keeps_its_last_two_parts(
    store: Path, load: Load, tmp_path: Path
) -> None:
    far = tmp_path.parent / "far" / "lib" / "mod.py"
    code = compile("raise ValueError('x')", str(far), "exec")
    with pytest.raises(ValueError, match="x"), rundiff.start_run():
        exec(code, {})
    (run,) = load()
    exception = run.environment["exception"]
    assert isinstance(exception, dict)
    assert 'File "…/lib/mod.py", line 1' in exception["traceback"]
    assert str(tmp_path.parent) not in exception["traceback"]


def test_names_that_are_no_path_stay(store: Path, load: Load) -> None:
    code = compile("raise ValueError('x')", "<notebook cell 3>", "exec")
    with pytest.raises(ValueError, match="x"), rundiff.start_run():
        exec(code, {})
    (run,) = load()
    exception = run.environment["exception"]
    assert isinstance(exception, dict)
    assert 'File "<notebook cell 3>", line 1' in exception["traceback"]

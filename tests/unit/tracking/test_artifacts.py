"""Files beside the journal."""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import rundiff
from plotly import graph_objects

from .conftest import Load

mpl.use("Agg")


def test_files_folders_texts_and_dicts(store: Path, load: Load, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"weights")
    (tmp_path / "plots" / "deep").mkdir(parents=True)
    (tmp_path / "plots" / "deep" / "a.txt").write_text("a")
    with rundiff.start_run() as run:
        rundiff.log_artifact("model.pkl")
        rundiff.log_artifact("model.pkl", artifact_path="copies/first")
        rundiff.log_artifact("plots")
        rundiff.log_artifacts("plots", artifact_path="flat")
        rundiff.log_text("grüße", "notes/readme.txt")
        rundiff.log_dict({"a": [1, None]}, "conf.json")
        rundiff.log_text("again", "notes/readme.txt")
    (record,) = load()
    found = {artifact.path: artifact for artifact in record.artifacts}
    assert sorted(found) == [
        "conf.json", "copies/first/model.pkl", "flat/deep/a.txt", "model.pkl", "notes/readme.txt",
        "plots/deep/a.txt",
    ]  # fmt: skip
    for path, artifact in found.items():
        content = (run.folder / "artifacts" / path).read_bytes()
        assert artifact.size == len(content)
        assert artifact.sha256 == hashlib.sha256(content).hexdigest()
    assert (run.folder / "artifacts/notes/readme.txt").read_text() == "again"
    assert json.loads((run.folder / "artifacts/conf.json").read_text()) == {"a": [1, None]}
    assert not list(run.folder.rglob("*.tmp"))


def test_a_folder_with_the_store_in_it_leaves_the_store_out(
    store: Path, load: Load, tmp_path: Path
) -> None:
    """Beside ``./runs`` a run was copied into itself until a path was too long."""
    (tmp_path / "train.py").write_text("pass")
    with rundiff.start_run(name="first"):
        rundiff.log_text("a", "a.txt")
    with rundiff.start_run(name="second"):
        rundiff.log_artifacts(tmp_path)
        rundiff.log_artifact(tmp_path, artifact_path="again")
    paths = {record.name: [artifact.path for artifact in record.artifacts] for record in load()}
    assert paths["second"] == ["train.py", f"again/{tmp_path.name}/train.py"]
    with rundiff.start_run(name="third") as run:
        rundiff.log_artifacts(store)
    assert not list(run.folder.rglob(f"artifacts/**/{run.info.run_id}"))


def test_figures_by_what_they_can_do(store: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([1, 2])
    chart = graph_objects.Figure(graph_objects.Scatter(y=[1, 2]))
    with rundiff.start_run() as run:
        rundiff.log_figure(figure, "curve.png")
        rundiff.log_figure(figure, "curve.svg")
        rundiff.log_figure(chart, "chart.json")
        with pytest.raises(rundiff_error(), match="expected a matplotlib or plotly figure"):
            rundiff.log_figure([1], "no.png")
    artifacts = run.folder / "artifacts"
    assert (artifacts / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (artifacts / "curve.svg").read_bytes()
    assert json.loads((artifacts / "chart.json").read_bytes())["data"][0]["y"] == [1, 2]


def rundiff_error() -> type[Exception]:
    from rundiff.errors import LoggingError

    return LoggingError


@pytest.mark.parametrize(("name", "mark"), [("a.JPG", b"\xff\xd8"), ("a.tif", b"II*\0")])
def test_an_image_is_stored_as_its_suffix_says(store: Path, name: str, mark: bytes) -> None:
    image = pytest.importorskip("PIL.Image").new("RGB", (2, 2))
    with rundiff.start_run() as run:
        rundiff.log_image(image, name)
    assert (run.folder / "artifacts" / name).read_bytes().startswith(mark)


def test_what_is_true_in_an_image_is_white(store: Path) -> None:
    with rundiff.start_run() as run:
        rundiff.log_image(np.array([[True, False]]), "mask.png")
        rundiff.log_image(np.array([[1.0, 0.0]]), "same.png")
    mask, same = ((run.folder / "artifacts" / f"{name}.png") for name in ("mask", "same"))
    assert mask.read_bytes() == same.read_bytes()


def test_an_array_becomes_the_png_with_its_pixels(store: Path) -> None:
    pixels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    with rundiff.start_run() as run:
        rundiff.log_image(pixels, "pixels.png")
        rundiff.log_image(np.ones((2, 2)), key="white", step=3)
        with pytest.raises(rundiff_error(), match="has shape"):
            rundiff.log_image(np.zeros(3), "line.png")
    data = (run.folder / "artifacts" / "pixels.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (4, 2)
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    rows = zlib.decompress(data[start + 4 : start + 4 + length])
    assert rows == b"\0" + pixels[0].tobytes() + b"\0" + pixels[1].tobytes()
    assert (run.folder / "artifacts" / "images" / "white-3.png").exists()

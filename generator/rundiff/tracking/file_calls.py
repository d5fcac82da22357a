"""MLflow's calls that store files with a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rundiff.tracking import artifacts, figures
from rundiff.tracking.compatibility import warn_unknown

if TYPE_CHECKING:
    from rundiff.tracking.segment import Segment


class FileCalls:
    """The part of ``Run`` that copies and writes artifacts; each becomes a record of the run."""

    segment: Segment

    @property
    def run_id(self) -> str:
        """The run's id."""
        raise NotImplementedError

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return Path(self.segment.folder)

    def append(self, record: Mapping[str, object], *, text: bytes = b"") -> None:
        """Append one record to the journal."""
        raise NotImplementedError

    def log_artifact(self, local_path: str | os.PathLike[str], artifact_path: str | None = None,
                     **unknown: object) -> None:  # fmt: skip
        """Copy a file (or a folder, but for the store in it) into the run's artifacts.

        There it lies under ``artifact_path``.
        """
        warn_unknown("log_artifact", unknown, self.run_id)
        self._store(artifacts.copies(Path(local_path), artifact_path, run_folder=self.folder))

    def log_artifacts(self, local_dir: str | os.PathLike[str], artifact_path: str | None = None,
                      **unknown: object) -> None:  # fmt: skip
        """Copy what a folder holds, but for the store in it, into the run's artifacts."""
        warn_unknown("log_artifacts", unknown, self.run_id)
        self._store(
            artifacts.copies(
                Path(local_dir), artifact_path, run_folder=self.folder, is_content=True
            )
        )

    def log_text(self, text: str, artifact_file: str, **unknown: object) -> None:
        """Store a text as an artifact."""
        warn_unknown("log_text", unknown, self.run_id)
        self._store([artifacts.from_bytes(artifact_file, str(text).encode("utf-8", "replace"))])

    def log_dict(self, dictionary: object, artifact_file: str, **unknown: object) -> None:
        """Store a dict or list as JSON, or as YAML where the name ends so and PyYAML is loaded."""
        warn_unknown("log_dict", unknown, self.run_id)
        self._store(
            [artifacts.from_bytes(artifact_file, artifacts.dict_bytes(dictionary, artifact_file))]
        )

    def log_figure(self, figure: object, artifact_file: str, **unknown: object) -> None:
        """Store a matplotlib or plotly figure; the suffix chooses the format."""
        options = unknown.pop("save_kwargs", None)
        warn_unknown("log_figure", unknown, self.run_id)
        content = figures.figure_bytes(figure, artifact_file, options)
        self._store([artifacts.from_bytes(artifact_file, content)])

    def log_image(self, image: object, artifact_file: str | None = None, key: str | None = None,
                  step: int | None = None, **unknown: object) -> None:  # fmt: skip
        """Store a PIL image or an array (height × width, or × 3 or 4 channels) as PNG."""
        warn_unknown("log_image", unknown, self.run_id)
        name = artifact_file or f"images/{key or 'image'}{'' if step is None else f'-{step}'}.png"
        self._store([artifacts.from_bytes(name, figures.image_bytes(image, name))])

    def _store(self, files: Iterable[artifacts.Content]) -> None:
        for content in files:
            stored = artifacts.write_artifact(self.folder, content)
            if stored is None:
                self.segment.lose(1)
            else:
                self.append({"artifact": stored})

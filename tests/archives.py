"""The corpora that come as archives, unpacked for a test."""

import tarfile
from pathlib import Path
from typing import Literal


def unpack(archive: Path, folder: Path, *, trust: Literal["fully_trusted", "tar", "data"]) -> None:
    """Unpack a tar file; ``trust`` is what ``tarfile`` calls its filter.

    Python before 3.11.4 has none and takes every member as it stands, which the corpora are made
    for: no path of theirs leads outside.
    """
    with tarfile.open(archive) as members:
        if hasattr(tarfile, "data_filter"):
            members.extractall(folder, filter=trust)
        else:
            members.extractall(folder)

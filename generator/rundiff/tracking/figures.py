"""Figures and images as bytes, by what an object can do: no plotting library is imported.

A matplotlib figure has ``savefig``, a plotly figure ``write_html`` and ``to_json``, a PIL image
``save``; an array becomes a PNG through the forty bytes of headers that the format needs.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from rundiff.errors import LoggingError


def figure_bytes(figure: Any, path: str, options: object = None) -> bytes:  # noqa: ANN401
    """Return a figure in the format of the path's suffix.

    Raises LoggingError for what is no figure.
    """
    suffix = PurePosixPath(str(path)).suffix.lower().lstrip(".")
    extra: Mapping[str, object] = options if isinstance(options, Mapping) else {}
    if hasattr(figure, "savefig"):
        buffer = io.BytesIO()
        figure.savefig(buffer, **{"format": suffix or "png", **extra})
        return buffer.getvalue()
    if hasattr(figure, "to_html") and hasattr(figure, "to_json"):
        if suffix == "json":
            text: str = figure.to_json()
            return text.encode()
        if suffix in ("", "html", "htm"):
            page: str = figure.to_html(**{"include_plotlyjs": "cdn", **extra})
            return page.encode()
        image: bytes = figure.to_image(**{"format": suffix, **extra})
        return image
    raise LoggingError(
        f"figure for {path!r} is a {type(figure).__name__}; expected a matplotlib or plotly figure"
    )


def image_bytes(image: Any, path: str) -> bytes:  # noqa: ANN401
    """Return a PIL image in the format of the path's suffix, or an array as PNG."""
    if hasattr(image, "save") and hasattr(image, "mode"):
        buffer = io.BytesIO()
        suffix = PurePosixPath(path).suffix[1:].lower() or "png"
        image.save(buffer, format={"jpg": "jpeg", "tif": "tiff"}.get(suffix, suffix))
        return buffer.getvalue()
    if hasattr(image, "to_pil") or not hasattr(image, "shape"):
        raise LoggingError(
            f"image for {path!r} is a {type(image).__name__}; expected a PIL image or an array"
        )
    return _png(image, path)


def _png(array: Any, path: str) -> bytes:  # noqa: ANN401
    shape = tuple(array.shape)
    channels = 1 if len(shape) == 2 else shape[2] if len(shape) == 3 else 0
    colour = {1: 0, 2: 4, 3: 2, 4: 6}.get(channels)
    if colour is None or 0 in shape:
        raise LoggingError(
            f"image for {path!r} has shape {shape}; expected height × width (× 1, 3 or 4 channels)"
        )
    if array.dtype.kind == "f":
        array = (array.clip(0, 1) * 255).round()
    elif array.dtype.kind == "b":
        array = array.astype("uint8") * 255
    pixels = array.astype("uint8").tobytes()
    stride = shape[1] * channels
    rows = b"".join(b"\0" + pixels[at : at + stride] for at in range(0, len(pixels), stride))
    header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, body)
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

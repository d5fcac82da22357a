"""The colours that charts carry themselves are the light tokens of the style sheet."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from rundiff.charts import palette


def srgb(lightness: float, chroma: float, hue: float) -> tuple[int, int, int]:
    """Return OKLCH as sRGB (https://bottosson.github.io/posts/oklab/)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )

    def encoded(part: float) -> int:
        bent = 12.92 * part if part <= 0.0031308 else 1.055 * max(part, 0) ** (1 / 2.4) - 0.055
        return max(0, min(255, round(255 * bent)))

    red, green, blue = map(encoded, linear)
    return red, green, blue


def tokens(repository: Path) -> dict[str, tuple[int, int, int]]:
    text = (repository / "assets" / "css" / "tokens.css").read_text(encoding="utf-8")
    light = text[: text.index("@media")]
    pattern = r"--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)"
    return {
        name: srgb(float(lightness), float(chroma), float(hue))
        for name, lightness, chroma, hue in re.findall(pattern, light)
    }


def parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@pytest.mark.parametrize(
    ("token", "color"),
    [
        *((f"run-{index}", color) for index, color in enumerate(palette.RUN_COLORS)),
        ("grid", palette.GRID),
        ("line2", palette.LINE),
        ("text", palette.TEXT),
        ("text3", palette.QUIET),
        ("better-bar", palette.BETTER),
        ("worse-bar", palette.WORSE),
        ("base-tint", palette.BAND),
    ],
)
def test_static_colours_are_the_light_tokens(token: str, color: str, repository: Path) -> None:
    expected = tokens(repository)[token]
    assert all(abs(a - b) <= 2 for a, b in zip(expected, parts(color), strict=True))


def test_twenty_runs_look_different() -> None:
    looks = {
        (palette.color_index(place), palette.marker_index(place), palette.is_dashed(place))
        for place in range(20)
    }
    assert len(looks) == 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_lines_have_contrast(theme: str, repository: Path) -> None:
    text = (repository / "assets" / "css" / "tokens.css").read_text(encoding="utf-8")
    block = text[: text.index("@media")] if theme == "light" else text[text.index("@media") :]
    pattern = r"--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)"
    found = {
        name: srgb(float(a), float(b), float(c)) for name, a, b, c in re.findall(pattern, block)
    }
    grounds = ["bg", "raise", "base-tint", "differs-tint", "better-tint", "worse-tint"]
    for name in ("text", "text2", "text3", "better", "worse", "accent"):
        for ground in grounds:
            assert contrast(found[name], found[ground]) >= 4.45, (name, ground)
    assert contrast(found["problem-text"], found["problem-bg"]) >= 4.5
    for index in range(8):
        assert contrast(found[f"run-{index}"], found["bg"]) >= 4.45


def contrast(one: tuple[int, int, int], two: tuple[int, int, int]) -> float:
    first, second = sorted((luminance(one), luminance(two)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def luminance(color: tuple[int, int, int]) -> float:
    linear = [
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in color
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

"""One comparison as one HTML file that needs nothing else.

Every executable byte is constant for a version: loader, style and the two packed scripts are files
of assets/dist as they were built, and the policy in the head names them by hash; what came
from records is text, ``data-*`` and one JSON island. So the policy can forbid everything else:
``default-src 'none'``, no ``unsafe-*``, Trusted Types with the one policy that inserts plotly.
The style hash of the empty text is for the empty style element that plotly makes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from markupsafe import Markup

from rundiff.frozen import dataclass
from rundiff.render.environment import build_environment
from rundiff.render.fit import Drawn, fit
from rundiff.render.page import compose_page
from rundiff.resources import load_asset

if TYPE_CHECKING:
    from rundiff.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The constant parts of a page."""

    policy: str
    loader: Markup
    style: Markup
    app: Markup
    plotly: Markup


def render_html(comparison: Comparison) -> str:
    """Return the page, within the bytes that the comparison's budgets allow."""
    template = build_environment().get_template("report.html.jinja")
    bundle = load_bundle()

    def draw(comparison: Comparison) -> Drawn:
        composed = compose_page(comparison)
        return Drawn(composed, template.render(page=composed.page, bundle=bundle))

    return fit(comparison, draw).text


def load_bundle() -> Bundle:
    """Return loader, style and the packed scripts with the policy that allows just them."""
    loader, style = load_asset("loader.js"), load_asset("rundiff.css")
    hashes = json.loads(load_asset("manifest.json"))["csp"]
    unpacked = f"'{hashes['rundiff.js']}' '{hashes['plotly.min.js']}'"
    directives = (
        "default-src 'none'",
        f"script-src '{content_hash(loader)}' {unpacked}",
        f"style-src '{content_hash(style)}' '{content_hash('')}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types rundiff",
    )
    return Bundle(
        policy="; ".join(directives),
        loader=Markup(loader),  # noqa: S704
        style=Markup(style),  # noqa: S704
        app=Markup(load_asset("rundiff.js.gz.b64")),  # noqa: S704
        plotly=Markup(load_asset("plotly.min.js.gz.b64")),  # noqa: S704
    )


def content_hash(text: str) -> str:
    """Return the hash of a text as a content security policy names it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"

"""Controls of the browser's script, each taken out by one change of `assets/src`.

Like `mutants.py`, with the bundle built anew from the changed source; the tests that must notice
open pages in a chromium.
"""

from tests.attack.mutants import Mutant

_STRINGS = "tests/attack/test_browser.py::test_a_share_of_the_strings[0]"
_LINKS = "tests/attack/test_links.py"

SCRIPT_MUTANTS = (
    Mutant(
        "texts of plotly",
        "charts/plotly.js",
        'return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");',
        "return text;",
        _STRINGS,
    ),
    Mutant(
        "buttons of plotly",  # displayModeBar keeps the upload away, too: both are taken out
        "charts/plotly.js",
        "displayModeBar: false,\n  showSendToCloud: false,",
        "displayModeBar: true,\n  showSendToCloud: true,",
        _STRINGS,
    ),
    Mutant(
        "visible characters",
        "format/text.js",
        "if (PLAIN.test(text)) return text;",
        "return text;",
        _STRINGS,
    ),
    Mutant(
        "text, not markup",
        "dom.js",
        "document.createTextNode(child)",
        'Object.assign(document.createElement("i"), { innerHTML: child })',
        _STRINGS,
    ),
    Mutant(
        "numbers of a link",
        "fragment.js",
        "of fragment.slice(0, MOST_READ)",
        "of fragment",
        "assets/test/state.test.js",
    ),
    Mutant(
        "ranges of a link", "fragment.js", "+ most - numbers.length - 1", "+ most",
        "assets/test/state.test.js",
    ),
)  # fmt: skip

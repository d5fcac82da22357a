"""A benign report opened by a hostile link: the state of the page is in its fragment.

A link can set what a reader could set, and nothing else: no script, no property of a prototype,
no minutes of work, no error.
"""

from pathlib import Path

from tests.attack.drive import settle
from tests.browser import reports
from tests.browser.watch import Watch

TAG = "%3Cimg%20src=x%20onerror=alert(1)%3E"
FRAGMENTS = (
    *("__proto__=1&constructor=2&toString=3", "b=__proto__", "g=__proto__~xconstructor"),
    *(TAG, f"q={TAG}", f"e={TAG}", f"f=0~{TAG},1~{TAG}", "e=params.a%20=%20'", "q=%", "%"),
    *("run-0&b=zzzzzzz&m=zzzzzzz&p=zzzzzzz", "w=0~zzzzzzz,1~0", "s=zzzzzz-.zzzzzz.0-.0"),
    *("javascript:alert(1)", "//a.example/", "data:text/html,x", "c=.&r=.", "i=0-zzzzzz"),
    *("z=zzz&x=9&y=9&h=9", "t=000000&o=999999", "f=a~__proto__", "e=" + "(" * 50),
    "r=" + "0-zzzzzz." * 2_000,
    "g=" + ",".join(f"{at}~a0-zzzzzz" for at in range(2_000)),
    *("q=" + "a" * 500_000, "e=" + "(" * 100_000, "&" * 100_000),
    "e=" + "params.a%20=%20'b'%20and%20" * 5_000,
)
_HELD = """() => ({
  polluted: Object.keys(Object.prototype).length + Object.keys(Array.prototype).length,
  images: document.querySelectorAll('img:not([src^="data:"])').length,
  runs: document.querySelectorAll('table[data-runs]').length,
  length: location.hash.length,
})"""


def test_a_link_can_only_set_what_a_reader_can_set(watch: Watch, tmp_path: Path) -> None:
    report = reports.write(tmp_path, "small", reports.small())
    empty = reports.write(tmp_path, "empty", "<!doctype html><title>x</title>")
    page = watch.open(empty)
    for fragment in FRAGMENTS:
        watch.reopen(page, empty)  # or the fragment alone would change
        watch.reopen(page, report, fragment=fragment)
        settle(page)
        held = page.evaluate(_HELD)
        assert (held["polluted"], held["images"], held["runs"]) == (0, 0, 1), fragment[:80]
        assert watch.complaints == [], fragment[:80]

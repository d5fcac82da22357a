"""Take the README's pictures: the report and the summary of the sample runs, in chromium.

Run by ``scripts/screenshots``. System fonts differ between machines; a font configuration of our
own puts Inter and JetBrains Mono in their place where they are installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from playwright.sync_api import Page, ViewportSize, sync_playwright

REPOSITORY = Path(__file__).parents[2]
GATES = """\
version = 1

[metrics."val/accuracy"]
direction = "higher"
tolerance = 0.005
must = "better"

[metrics.fit_seconds]
direction = "lower"
max = 5.0
"""
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <match target="pattern"><test name="family"><string>sans-serif</string></test>
    <edit name="family" mode="assign" binding="strong"><string>Inter</string></edit>
  </match>
  <match target="pattern"><test name="family"><string>monospace</string></test>
    <edit name="family" mode="assign" binding="strong"><string>JetBrains Mono</string></edit>
  </match>
</fontconfig>
"""
COMMENT_STYLE = """
body { font: 14px/1.5 system-ui; color: #1f2328; margin: 16px; width: 860px; }
main { border: 1px solid #d1d9e0; border-radius: 6px; padding: 4px 16px; }
table { border-collapse: collapse; margin: 12px 0; }
th, td { border: 1px solid #d1d9e0; padding: 5px 12px; }
tr:nth-child(2n) td { background: #f6f8fa; }
h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: 4px; }
code { font: 12px monospace; background: #818b981f; padding: 2px 5px; border-radius: 6px; }
summary { margin: 8px 0; }
"""


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_reports(folder)
        (folder / "fonts.conf").write_text(FONTS)
        os.environ["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
            )
            wide = ViewportSize(width=1440, height=940)
            page = browser.new_page(viewport=wide)
            take(page, folder / "report.html", target / "report.png")
            take(page, folder / "report.html", target / "charts.png", section="charts")
            page.set_viewport_size({"width": 1440, "height": 440})
            take(page, folder / "report.html", target / "artifacts.png", section="artifacts")
            dark = browser.new_page(viewport=wide, color_scheme="dark")
            take(dark, folder / "report.html", target / "metrics-dark.png", section="metrics")
            page.set_viewport_size({"width": 924, "height": 700})
            take(page, folder / "summary.html", target / "summary.png", whole=True)
            browser.close()


def write_reports(folder: Path) -> None:
    """Write report.html and a page that shows summary.md as a pull request would."""
    (folder / "gates.toml").write_text(GATES)
    report = [sys.executable, "-m", "rundiff", "report", "sample_runs/runs"]
    subprocess.run([*report, "-o", str(folder / "report.html")], cwd=REPOSITORY, check=True)
    names = "attributes.run_name LIKE '{}%'"
    candidate = " or ".join(names.format(name) for name in ("sgd-alpha=0.0001", "mlp-wide-s"))
    gated = ["--where", candidate, "--gates", str(folder / "gates.toml")]
    subprocess.run(
        [*report, *gated, "--budget", "github-comment", "-o", str(folder / "summary.md")],
        cwd=REPOSITORY,
        check=True,
    )
    # The summary is our own output; its <details> are what a host would show.
    text = (folder / "summary.md").read_text(encoding="utf-8")
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    (folder / "summary.html").write_text(
        f'<!doctype html><meta charset="utf-8"><style>{COMMENT_STYLE}</style><main>{body}</main>',
        encoding="utf-8",
    )


def take(page: Page, file: Path, picture: Path, *, section: str = "", whole: bool = False) -> None:
    """Write one picture, of a section or of the first screen."""
    page.goto(file.as_uri())
    page.wait_for_timeout(1_000)
    if section:
        page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
        page.wait_for_timeout(2_000)  # charts draw when they come into view
    page.screenshot(path=picture, full_page=whole)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

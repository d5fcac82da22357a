"""Finds the templates and the browser bundle, in an installed wheel and in a checkout.

The wheel maps three folders of the checkout into one package (`generator/rundiff`, `templates`,
`assets/dist`), so the same file has two places. `importlib.resources` knows only the installed one
and an editable install has only the other; hence one function that looks. Paths, not
`Traversable`s: pip always unpacks wheels, and Jinja's `FileSystemLoader` wants a folder (2026-11).
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource_root() -> Path:
    """Return the folder of `templates/` and `assets/`: the package, or else the checkout."""
    if (_PACKAGE / "templates").is_dir():
        return _PACKAGE
    return _PACKAGE.parent.parent


def template_folder() -> Path:
    """Return the folder of the Jinja templates."""
    return resource_root() / "templates"


def load_asset(name: str) -> str:
    """Return a file of the browser bundle, for example `rundiff.css`, exactly as it was built."""
    content = (resource_root() / "assets" / "dist" / name).read_bytes()
    return content.decode()  # read_text may turn line ends about; the CSP's hash would break

"""Which attacks need a browser."""

from pathlib import Path

import pytest

_BROWSER = ("test_browser.py", "test_layers.py", "test_links.py", "test_firefox.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name in _BROWSER:
            item.add_marker(pytest.mark.browser)

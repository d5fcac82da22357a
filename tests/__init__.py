"""The tests; `tests.browser.watch` and the like are importable because this is a package."""

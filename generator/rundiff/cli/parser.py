"""The parser of a command: what is wrong in one line, and what was meant.

argparse prints all options before its message, ten lines in which the one that matters is lost, and
leaves an option that is not known to the top, which knows none of the command's.
"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

USAGE = 2  # exit code


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; sub-parsers are of the same kind."""

    def parse_known_args(  # type: ignore[override]  # a namespace of any other kind is not needed
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse what is there; anything that is not known ends the program."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(self._unknown(rest))
        return found, []

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end the program."""
        self.exit(USAGE, f"{self.prog}: {message}\n`{self.prog} --help` says what can be given\n")

    def _unknown(self, rest: Sequence[str]) -> str:
        import difflib

        wanted = next((word for word in rest if word.startswith("-")), rest[0])
        if not wanted.startswith("-"):
            return f"nothing is expected at {wanted!r}"
        name = wanted.partition("=")[0]
        known: Any = self._option_string_actions
        close = difflib.get_close_matches(name, known, n=1)
        return f"no option {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")

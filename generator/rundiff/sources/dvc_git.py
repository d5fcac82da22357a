"""Commits of a git repository, read without checking anything out.

``git cat-file --batch`` gives the objects: the pack format with its deltas, alternates and
multi-pack indexes is git's own business. The repository is not trusted: nothing it configures may
run (no hooks, no file system monitor, no fetching of missing objects, which could start any
program), and no prompt may appear. ``safe.directory`` is set because a mounted checkout in CI
usually belongs to someone else, and that rule protects from configuration that is switched off
here.
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Self

from rundiff.errors import RecordError, SourceError
from rundiff.frozen import dataclass
from rundiff.sources.text import clean_text, decode_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rundiff.sources.tree import Tree

_EXPERIMENT = re.compile(r"refs/exps/[0-9a-f]{2}/[0-9a-f]{38}/([\w.@+-]{1,100})\Z")
SECONDS = 60.0
MAX_COMMITS = 2_000
MAX_NAMED = 3  # experiments in a notice
MAX_OBJECT = 64 << 20
_KEPT = 256 << 10
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
    "safe.directory=*",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_PERSON = re.compile(r"(?P<name>.*?) ?<[^>]*> (?P<time>-?\d{1,12}) [+-]\d{4}\Z")


def told_experiments(tree: Tree, base: str) -> str:
    """Say how to name the experiments that git keeps for a folder; git is not run. "" for none."""
    git = f"{base}/.git".lstrip("/")
    start = len(git) + 1
    refs = [folder.join(name)[start:] for folder in tree.walk(f"{git}/refs/exps")
            for name in folder.files]  # fmt: skip
    if tree.exists(f"{git}/packed-refs"):
        try:
            lines = decode_text(tree.read(f"{git}/packed-refs", limit=MAX_OBJECT)).splitlines()
        except RecordError:
            lines = []
        refs += [line.partition(" ")[2] for line in lines]
    names = sorted({match[1] for ref in refs if (match := _EXPERIMENT.match(ref)) is not None})
    if not names:
        return ""
    some = "1 experiment is" if len(names) == 1 else f"{len(names):,} experiments are"
    listed = ", ".join(f"dvc:{tree.show(base)}@{name}" for name in names[:MAX_NAMED])
    more = ", …" if names[MAX_NAMED:] else ""
    return f"{some} in git, a run each when named: {listed}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit; ``time`` is the committer's, in µs since the epoch."""

    sha: str
    author: str
    time: int | None
    message: str


class Repository:
    """A git repository and the folder in it that was named."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._objects: subprocess.Popen[bytes] | None = None
        self._blobs: dict[str, bytes] = {}
        found = self._run("rev-parse", "--show-prefix")
        self.prefix = decode_text(found).rstrip("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def resolve(self, revision: str) -> list[tuple[str, str]]:
        """Return (name, commit id) of a revision, of each commit of a range ``A..B``, oldest first.

        A revision is whatever git understands, or the name of a DVC experiment. Raises SourceError
        for one that is not there.
        """
        if ".." in revision:
            listed = self._try("rev-list", "--reverse", f"--max-count={MAX_COMMITS}",
                               "--end-of-options", revision)  # fmt: skip
            if listed is None:
                raise self._unknown(revision)
            return [(sha[:10], sha) for sha in decode_text(listed).split()]
        for spelled in (revision, *self._experiments(revision)):
            found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options",
                              f"{spelled}^{{commit}}")  # fmt: skip
            if found is not None:
                return [(revision, decode_text(found).strip())]
        raise self._unknown(revision)

    def commit(self, sha: str) -> Commit:
        """Return a commit's author, time and message."""
        head, _, message = decode_text(self._object(sha, MAX_OBJECT)).partition("\n\n")
        author, time = "", None
        for line in head.split("\n"):
            kind, _, rest = line.partition(" ")
            person = _PERSON.match(rest) if kind in ("author", "committer") else None
            if person and kind == "author":
                author = person["name"].strip()
            elif person:
                time = int(person["time"]) * 1_000_000
        return Commit(
            sha=sha, author=clean_text(author), time=time, message=clean_text(message.strip())
        )

    def files(self, sha: str) -> CommitFiles:
        """Return the files of a commit, below the folder that was named."""
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", sha, "--", self.prefix or ".")
        found: dict[str, str] = {}
        for entry in listed.split(b"\0"):
            facts, _, name = entry.partition(b"\t")
            mode, _, rest = facts.partition(b" ")
            if mode in (b"100644", b"100755"):
                path = os.fsdecode(name)
                found[path.removeprefix(self.prefix)] = rest.split(b" ")[1].decode("ascii")
        return CommitFiles(self, found, sha)

    def blob(self, name: str) -> bytes:
        """Return a blob's bytes; raises RecordError when it is too large."""
        found = self._blobs.get(name)
        if found is None:
            found = self._object(name, MAX_OBJECT)
            if len(found) <= _KEPT:  # the same params.yaml stands in many commits
                self._blobs[name] = found
        return found

    def close(self) -> None:
        """End the process that hands out objects."""
        if self._objects is not None:
            self._objects.communicate()
            self._objects = None

    def _object(self, name: str, limit: int) -> bytes:
        """Return an object from one ``cat-file --batch`` that serves them all."""
        if self._objects is None:
            self._objects = subprocess.Popen(  # an argument list; nothing can run
                self._command("cat-file", "--batch"),
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        inbox, outbox = self._objects.stdin, self._objects.stdout
        assert inbox is not None
        assert outbox is not None
        inbox.write(name.encode() + b"\n")
        inbox.flush()
        facts = outbox.readline().split()
        if len(facts) != 3:
            raise RecordError(f"git has no object {name[:10]!r}")
        size = int(facts[2])
        found = outbox.read(size + 1)[:-1] if size <= limit else b""
        if size > limit:
            self.close()
            raise RecordError(f"{size:,} bytes; at most {limit:,} are read")
        return found

    def _experiments(self, name: str) -> list[str]:
        listed = self._try("for-each-ref", "--format=%(refname)", "refs/exps/")
        names = decode_text(listed or b"").split("\n")
        return [each for each in names if each.rpartition("/")[2] == name and "/exec/" not in each]

    def _unknown(self, revision: str) -> SourceError:
        listed = self._try("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags")
        names = decode_text(listed or b"").split("\n")
        known = ", ".join(repr(clean_text(each)) for each in names[:8] if each)
        return SourceError(
            f"no revision {revision!r} in the git repository of {self._path!r}"
            + (f"; known: {known}" if known else "")
        )

    def _try(self, *arguments: str) -> bytes | None:
        try:
            return self._run(*arguments)
        except SourceError:
            return None

    def _run(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                self._command(*arguments),
                capture_output=True,
                check=False,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                timeout=SECONDS,
            )
        except FileNotFoundError:
            raise SourceError("git is not installed; revisions are read through it") from None
        except subprocess.TimeoutExpired:
            raise SourceError(f"git took more than {SECONDS:.0f} s for {self._path!r}") from None
        if done.returncode:
            reason = decode_text(done.stderr).strip().split("\n")[0] or "it failed"
            raise SourceError(f"git cannot read {self._path!r}: {clean_text(reason)}")
        return done.stdout

    def _command(self, *arguments: str) -> list[str]:
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        return ["git", "--no-pager", *settings, "-C", self._path, *arguments]


def _environment() -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return own | _ENVIRONMENT


class CommitFiles:
    """The files of one commit, for ``dvc_project``."""

    where = "in the commit (it may be in DVC's cache only)"

    def __init__(self, repository: Repository, names: dict[str, str], sha: str) -> None:
        self._repository, self._names, self._sha = repository, names, sha

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None if it is not in the commit."""
        name = self._names.get(path)
        return None if name is None else self._repository.blob(name)

    def below(self, path: str) -> list[str]:
        """Return the paths of the files below a folder, sorted."""
        return sorted(each for each in self._names if each.startswith(f"{path}/"))

    def show(self, path: str) -> str:
        """Return a path as git spells it."""
        return clean_text(f"{self._sha[:10]}:{self._repository.prefix}{path}")

    def state(self, paths: Sequence[str]) -> tuple[str | None, ...]:
        """Return the ids of some files, by which equal states are known."""
        return tuple(self._names.get(path) for path in paths)

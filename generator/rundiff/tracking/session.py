"""The runs that this process is logging, and what keeps them safe while it does.

One object for each process, because what it deals with is one for each process: the stack of active
runs, signals, fork, exit, the clock. A thread uses the runs it started itself, otherwise those of
the main program, so that a worker thread logs to the program's run and parallel trials in threads
stay apart.

One daemon thread ticks at most once a second for all open runs: it syncs what was logged, writes a
heartbeat every ten seconds, retries what a full disk kept out, and adds the environment once that
is known. It is not needed for ``kill -9``, only for power cuts.

SIGTERM, where the program has no handler of its own, ends the runs as killed and then kills as it
would have. After a fork the child lets go of its parent's files and opens segments of its own with
the first record it logs.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from types import FrameType

from rundiff.errors import LoggingError
from rundiff.tracking.capture import Capture
from rundiff.tracking.environment import capture_seeds
from rundiff.tracking.finish import Finisher
from rundiff.tracking.frames import members, now_ms
from rundiff.tracking.outcome import KILLED, Outcome, outcome_of
from rundiff.tracking.place import DEFAULT_EXPERIMENT, DEFAULT_STORE, store_path
from rundiff.tracking.run import Run
from rundiff.tracking.start import Request, end_record, fork_segment, open_run

_TICK_SECONDS = 1.0
_BEAT_MS = 10_000
_MAX_CAPTURE_SECONDS = 5.0


class _Mine(threading.local):
    def __init__(self) -> None:
        self.stack: list[Run] = []


class Session:
    """The state of logging in one process."""

    def __init__(self) -> None:
        self.experiment = DEFAULT_EXPERIMENT
        self.last: Run | None = None
        self._store = ""
        self._open: list[Run] = []
        self._main: list[Run] = []
        self._inherited: list[Run] = []
        self._has_threads = False  # a thread has started a run of its own
        self.only: Run | None = None  # the run that all threads log to, where there is just one
        self._mine = _Mine()
        self._lock = threading.RLock()
        self._ticker: threading.Thread | None = None
        self._beaten = 0
        self._is_watching = False
        self._capture = Capture()
        self._finisher = Finisher()

    @property
    def store(self) -> str:
        """The store: what was set, ``RUNDIFF_STORE``, or ``runs`` in the current folder."""
        return self._store or store_path(os.environ.get("RUNDIFF_STORE") or DEFAULT_STORE)

    @store.setter
    def store(self, path: str | os.PathLike[str]) -> None:
        self._store = store_path(path)

    def active(self) -> Run | None:
        """Return the run that module-level calls log to."""
        stack = self._mine.stack or self._main or self._inherited
        return stack[-1] if stack else None

    def active_or_new(self) -> Run:
        """Return the active run; starts one where there is none, as MLflow does."""
        if self.only is not None:
            return self.only
        stack = self._mine.stack or self._main or self._inherited
        return stack[-1] if stack else self.start(Request())

    def start(self, request: Request, *, is_nested: bool = False) -> Run:
        """Start or resume a run and make it the active one.

        Raises LoggingError while another is active, unless nested.
        """
        with self._lock:
            self._watch()
            stack = self._stack()
            if stack and not is_nested:
                raise LoggingError(
                    f"run {stack[-1].info.run_name!r} ({stack[-1].run_id}) is active; end it with"
                    " end_run(), or start this one with nested=True"
                )
            parent = stack[-1] if stack and is_nested else None  # whose place is the child's, too
            run = open_run(
                request,
                store=request.store or (str(parent.folder.parent.parent) if parent else self.store),
                experiment=parent.info.experiment_name if parent else self.experiment,
                parent=parent.run_id if parent else "",
                on_end=self.end,
            )
            stack.append(run)
            self._set_only()
            self._open.append(run)
            self.last = run
        self._add_environment(run)
        self._start_ticker()
        return run

    def end(self, run: Run, outcome: Outcome) -> None:
        """End a run; a run that has ended stays as it is."""
        with self._lock:
            if run not in self._open:
                return
            self._open.remove(run)
            for stack in (self._main, self._mine.stack, self._inherited):
                if run in stack:
                    stack.remove(run)
            self._set_only()
        if run.is_own:
            if not run.has_environment:
                self._capture.wait(_MAX_CAPTURE_SECONDS)
                self._add_environment(run)
            self._add_seeds(run)
        end = end_record(outcome if run.is_own else Outcome(status=""))
        written = run.segment.end(members(end))
        is_sealed = False
        try:
            if run.is_own:
                known = run.recall(written, end=end)
                is_sealed = self._finisher.finish(run.segment.folder, known)
        finally:
            run.segment.close(has_synced_names=is_sealed)

    def end_all(self, outcome: Outcome) -> None:
        """End every open run, the innermost first."""
        for run in reversed(self._open.copy()):
            self.end(run, outcome)

    def _stack(self) -> list[Run]:
        is_main = threading.get_ident() == threading.main_thread().ident
        self._has_threads |= not is_main
        return self._main if is_main else self._mine.stack

    def _set_only(self) -> None:
        self.only = self._main[-1] if self._main and not self._has_threads else None

    def _add_environment(self, run: Run) -> None:
        facts = self._capture.facts
        if facts and not run.has_environment and run.is_own:
            run.has_environment = True
            run.append(facts, text=self._capture.members)
            self._add_seeds(run)

    def _add_seeds(self, run: Run) -> None:
        found = capture_seeds()
        if found == run.seeds:
            return
        seeds = {name: value for name, value in found.items() if value != run.seeds.get(name)}
        if seeds:
            run.seeds.update(seeds)
            run.append({"environment": {"seeds": seeds}})

    def _watch(self) -> None:
        """Take care of exit, fork and SIGTERM, from the first run on."""
        if self._is_watching:
            return
        self._is_watching = True
        atexit.register(self._at_exit)
        os.register_at_fork(after_in_child=self._after_fork)
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def _on_sigterm(self, number: int, _: FrameType | None) -> None:
        self._finisher.is_hurried = True
        self.end_all(Outcome(status=KILLED))
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _at_exit(self) -> None:
        error = None if hasattr(sys, "ps1") else getattr(sys, "last_value", None)
        self.end_all(outcome_of(error))
        self._finisher.wait()

    def _after_fork(self) -> None:
        """In the child.

        New locks and thread, and for each open run a segment of its own, opened when it is needed.
        """
        self._lock = threading.RLock()
        self._ticker = None
        self._capture = self._capture.in_child()
        self._finisher = Finisher()
        self._inherited = self._mine.stack or self._main or self._inherited
        self._main, self._mine = [], _Mine()
        self._set_only()
        for run in self._open:
            run.detach(fork_segment(run, on_open=self._in_child))

    def _in_child(self) -> None:
        """See to it that the segments of a forked child, which has just logged something, end."""
        self._start_ticker()
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            util.Finalize(None, self.end_all, args=(Outcome(status=""),), exitpriority=0)

    def _start_ticker(self) -> None:
        self._capture.start()
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._tick_on, name="rundiff", daemon=True)
            self._ticker.start()

    def _tick_on(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            self._tick()

    def _tick(self) -> None:
        now = now_ms()
        is_beat = now - self._beaten >= _BEAT_MS
        if is_beat:
            self._beaten = now
        for run in self._open.copy():
            try:
                self._add_environment(run)
                if is_beat and run.segment.count > 0:
                    run.segment.append(b'"beat":%d' % now)
                run.segment.sync()
            except (LoggingError, OSError):
                continue  # it ended meanwhile, or its folder is gone
        self._finisher.start_pending()

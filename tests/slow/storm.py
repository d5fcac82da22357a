"""A storm: many processes that log, fork, resume and share runs, while they are killed at random.

Each life of a process logs a metric of its own and says, through shared memory, how far it has
come; so each point can be traced to who wrote it and whether it had to be there, and each run's
state to how its processes ended.

What it costs was looked for in November 2026. A life takes 10 ms of CPU where it is forked from a
process that has logged a run; where it has to import the logging and ask git and the hardware about
its environment, it is 120 ms. Time between two kills is counted in points and not in seconds: on a
busy machine all would be killed before their first point, or 64 on two cores leave the one that
kills a turn a second, so that most end by themselves, and runs that are resumed again and again,
each time read whole, take nearly all the time.
"""

import mmap
import os
import random
import signal
import struct
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import rundiff
from rundiff.records.run import RunState

MOST_LIVES = 100_000
_POINTS_BETWEEN = 4_000  # two gusts of kills, at most, over all processes
_MOST_POINTS = 3_000  # of a life


class Stage(IntEnum):
    """How far a life has come."""

    STARTING = 0
    OPEN = 1
    ENDING = 2
    ENDED = 3


class Shared:
    """One number a life, seen by all processes."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8 * MOST_LIVES)

    def __getitem__(self, life: int) -> int:
        number: int = struct.unpack_from("<q", self._memory, 8 * life)[0]
        return number

    def __setitem__(self, life: int, number: int) -> None:
        struct.pack_into("<q", self._memory, 8 * life, number)


@dataclass(slots=True)
class Life:
    """A process, as the one that started it saw it: to which run it logged, from when to when."""

    number: int
    run_id: str
    start: int
    end: int = 0


@dataclass(slots=True)
class Storm:
    """Keeps so many processes logging, and kills them at random."""

    store: Path
    processes: int
    seed: int
    lives: list[Life] = field(default_factory=list)
    acknowledged: Shared = field(default_factory=Shared)
    stages: Shared = field(default_factory=Shared)
    kills: int = 0
    failures: int = 0
    _alive: dict[int, Life] = field(default_factory=dict)
    _idle: list[str] = field(default_factory=list)
    _moment: int = 0

    def rage(self, kills: int) -> None:
        """Go on until so many processes were killed, then let the others end, and their forks."""
        with rundiff.start_run(store=self.store.with_name("before the storm")):
            rundiff.log_metric("loss", 1.0)  # so that all is imported and captured before a fork
        chance = random.Random(self.seed)
        reading, writing = os.pipe()  # at its end once the last process has closed it
        while self.kills < kills:
            while len(self._alive) < self.processes:
                self._start(chance)
            self._wait_for_points(chance.randrange(_POINTS_BETWEEN))
            gust = min(chance.randrange(1, 2 + self.processes // 8), kills - self.kills)
            victims = chance.sample(list(self._alive), gust)
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
            self.kills += sum(os.WIFSIGNALED(self._wait(victim)) for victim in victims)
            for process in list(self._alive):
                self._wait(process, os.WNOHANG)
        for process in list(self._alive):
            self._wait(process)
        os.close(writing)
        assert os.read(reading, 1) == b""
        os.close(reading)

    def counts(self) -> Iterator[tuple[str, int, int]]:
        """Yield each run, the life that logged to it, or its fork, and how many points it did."""
        for life in self.lives:
            for number in (life.number, life.number + 1):
                yield life.run_id, number, self.acknowledged[number]

    def expected_state(self, run_id: str) -> RunState | None:
        """Return what the run must be shown as; None where the moment of a kill decides it.

        Complete, if all its processes ended it, or were over before another resumed it.
        """
        lives = [life for life in self.lives if life.run_id == run_id]
        fates = {self._fate(life, lives) for life in lives}
        certain = fates if len(fates) == 1 else fates & {RunState.INTERRUPTED}
        return next(iter(certain), None)

    def _fate(self, life: Life, lives: Sequence[Life]) -> RunState | None:
        """Return what a process leaves of its run's state, in so far as the order of events tells.

        That others started before its end says nothing: they may have opened the run after it. One
        killed before it had opened the run may have left an empty file, which nobody can tell from
        one that was emptied.
        """
        others = [each for each in lives if each is not life]
        stage = self.stages[life.number]
        if self.acknowledged[life.number + 1]:  # a fork ends no run; it may be over at any time
            is_alone = all(each.end < life.start for each in others)
            return RunState.INTERRUPTED if is_alone else None
        later = [each for each in others if each.start > life.end]
        is_resumed = any(self.stages[each.number] >= Stage.OPEN for each in later)
        if (is_resumed and stage != Stage.STARTING) or stage == Stage.ENDED:
            return RunState.COMPLETE
        is_last = all(each.end < life.end for each in others)
        return RunState.INTERRUPTED if stage == Stage.OPEN and is_last else None

    def _wait_for_points(self, count: int) -> None:
        """Let the processes log so many points, or end."""
        alive = list(self._alive.values())
        goal = self._progress(alive) + count
        while self._progress(alive) < goal:
            time.sleep(0.001)

    def _progress(self, lives: Sequence[Life]) -> int:
        """Count the points of the lives; what one that ended might have logged counts as logged."""
        return sum(
            _MOST_POINTS
            if self.stages[life.number] == Stage.ENDED
            else self.acknowledged[life.number]
            for life in lives
        )

    def _start(self, chance: random.Random) -> None:
        number = 2 * len(self.lives)  # the odd ones are forks
        open_runs = [
            life.run_id for life in self._alive.values() if self.stages[life.number] == Stage.OPEN
        ]
        what = chance.random()
        if what < 0.4 and self._idle:
            run_id = self._idle.pop(chance.randrange(len(self._idle)))
        elif what < 0.5 and open_runs:
            run_id = chance.choice(open_runs)
        else:
            run_id = f"run-{number}"
        self._moment += 1
        life = Life(number, run_id, self._moment)
        process = os.fork()
        if process == 0:
            try:
                os.nice(19)
                self._live(life)
            except BaseException:  # noqa: BLE001 - or the child would go on as a second pytest
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        self.lives.append(life)
        self._alive[process] = life

    def _live(self, life: Life) -> None:
        """Log to a run, new, resumed or shared, here and in a forked child; end it in time."""
        number = life.number
        chance = random.Random(f"{self.seed} {number}")
        with rundiff.start_run(run_id=life.run_id, store=self.store):
            self.stages[number] = Stage.OPEN
            self._log(number, chance.randrange(50))
            if chance.random() < 0.4 and os.fork() == 0:
                self._log(number + 1, chance.randrange(300))
                os._exit(0)
            self._log(number, chance.randrange(_MOST_POINTS - 50))
            self.stages[number] = Stage.ENDING
        self.stages[number] = Stage.ENDED

    def _log(self, life: int, count: int) -> None:
        first = self.acknowledged[life]
        for step in range(first, first + count):
            rundiff.log_metric(f"life-{life}", life + step / 7, step=step)
            self.acknowledged[life] = step + 1

    def _wait(self, process: int, options: int = 0) -> int:
        ended, status = os.waitpid(process, options)
        if ended:
            life = self._alive.pop(process)
            self._moment += 1
            life.end = self._moment
            if life.run_id not in {other.run_id for other in self._alive.values()}:
                self._idle.append(life.run_id)
            self.failures += os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0
        return status

"""A process that is killed at a chosen moment of its work on a disk."""

import os
import signal
from collections.abc import Callable


def in_a_child_killed_at(at: int, work: Callable[[], object]) -> bool:
    """Do work in a forked child that kills itself at a system call; tell whether it came so far."""
    child = os.fork()
    if child == 0:
        made = 0

        def counting(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                nonlocal made
                made += 1
                if made == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments, **options)

            return call

        for name in ("unlink", "rename", "rmdir", "mkdir", "fsync"):
            setattr(os, name, counting(getattr(os, name)))
        work()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])

"""Threads that a node starts work for the same user as the node.

A new thread begins with an empty context (Python before 3.14). Only who it works for is handed on: other packs' context
variables stay as Python leaves them.
"""

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from typing import Any, Callable, Type

from .identity import carry, current


def install() -> None:
    patch_thread(threading.Thread)
    patch_executor(ThreadPoolExecutor)
    patch_thread_pool(ThreadPool)


def patch_thread(thread_class: Type[threading.Thread]) -> None:
    original: Callable[[threading.Thread], None] = thread_class.start

    @functools.wraps(original)
    def start(self: threading.Thread) -> None:
        identity = current()
        if identity is None:
            return original(self)
        run = self.run
        self.run = carry(identity, run)  # type: ignore[method-assign]
        try:
            return original(self)
        except BaseException:
            self.run = run  # type: ignore[method-assign]
            raise

    thread_class.start = start  # type: ignore[method-assign]


def patch_executor(executor_class: Type[ThreadPoolExecutor]) -> None:
    """A pool's threads outlive the job that made them: each task brings along for whom it is, or that it is for nobody."""
    original: Callable[..., Any] = executor_class.submit

    @functools.wraps(original)
    def submit(self: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return original(self, carry(current(), function), *args, **kwargs)

    executor_class.submit = submit  # type: ignore[method-assign]


def patch_thread_pool(pool_class: Type[ThreadPool]) -> None:
    """The older kind of pool, for the same reason. `apply`, `map` and their kin all end in one of these four."""
    for name in ("apply_async", "_map_async", "imap", "imap_unordered"):
        setattr(pool_class, name, _bringing_identity(getattr(pool_class, name)))


def _bringing_identity(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def give(self: Any, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return original(self, carry(current(), func), *args, **kwargs)

    return give

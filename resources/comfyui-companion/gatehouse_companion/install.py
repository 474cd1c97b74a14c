"""Puts the companion into a running ComfyUI: the secret check first of all, then the guards, then the isolation."""

from __future__ import annotations

import importlib
import logging
import os
import secrets
from typing import Any, Dict, Optional

from . import lyrics_guard
from .gatekeeper import Handler, create_gatekeeper, put_first
from .guards import WorkerWatch, guard_execute, guard_put
from .isolation.patching import patches
from .parent_watch import start_parent_watch

PRIVATE_FOLDERS_VARIABLE = "GATEHOUSE_PRIVATE_FOLDERS"


def install(secret: Optional[str]) -> None:
    """@raises Exception when the secret check cannot be put in place; the caller then ends the process"""
    web: Any = importlib.import_module("aiohttp.web")
    server_class: Any = importlib.import_module("server").PromptServer
    server = server_class.instance
    worker = WorkerWatch()

    def report() -> Dict[str, Any]:
        return {
            "engine": "comfyui",
            "version": str(importlib.import_module("comfyui_version").__version__),
            "patches": {"secretCheck": server.app.middlewares[0] is gatekeeper, **patches.report()},
            "workerAlive": worker.is_alive(),
        }

    admit: Any = None

    async def admit_once_ready(request: Any, handler: Handler) -> Any:
        return await admit(request, handler)

    # Before anything else, so that a failure below leaves the port closed.
    gatekeeper = create_gatekeeper(web, secret, secrets.token_hex(16), report, admit_once_ready)
    put_first(server.app.middlewares, gatekeeper)
    _keep_first(server_class, gatekeeper)
    if secret is None:
        logging.error("[gatehouse] restarted from inside, without the secret of this start: every request is refused.")

    from .isolation.install import install_isolation

    admit = install_isolation(web, server_class, os.environ.pop(PRIVATE_FOLDERS_VARIABLE, "")).answer
    # Outermost: what the isolation refuses is then an ordinary error of that job.
    patches.attempt("executorGuard", _guard_executor)
    patches.attempt("queueGuard", lambda: _guard_queue(worker))
    patches.attempt("lyricsGuard", lambda: lyrics_guard.install(importlib.import_module))
    start_parent_watch(os.environ)


def _keep_first(server_class: Any, gatekeeper: Any) -> None:
    """`add_routes` runs after the last pack was loaded and before the middlewares are frozen."""
    original = server_class.add_routes

    def add_routes(self: Any, *args: Any, **kwargs: Any) -> Any:
        put_first(self.app.middlewares, gatekeeper)
        return original(self, *args, **kwargs)

    server_class.add_routes = add_routes


def _guard_executor() -> None:
    executor: Any = importlib.import_module("execution").PromptExecutor
    executor.execute = guard_execute(executor.execute)


def _guard_queue(worker: WorkerWatch) -> None:
    queue: Any = importlib.import_module("execution").PromptQueue
    queue.get = worker.watch_get(queue.get)
    queue.put = guard_put(queue.put)

"""Puts the companion into a running ComfyUI: the secret check first of all, then the guards, then the self-test."""

from __future__ import annotations

import logging
import os
import secrets
from typing import Any, Callable, Dict, Optional

from .gatekeeper import create_gatekeeper, put_first
from .guards import WorkerWatch, guard_execute, guard_put
from .parent_watch import start_parent_watch


def install(secret: Optional[str]) -> None:
    """@raises Exception when the secret check cannot be put in place; the caller then ends the process"""
    from aiohttp import web
    from server import PromptServer

    server = PromptServer.instance
    worker = WorkerWatch()
    patches: Dict[str, bool] = {}

    def report() -> Dict[str, Any]:
        import comfyui_version

        return {
            "engine": "comfyui",
            "version": str(comfyui_version.__version__),
            "patches": {"secretCheck": server.app.middlewares[0] is gatekeeper, **patches},
            "workerAlive": worker.is_alive(),
        }

    gatekeeper = create_gatekeeper(web, secret, secrets.token_hex(16), report)
    put_first(server.app.middlewares, gatekeeper)
    _keep_first(PromptServer, gatekeeper)
    if secret is None:
        logging.error("[gatehouse] restarted from inside, without the secret of this start: every request is refused.")

    _attempt(patches, "executorGuard", _guard_executor)
    _attempt(patches, "queueGuard", lambda: _guard_queue(worker))
    start_parent_watch(os.environ)


def _keep_first(server_class: Any, gatekeeper: Any) -> None:
    """`add_routes` runs after the last pack was loaded and before the middlewares are frozen."""
    original = server_class.add_routes

    def add_routes(self: Any, *args: Any, **kwargs: Any) -> Any:
        put_first(self.app.middlewares, gatekeeper)
        return original(self, *args, **kwargs)

    server_class.add_routes = add_routes


def _guard_executor() -> None:
    import execution

    execution.PromptExecutor.execute = guard_execute(execution.PromptExecutor.execute)


def _guard_queue(worker: WorkerWatch) -> None:
    import execution

    execution.PromptQueue.get = worker.watch_get(execution.PromptQueue.get)
    execution.PromptQueue.put = guard_put(execution.PromptQueue.put)


def _attempt(patches: Dict[str, bool], name: str, patch: Callable[[], None]) -> None:
    """A guard that does not fit a newer ComfyUI is reported, and Gatehouse then refuses to share."""
    try:
        patch()
        patches[name] = True
    except Exception as error:
        patches[name] = False
        logging.error("[gatehouse] %s does not fit this ComfyUI: %s: %s", name, type(error).__name__, error)

"""Guards around ComfyUI's executor and queue: one bad job may fail, the worker thread may not die of it.

ComfyUI 0.3.64 (execution.py, main.py prompt_worker) has no try around `execute`: a node without inputs raises
KeyError in the cache key pass, and from then on nothing runs while HTTP still answers 200.
"""

from __future__ import annotations

import functools
import inspect
import logging
import threading
import traceback
from typing import Any, Callable, Dict, List, Optional, Tuple

EXECUTE_PARAMETERS = ("prompt", "prompt_id", "extra_data", "execute_outputs")


def find_bad_node(prompt: Any) -> Tuple[str, str]:
    """Id and class of the node most likely at fault, for the error that the person sees."""
    if not isinstance(prompt, dict):
        return "", ""
    for node_id, node in prompt.items():
        if not isinstance(node, dict):
            return str(node_id), ""
        if not isinstance(node.get("inputs"), dict):
            return str(node_id), str(node.get("class_type", ""))
    return "", ""


def client_id_of(extra_data: Any) -> Optional[str]:
    """Only text: an unhashable client id ends ComfyUI's publish loop, and with it the process."""
    client_id = extra_data.get("client_id") if isinstance(extra_data, dict) else None
    return client_id if isinstance(client_id, str) else None


def describe_failure(prompt: Any, prompt_id: str, error: BaseException) -> Dict[str, Any]:
    """The data of ComfyUI's `execution_error` message."""
    node_id, class_type = getattr(error, "node_id", ""), getattr(error, "node_type", "")
    if not node_id:
        node_id, class_type = find_bad_node(prompt)
    return {
        "prompt_id": prompt_id,
        "node_id": node_id,
        "node_type": class_type,
        "executed": [],
        "exception_message": f"ComfyUI cannot run this workflow: {type(error).__name__}: {error}",
        "exception_type": type(error).__name__,
        "traceback": traceback.format_exception(type(error), error, error.__traceback__),
        "current_inputs": {},
        "current_outputs": [],
    }


def guard_execute(original: Callable[..., Any]) -> Callable[..., Any]:
    """Turns whatever escapes from `PromptExecutor.execute` into a job that ended with an error."""
    missing = [name for name in EXECUTE_PARAMETERS if name not in inspect.signature(original).parameters]
    if missing:
        raise TypeError(f"PromptExecutor.execute lacks {', '.join(missing)}")

    @functools.wraps(original)
    def execute(self: Any, prompt: Any, prompt_id: Any, *args: Any, **kwargs: Any) -> Any:
        self.status_messages = []
        try:
            return original(self, prompt, prompt_id, *args, **kwargs)
        except BaseException as error:  # a node's sys.exit() ends the worker thread just as well
            logging.error("[gatehouse] job %s failed outside of its nodes: %s: %s", prompt_id, type(error).__name__, error)
            extra_data = args[0] if args else kwargs.get("extra_data")
            self.success = False
            self.history_result = {"outputs": {}, "meta": {}}
            self.server.client_id = client_id_of(extra_data)
            self.server.last_node_id = None
            self.add_message("execution_error", describe_failure(prompt, prompt_id, error), broadcast=False)
            return None

    return execute


def check_item(item: Any, waiting: List[Any]) -> None:
    """@raises ValueError for what would end the worker or the process, whichever pack or route put it there"""
    number, prompt_id, extra_data = item[0], item[1], item[3]
    if number != number:
        raise ValueError("the job's number is not a number")
    if not isinstance(extra_data, dict):
        raise ValueError("extra_data is not an object")
    if not isinstance(extra_data.get("client_id"), (str, type(None))):
        raise ValueError("client_id is not text")
    # heapq goes on to compare the prompts, which are dicts: TypeError in the worker (execution.py,
    # PromptQueue, 0.3.64)
    if any(other[0] == number and other[1] == prompt_id for other in waiting):
        raise ValueError("a job with this number and id is waiting already")


def guard_put(original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuses items that would kill the worker before they get into the heap."""

    @functools.wraps(original)
    def put(self: Any, item: Any, *args: Any, **kwargs: Any) -> Any:
        with self.mutex:
            check_item(item, self.queue)
            return original(self, item, *args, **kwargs)

    return put


class WorkerWatch:
    """Knows the thread that runs jobs: the one that asks the queue for them, whatever it is called."""

    def __init__(self) -> None:
        self._worker: Optional[threading.Thread] = None

    def watch_get(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def get(queue: Any, *args: Any, **kwargs: Any) -> Any:
            self._worker = threading.current_thread()
            return original(queue, *args, **kwargs)

        return get

    def is_alive(self) -> bool:
        if self._worker is not None:
            return self._worker.is_alive()
        # Started, but not yet at its first question. Python 3.10 and later name the thread after its function.
        return any(is_worker_thread(thread) for thread in threading.enumerate())


def is_worker_thread(thread: threading.Thread) -> bool:
    target = getattr(thread, "_target", None)
    return "prompt_worker" in thread.name or getattr(target, "__name__", "") == "prompt_worker"

"""Messages of a job reach the client of that job, and nobody else.

ComfyUI 0.3.64 (server.py send_sync, send_json, send_bytes) sends what has no addressee to every socket: the text events
of send_progress_text always, progress and previews when the prompt named no client. The gate gives previews without an
id to the owner of the running job, so nothing else may look like one.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, NamedTuple, Optional

from .identity import current
from .patching import require_parameters

NAMES = ("send", "send_json", "send_bytes")
# What concerns everybody, or goes to who asked for it.
UNRELATED = ("status", "logs")


class Address(NamedTuple):
    is_delivered: bool
    sid: Optional[Any]


def choose_address(event: Any, sid: Optional[Any], client_id: Optional[Any]) -> Address:
    """Where a message sent by the code that is running now goes. `client_id` is that of the running prompt."""
    identity = current()
    job = None if identity is None else identity.job
    if event in UNRELATED:
        return Address(True, sid)
    if job is not None:
        # A thread left over from an ended job: its preview would be taken for one of the job that runs now.
        target = client_id if sid is None else sid
        return Address(job.is_running and target is not None, target)
    # A frame for nobody in particular, from outside of a job.
    return Address(sid is not None or not isinstance(event, int), sid)


def name_job(event: Any, data: Any) -> Any:
    """What a pack tells while a job runs names the job, as ComfyUI's own messages do: the gate takes it to whose job it
    is, and what names none to administrators only."""
    identity = current()
    job = None if identity is None else identity.job
    if job is None or not job.prompt_id or not isinstance(event, str) or event in UNRELATED:
        return data
    return {"prompt_id": job.prompt_id, **data} if isinstance(data, dict) else data


def install(server_class: Any) -> None:
    """@raises AttributeError or TypeError when this ComfyUI sends messages in another way"""
    functions = {name: getattr(server_class, name) for name in ("send_sync", *NAMES)}
    for function in functions.values():
        require_parameters(function, ("event", "data", "sid"))
    server_class.send_sync = _addressed_sync(functions["send_sync"])
    for name in NAMES:
        setattr(server_class, name, _addressed(functions[name]))


def _addressed_sync(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def send_sync(self: Any, event: Any, data: Any, sid: Optional[Any] = None) -> Any:
        address = choose_address(event, sid, self.client_id)
        return original(self, event, name_job(event, data), address.sid) if address.is_delivered else None

    return send_sync


def _addressed(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def send(self: Any, event: Any, data: Any, sid: Optional[Any] = None) -> Any:
        address = choose_address(event, sid, self.client_id)
        return await original(self, event, name_job(event, data), address.sid) if address.is_delivered else None

    return send

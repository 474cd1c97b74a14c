"""On whose behalf the code that is running right now runs: a person's request, a person's job, or nobody's."""

from __future__ import annotations

import contextlib
import contextvars
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional

from .rules import Rules


class User(NamedTuple):
    """A user of the gate. None stands for ComfyUI's own folder: the owner of the computer keeps those."""

    id: str
    input_directory: Optional[str]
    output_directory: Optional[str]
    temp_directory: Optional[str]
    userdata_directory: Optional[str]
    # As of when this was made: ask `Users.rules_of` for those that hold now.
    rules: Optional[Rules] = None

    @property
    def has_own_folders(self) -> bool:
        """False for the owner of the computer alone, for whom ComfyUI behaves as if there was no companion."""
        return any(folder is not None for folder in self[1:5])


class Job:
    """One run of a prompt. Threads that outlive it still carry it, and can tell by `is_running`."""

    def __init__(self, prompt: Dict[str, Any], prompt_id: str = "") -> None:
        self.prompt = prompt
        self.prompt_id = prompt_id
        self.is_running = True


class Identity(NamedTuple):
    """`user` is None for a job that a pack queued by itself while only the owner used this ComfyUI."""

    user: Optional[User]
    job: Optional[Job]
    # A published workflow, as the gate alone says: the rules for classes of nodes are for workflows of one's own.
    is_published: bool = False


_identity: contextvars.ContextVar[Optional[Identity]] = contextvars.ContextVar("gatehouse_identity", default=None)


def current() -> Optional[Identity]:
    return _identity.get()


def current_user() -> Optional[User]:
    identity = _identity.get()
    return None if identity is None else identity.user


@contextlib.contextmanager
def acting_as(identity: Optional[Identity]) -> Iterator[None]:
    """Everything inside, and all tasks and threads that it starts, runs on behalf of this identity."""
    token = _identity.set(identity)
    try:
        yield
    finally:
        _identity.reset(token)


def mark_published() -> None:
    """For the rest of what `acting_as` surrounds."""
    identity = _identity.get()
    if identity is not None:
        _identity.set(identity._replace(is_published=True))


def carry(identity: Optional[Identity], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, to be called in another thread on behalf of the identity."""

    def carried(*args: Any, **kwargs: Any) -> Any:
        with acting_as(identity):
            return function(*args, **kwargs)

    return carried

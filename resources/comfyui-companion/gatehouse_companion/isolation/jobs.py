"""A job belongs to the user whose request queued it, and runs as that user.

The id is written to `extra_data.gatehouse_user`, whatever the client sent there. ComfyUI 0.3.64 (server.py
trigger_on_prompt) goes on with the original body when a handler for prompts fails; the queue itself cannot be passed by.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, Optional

from .identity import Identity, Job, User, acting_as, current, current_user
from .node_rules import is_published
from .patching import require_parameters
from .shared_loaders import LoaderMemory
from .users import Users

OWNER_KEY = "gatehouse_user"
EXECUTE_PARAMETERS = ("prompt", "prompt_id", "extra_data", "execute_outputs")


class JobRefused(RuntimeError):
    """A job that would not know whose it is."""


def claim(item: Any, user: Optional[User], users: Users) -> None:
    """Writes the owner into a queue item. @raises JobRefused for nobody's job while several people work here"""
    prompt, extra_data = item[2], item[3]
    extra_data.pop(OWNER_KEY, None)
    if user is not None:
        extra_data[OWNER_KEY] = user.id
    elif users.has_others():
        raise JobRefused("a job without a user, while several people use this ComfyUI")
    for node in prompt.values() if isinstance(prompt, dict) else ():
        # Trusted by execution.py IsChangedCache: whoever sends it chooses which cached result is taken.
        if isinstance(node, dict):
            node.pop("is_changed", None)


def find_owner(extra_data: Any, users: Users) -> Optional[User]:
    """@raises JobRefused when the owner is unknown, or forgotten since"""
    user_id = extra_data.get(OWNER_KEY) if isinstance(extra_data, dict) else None
    user = users.find(user_id)
    if user is None and (user_id is not None or users.has_others()):
        raise JobRefused("the user of this job is not known here any more")
    return user


def claim_on_put(original: Callable[..., Any], users: Users) -> Callable[..., Any]:
    """For `PromptQueue.put`."""
    require_parameters(original, ("item",))

    @functools.wraps(original)
    def put(self: Any, item: Any, *args: Any, **kwargs: Any) -> Any:
        claim(item, current_user(), users)
        return original(self, item, *args, **kwargs)

    return put


def run_as_owner(original: Callable[..., Any], users: Users) -> Callable[..., Any]:
    """For `PromptExecutor.execute`."""
    require_parameters(original, EXECUTE_PARAMETERS)

    @functools.wraps(original)
    def execute(self: Any, prompt: Any, prompt_id: Any, *args: Any, **kwargs: Any) -> Any:
        extra_data = args[0] if args else kwargs.get("extra_data")
        job = Job(prompt, str(prompt_id))
        with acting_as(Identity(find_owner(extra_data, users), job, is_published(extra_data))):
            try:
                return original(self, prompt, prompt_id, *args, **kwargs)
            finally:
                job.is_running = False

    return execute


def hide_foreign_results(original: Callable[..., Any], memory: LoaderMemory, classes: Dict[str, Any]) -> Callable[..., Any]:
    """For `PromptExecutor.add_message`: `execution_cached` names no result that only somebody else had loaded."""
    require_parameters(original, ("event", "data"))

    @functools.wraps(original)
    def add_message(self: Any, event: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        identity = current()
        if event == "execution_cached" and identity is not None and identity.job is not None:
            user_id = "" if identity.user is None else identity.user.id
            prompt = identity.job.prompt
            data = {**data, "nodes": memory.keep_known(user_id, data["nodes"], prompt, classes)}
            memory.remember(user_id, prompt, classes)
        return original(self, event, data, *args, **kwargs)

    return add_message

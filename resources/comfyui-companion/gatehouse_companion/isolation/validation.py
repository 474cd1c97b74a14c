"""Checks a prompt as ComfyUI would, in the user's folders, and queues nothing."""

from __future__ import annotations

import inspect
import uuid
from typing import Any, Dict, Optional, Tuple

from .identity import User
from .jobs import OWNER_KEY
from .node_rules import PUBLISHED_KEY

Verdict = Tuple[int, Dict[str, Any]]


def refuse(kind: str, message: str, details: str = "") -> Verdict:
    """400 in ComfyUI's shape (server.py post_prompt)."""
    error = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return 400, {"error": error, "node_errors": {}}


def find_shape_error(prompt: Any) -> Optional[Verdict]:
    """What ComfyUI 0.3.64 answers with 500, or would let end its worker (execution.py validate_prompt, cache key pass)."""
    if not isinstance(prompt, dict):
        return refuse("invalid_prompt", "The prompt is not an object of nodes.")
    for node_id, node in prompt.items():
        if not isinstance(node, dict):
            return refuse("invalid_prompt", "A node of the prompt is not an object.", f"Node ID '#{node_id}'")
        if not isinstance(node.get("inputs"), dict):
            return refuse("invalid_prompt", "A node of the prompt has no inputs.", f"Node ID '#{node_id}'")
        if not isinstance(node.get("class_type", ""), str):
            return refuse("invalid_prompt", "A node of the prompt has no class.", f"Node ID '#{node_id}'")
    return None


class Validator:
    """`execution` and `server` are ComfyUI's modules."""

    def __init__(self, execution: Any, server: Any) -> None:
        self._execution = execution
        self._server = server

    async def validate(self, body: Any, user: User) -> Verdict:
        """200 `{node_errors, outputs}`, the outputs being the nodes that will be executed, or 400 `{error, node_errors}`.
        Handlers and validation change the body, so it must be nobody else's."""
        if not isinstance(body, dict) or "prompt" not in body:
            return refuse("no_prompt", "No prompt provided", "No prompt provided")
        targets = body.get("partial_execution_targets")
        if targets is not None and not (isinstance(targets, list) and all(isinstance(item, str) for item in targets)):
            return refuse("invalid_prompt", "partial_execution_targets is not a list of node ids.")
        published = body.get("published", False)
        if not isinstance(published, bool):
            return refuse("invalid_prompt", "published is neither true nor false.")
        extra_data = {OWNER_KEY: user.id, **({PUBLISHED_KEY: True} if published else {})}
        known = {name: body[name] for name in ("prompt", "partial_execution_targets") if name in body}
        asked = self._server.trigger_on_prompt({**known, "extra_data": extra_data})
        if not isinstance(asked, dict) or "prompt" not in asked:
            return refuse("no_prompt", "No prompt provided", "No prompt provided")
        prompt = asked["prompt"]
        shape_error = find_shape_error(prompt)
        if shape_error is not None:
            return shape_error
        replacements = getattr(self._server, "node_replace_manager", None)  # since 2026, after the handlers
        if replacements is not None:
            replacements.apply_replacements(prompt)
        return self._to_verdict(await self._ask(prompt, asked.get("partial_execution_targets")))

    async def _ask(self, prompt: Any, targets: Any) -> Any:
        validate_prompt = self._execution.validate_prompt
        values = {"prompt_id": str(uuid.uuid4()), "prompt": prompt, "partial_execution_list": targets}
        names = [name for name in inspect.signature(validate_prompt).parameters if name in values]
        answer = validate_prompt(*(values[name] for name in names))
        return await answer if inspect.isawaitable(answer) else answer

    def _to_verdict(self, answer: Any) -> Verdict:
        is_valid, error, outputs, node_errors = answer[0], answer[1], answer[2], answer[3]
        if is_valid:
            return 200, {"node_errors": node_errors, "outputs": list(outputs)}
        return 400, {"error": error, "node_errors": node_errors}

"""Which classes of nodes may run in workflows of one's own, asked of the class that really runs.

ComfyUI looks a class up by its name in several places (execution.py, 0.3.64): when a prompt is checked, before its first
node runs, and when a node puts further ones in its place. It is asked in each of them. Since 2026 names of classes are
replaced after the handlers for prompts and before the check, so the check sees those that count.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Dict, List, Optional

from .identity import current, mark_published
from .patching import replace_everywhere, require_parameters
from .users import Users

# In a job's extra_data. Only the gate sets it: what clients send there it drops.
PUBLISHED_KEY = "gatehouse_published"
ERROR_TYPE = "not_allowed"


class NodeRefused(PermissionError):
    """Names the node and its class; both are the person's own words."""

    def __init__(self, node_id: str, class_type: str) -> None:
        super().__init__(describe(node_id, class_type))
        self.node_id = node_id
        self.node_type = class_type


def describe(node_id: str, class_type: str) -> str:
    return f"Node #{node_id} ({class_type}) is not among those that you may use in workflows of your own."


class NodeRules:
    """`find_classes` tells ComfyUI's table of classes by name."""

    def __init__(self, users: Users, find_classes: Callable[[], Dict[str, Any]]) -> None:
        self._users = users
        self._find_classes = find_classes
        self._told: Optional[Dict[str, Any]] = None

    @property
    def _classes(self) -> Dict[str, Any]:
        return self._find_classes()

    def remember_classes(self) -> None:
        """After the last pack: these are what the gate is told. A class that takes a name over later may not run."""
        self._told = dict(self._classes)

    def told_classes(self) -> Dict[str, Any]:
        return dict(self._classes if self._told is None else self._told)

    def are_limited(self) -> bool:
        return self.limits() is not None

    def limits(self) -> Optional[Any]:
        """The classes that may run on behalf of whoever is asked for just now; None for all."""
        identity = current()
        if identity is None or identity.user is None or identity.is_published:
            return None
        rules = self._users.rules_of(identity.user)
        return None if rules is None else rules.nodes

    def is_refused(self, class_type: Any) -> bool:
        """False also for a name that no class has: ComfyUI refuses it in its own words."""
        limits = self.limits()
        classes = self._classes if limits is not None else {}
        if limits is None or not isinstance(class_type, str) or class_type not in classes:
            return False
        told = classes if self._told is None else self._told
        return class_type not in limits or told.get(class_type) is not classes[class_type]

    def find_refused(self, prompt: Any) -> Dict[str, str]:
        """Classes that may not run, by the node."""
        nodes = prompt.items() if isinstance(prompt, dict) and self.are_limited() else ()
        asked = ((str(node_id), node.get("class_type")) for node_id, node in nodes if isinstance(node, dict))
        return {node_id: str(class_type) for node_id, class_type in asked if self.is_refused(class_type)}

    def check_prompt(self, prompt: Any) -> None:
        """@raises NodeRefused for the first"""
        for node_id, class_type in self.find_refused(prompt).items():
            raise NodeRefused(node_id, class_type)

    def check_class(self, node_class: Any, node_id: Any) -> None:
        """For a class that is about to be used, by whatever name. @raises NodeRefused"""
        if not self.are_limited():
            return
        names = [name for name, known in list(self._classes.items()) if known is node_class]
        if not names or all(self.is_refused(name) for name in names):
            raise NodeRefused(str(node_id), names[0] if names else getattr(node_class, "__name__", "?"))


def install(execution: Any, graph: Any, server_class: Any, rules: NodeRules) -> None:
    """@raises AttributeError or TypeError when this ComfyUI checks and runs prompts in another way"""
    for function, names in (
        (execution.validate_prompt, ("prompt",)),
        (execution.PromptExecutor.execute, ("prompt", "prompt_id", "extra_data")),
        (execution.get_input_data, ("inputs", "class_def", "unique_id")),
        (graph.DynamicPrompt.add_ephemeral_node, ("node_id", "node_info")),
        (server_class.trigger_on_prompt, ("json_data",)),
    ):
        require_parameters(function, names)
    replace_everywhere(execution.validate_prompt, _validating(execution.validate_prompt, rules))
    replace_everywhere(execution.get_input_data, _collecting(execution.get_input_data, rules))
    executor, prompt = execution.PromptExecutor, graph.DynamicPrompt
    executor.execute = _executing(executor.execute, rules)
    prompt.add_ephemeral_node = _expanding(prompt.add_ephemeral_node, rules)
    server_class.trigger_on_prompt = _reading_published(server_class.trigger_on_prompt)


def is_published(extra_data: Any) -> bool:
    return isinstance(extra_data, dict) and extra_data.get(PUBLISHED_KEY) is True


def to_answer(refused: Dict[str, str]) -> Any:
    """What `validate_prompt` answers, with each node and its class."""
    words: List[str] = [describe(node_id, class_type) for node_id, class_type in refused.items()]
    error = {"type": ERROR_TYPE, "message": words[0], "details": "\n".join(words), "extra_info": {}}
    return (False, error, [], {node_id: _node_error(node_id, class_type) for node_id, class_type in refused.items()})


def _node_error(node_id: str, class_type: str) -> Dict[str, Any]:
    message = describe(node_id, class_type)
    reason = {"type": ERROR_TYPE, "message": message, "details": class_type, "extra_info": {}}
    return {"errors": [reason], "dependent_outputs": [], "class_type": class_type}


def _validating(original: Callable[..., Any], rules: NodeRules) -> Callable[..., Any]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    async def validate_prompt(*args: Any, **kwargs: Any) -> Any:
        refused = rules.find_refused(signature.bind(*args, **kwargs).arguments["prompt"])
        if refused:
            return to_answer(refused)
        answer = original(*args, **kwargs)
        return await answer if inspect.isawaitable(answer) else answer

    return validate_prompt


def _executing(original: Callable[..., Any], rules: NodeRules) -> Callable[..., Any]:
    """Stands inside of what runs a job as its owner."""

    @functools.wraps(original)
    def execute(self: Any, prompt: Any, *args: Any, **kwargs: Any) -> Any:
        rules.check_prompt(prompt)
        return original(self, prompt, *args, **kwargs)

    return execute


def _collecting(original: Callable[..., Any], rules: NodeRules) -> Callable[..., Any]:
    """ComfyUI collects the inputs of a node before it makes or runs anything of its class."""

    @functools.wraps(original)
    def get_input_data(inputs: Any, class_def: Any, unique_id: Any, *args: Any, **kwargs: Any) -> Any:
        rules.check_class(class_def, unique_id)
        return original(inputs, class_def, unique_id, *args, **kwargs)

    return get_input_data


def _expanding(original: Callable[..., Any], rules: NodeRules) -> Callable[..., Any]:
    @functools.wraps(original)
    def add_ephemeral_node(self: Any, node_id: Any, node_info: Any, *args: Any, **kwargs: Any) -> Any:
        class_type = node_info.get("class_type") if isinstance(node_info, dict) else None
        if rules.is_refused(class_type):
            raise NodeRefused(str(node_id), str(class_type))
        return original(self, node_id, node_info, *args, **kwargs)

    return add_ephemeral_node


def _reading_published(original: Callable[..., Any]) -> Callable[..., Any]:
    """Before any handler of a pack: what the gate sent counts."""

    @functools.wraps(original)
    def trigger_on_prompt(self: Any, json_data: Any) -> Any:
        if is_published(json_data.get("extra_data") if isinstance(json_data, dict) else None):
            mark_published()
        return original(self, json_data)

    return trigger_on_prompt

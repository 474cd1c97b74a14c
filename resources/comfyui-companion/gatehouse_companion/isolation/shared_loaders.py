"""Nodes whose result depends on nothing but model files and on their own kind: loaded once, used by everybody.

Keeping them apart would load gigabytes again at every change of user. What they return is copied by ComfyUI before it
is changed, as it is between two prompts of one person.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, Optional, Set

SHARED_LOADERS = frozenset(
    (
        "AudioEncoderLoader",
        "CheckpointLoader",
        "CheckpointLoaderSimple",
        "CLIPLoader",
        "CLIPVisionLoader",
        "ControlNetLoader",
        "DiffControlNetLoader",
        "DiffusersLoader",
        "DualCLIPLoader",
        "GLIGENLoader",
        "HypernetworkLoader",
        "ImageOnlyCheckpointLoader",
        "LoraLoader",
        "LoraLoaderModelOnly",
        "ModelPatchLoader",
        "PhotoMakerLoader",
        "QuadrupleCLIPLoader",
        "StyleModelLoader",
        "TripleCLIPLoader",
        "unCLIPCheckpointLoader",
        "UNETLoader",
        "UpscaleModelLoader",
        "VAELoader",
    )
)

MAX_REMEMBERED = 512
MAX_CHAIN = 64

# Of a chain longer than anybody needs: never remembered, and so never told.
TOO_LONG = ""


def is_shared_loader(class_type: Any, classes: Dict[str, Any]) -> bool:
    """Only ComfyUI's own class of that name: a pack may have put another one in its place."""
    if class_type not in SHARED_LOADERS or class_type not in classes:
        return False
    # Set by nodes.py load_custom_node for packs and comfy_extras, absent for nodes.py itself.
    module = str(getattr(classes[class_type], "RELATIVE_PYTHON_MODULE", "nodes"))
    return module == "nodes" or module.startswith("comfy_extras.")


def describe_shared(node_id: Any, prompt: Dict[str, Any], classes: Dict[str, Any]) -> Optional[str]:
    """Text that is equal for equal chains of shared loaders; None when the node is not one all the way up."""
    found: List[Any] = []
    waiting: List[Any] = [node_id]
    done: Set[Any] = set()
    while waiting:
        node = prompt.get(waiting[0]) if isinstance(waiting[0], str) else None
        if not isinstance(node, dict) or not is_shared_loader(node.get("class_type"), classes):
            return None
        values = node.get("inputs")
        if not isinstance(values, dict):
            return None
        if len(found) == MAX_CHAIN:
            return TOO_LONG
        done.add(waiting.pop(0))
        inputs: List[Any] = []
        for name, value in sorted(values.items()):
            is_link = isinstance(value, list) and len(value) == 2
            inputs.append([name, "link", value[1]] if is_link else [name, value])
            if is_link and value[0] not in done and value[0] not in waiting:
                waiting.append(value[0])
        found.append([node["class_type"], inputs])
    return json.dumps(found, default=str)


class LoaderMemory:
    """Which shared results each user has had. ComfyUI tells the client which nodes were cached (`execution_cached`):
    for a result that somebody else had loaded, that would be news about somebody else."""

    def __init__(self) -> None:
        self._seen: Dict[str, "OrderedDict[str, None]"] = {}

    def keep_known(self, user_id: str, node_ids: Iterable[Any], prompt: Dict[str, Any], classes: Dict[str, Any]) -> List[Any]:
        """The ids without those of shared results that are new to this user."""
        seen = self._seen.get(user_id, OrderedDict())
        descriptions = ((node_id, describe_shared(node_id, prompt, classes)) for node_id in node_ids)
        return [node_id for node_id, description in descriptions if description is None or description in seen]

    def remember(self, user_id: str, prompt: Dict[str, Any], classes: Dict[str, Any]) -> None:
        seen = self._seen.setdefault(user_id, OrderedDict())
        for node_id in prompt:
            description = describe_shared(node_id, prompt, classes)
            if description:
                seen[description] = None
                seen.move_to_end(description)
        while len(seen) > MAX_REMEMBERED:
            seen.popitem(last=False)

    def forget(self, user_id: str) -> None:
        self._seen.pop(user_id, None)

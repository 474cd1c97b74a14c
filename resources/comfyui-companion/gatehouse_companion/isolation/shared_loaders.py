"""Nodes whose result depends on nothing but model files and on their own kind: loaded once, used by everybody.

Keeping them apart would load gigabytes again at every change of user. What they return is copied by ComfyUI before it
is changed, as it is between two prompts of one person.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set

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
MAX_CHARACTERS = 16 * 1024

# Of a chain longer than anybody needs: never remembered, and so never told.
TOO_LONG = ""


class Link(NamedTuple):
    """One loader of a chain: what it was asked for, and the nodes that it takes something from."""

    text: str
    sources: List[Any]


def is_of_comfyui(node_class: Any) -> bool:
    """Not of a pack. The mark is set by nodes.py load_custom_node for packs and comfy_extras, absent for nodes.py itself."""
    module = str(getattr(node_class, "RELATIVE_PYTHON_MODULE", "nodes"))
    return module == "nodes" or module.startswith("comfy_extras.")


def is_shared_loader(class_type: Any, classes: Dict[str, Any]) -> bool:
    """Only ComfyUI's own class of that name: a pack may have put another one in its place."""
    return class_type in SHARED_LOADERS and class_type in classes and is_of_comfyui(classes[class_type])


class Chains:
    """The chains of shared loaders in one prompt."""

    def __init__(self, prompt: Dict[str, Any], classes: Dict[str, Any]) -> None:
        self._prompt = prompt
        self._classes = classes
        self._links: Dict[Any, Optional[Link]] = {}

    def describe(self, node_id: Any) -> Optional[str]:
        """A text of one length that is equal for equal chains; None when the node is no shared loader all the way up."""
        found = hashlib.sha256()
        length = 0
        waiting: List[Any] = [node_id]
        done: Set[Any] = set()
        while waiting:
            link = self._link(waiting[0])
            if link is None:
                return None
            length += len(link.text)
            if len(done) == MAX_CHAIN or length > MAX_CHARACTERS:
                return TOO_LONG
            done.add(waiting.pop(0))
            found.update(link.text.encode("ascii"))
            waiting.extend(source for source in link.sources if source not in done and source not in waiting)
        return found.hexdigest()

    def _link(self, node_id: Any) -> Optional[Link]:
        if not isinstance(node_id, str):
            return None
        if node_id not in self._links:
            self._links[node_id] = self._read(self._prompt.get(node_id))
        return self._links[node_id]

    def _read(self, node: Any) -> Optional[Link]:
        if not isinstance(node, dict) or not is_shared_loader(node.get("class_type"), self._classes):
            return None
        values = node.get("inputs")
        if not isinstance(values, dict):
            return None
        inputs: List[Any] = []
        sources: List[Any] = []
        for name, value in sorted(values.items()):
            is_link = isinstance(value, list) and len(value) == 2
            if is_link and not isinstance(value[0], str):
                return None
            inputs.append([name, "link", value[1]] if is_link else [name, value])
            if is_link and value[0] not in sources:
                sources.append(value[0])
        return Link(json.dumps([node["class_type"], inputs], default=str), sources)


class LoaderMemory:
    """Which shared results each user has had. ComfyUI tells the client which nodes were cached (`execution_cached`):
    for a result that somebody else had loaded, that would be news about somebody else."""

    def __init__(self) -> None:
        self._seen: Dict[str, "OrderedDict[str, None]"] = {}

    def keep_known(self, user_id: str, node_ids: Iterable[Any], prompt: Dict[str, Any], classes: Dict[str, Any]) -> List[Any]:
        """The ids without those of shared results that are new to this user."""
        seen = self._seen.get(user_id, OrderedDict())
        chains = Chains(prompt, classes)
        descriptions = ((node_id, chains.describe(node_id)) for node_id in node_ids)
        return [node_id for node_id, description in descriptions if description is None or description in seen]

    def remember(self, user_id: str, prompt: Dict[str, Any], classes: Dict[str, Any]) -> None:
        seen = self._seen.setdefault(user_id, OrderedDict())
        chains = Chains(prompt, classes)
        for node_id in prompt:
            description = chains.describe(node_id)
            if description:
                seen[description] = None
                seen.move_to_end(description)
        while len(seen) > MAX_REMEMBERED:
            seen.popitem(last=False)

    def forget(self, user_id: str) -> None:
        self._seen.pop(user_id, None)

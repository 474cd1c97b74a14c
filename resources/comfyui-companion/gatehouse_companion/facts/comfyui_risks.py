"""What speaks against classes of ComfyUI's own, by what they say of themselves. Written for 0.3.64 and for 2026.

Their source is not searched: ComfyUI opens files and talks to the network in ways that are known and guarded.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Set

CAN_HANG, STARTS_PROGRAMS, TRAINS, SAVES_MODELS, LOAD_3D, PAID = "canHang", "startsPrograms", "trains", "savesModels", "load3d", "paid"

# Kinds of inputs that are models: a node that ends a workflow with one of them writes it.
_MODELS = frozenset(("MODEL", "CLIP", "VAE", "LORA_MODEL", "CONTROL_NET", "CLIP_VISION", "STYLE_MODEL", "UPSCALE_MODEL", "HYPERNETWORK"))
_SAVING = re.compile(r"(?i)(?:save.*(?:checkpoint|lora|model|clip(?!board)|vae|weights|embedding)|(?:checkpoint|lora|model|clip|vae|weights|embedding)s?save)")
_TRAINING = re.compile(r"Train(?!sparen|sform|slat)|(?i:^train)(?!sparen|sform|slat)|TrainingDataset|FineTune|Finetune")


def find_risks(name: str, module: str, node_class: Any) -> Set[str]:
    """`module` is ComfyUI's file by its dotted name (`comfy_extras.nodes_string`)."""
    found: Set[str] = set()
    category = str(_said(node_class, "CATEGORY", ""))
    # Lyrics are searched for numbers by expressions that take very long, see lyrics_guard.py.
    if "Regex" in name or name.startswith("TextEncodeAceStep"):
        found.add(CAN_HANG)
    # torch calls a compiler.
    if name.startswith("TorchCompile"):
        found.add(STARTS_PROGRAMS)
    if _TRAINING.search(name) or category.lower().split("/")[0] in ("training", "train"):
        found.add(TRAINS)
    if _saves_models(name, module, node_class):
        found.add(SAVES_MODELS)
    if name.startswith("Load3D") or (name.startswith("Load") and module.endswith("nodes_load_3d")):
        found.add(LOAD_3D)
    if module.split(".")[0] == "comfy_api_nodes" or _said(node_class, "API_NODE", False) is True or category.lower().startswith("api node"):
        found.add(PAID)
    return found


def _saves_models(name: str, module: str, node_class: Any) -> bool:
    if _said(node_class, "OUTPUT_NODE", False) is not True:
        return False
    return _SAVING.search(name) is not None or any(kind in _MODELS for kind in _kinds(node_class))


def _kinds(node_class: Any) -> Iterator[str]:
    try:
        inputs: Dict[str, Any] = node_class.INPUT_TYPES()
        groups: List[Any] = [inputs.get(group, {}) for group in ("required", "optional")]
        kinds = [info[0] for group in groups for info in group.values()]
    except Exception:  # a class that cannot say what it takes
        return
    yield from (kind for kind in kinds if isinstance(kind, str))


def _said(node_class: Any, name: str, otherwise: Any) -> Any:
    """V3 classes find these out when they are asked."""
    try:
        return getattr(node_class, name, otherwise)
    except Exception:
        return otherwise

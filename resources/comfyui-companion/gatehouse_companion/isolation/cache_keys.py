"""Results and node objects of one user are never given to another.

ComfyUI 0.3.64 (comfy_execution/caching.py): results are found by class and inputs, node objects by node id and class.
Neither knows users: an identical prompt would be answered with a file in somebody else's folder, and the object of a
SaveImage with the same node id keeps the folder of whoever ran first (nodes.py SaveImage.__init__).
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, Dict, Iterable, Tuple

from .identity import current_user
from .model_access import ModelAccess
from .patching import require_parameters
from .shared_loaders import is_shared_loader

LABEL = "gatehouse_user"
MODELS_LABEL = "gatehouse_models"


def current_mark(models: ModelAccess) -> Tuple[str, str, str]:
    """What tells the keys of the running user from everybody else's, and from those before the rules for models changed."""
    user = current_user()
    return (LABEL, "" if user is None else user.id, models.mark())


def install_cache_keys(caching: Any, classes: Dict[str, Any], models: ModelAccess) -> None:
    """@raises AttributeError or TypeError when this ComfyUI makes its keys in another way"""
    key_set = caching.CacheKeySetInputSignature
    original = key_set.get_immediate_node_signature
    require_parameters(original, ("node_id",))
    if not inspect.iscoroutinefunction(original):
        raise TypeError("get_immediate_node_signature does not wait")

    @functools.wraps(original)
    async def get_immediate_node_signature(self: Any, *args: Any, **kwargs: Any) -> Any:
        signature = await original(self, *args, **kwargs)
        node_id = inspect.signature(original).bind(self, *args, **kwargs).arguments["node_id"]
        node = self.dynprompt.get_node(node_id) if self.dynprompt.has_node(node_id) else {}
        if is_shared_loader(node.get("class_type"), classes):
            # Nobody is handed a loaded model whose file is forbidden: their loader runs, and finds nothing.
            limits = models.loader_mark(_inputs_of(node))
            return [*signature, (MODELS_LABEL, limits)] if limits and isinstance(signature, (list, tuple)) else signature
        # Stays a list: newer caches order their keys, and count on what to_hashable makes of it.
        return [*signature, current_mark(models)] if isinstance(signature, (list, tuple)) else signature

    key_set.get_immediate_node_signature = get_immediate_node_signature
    key_set.add_keys = _marking(key_set.add_keys, ("subcache_keys",), models)


def install_node_objects(caching: Any, models: ModelAccess) -> None:
    """@raises AttributeError or TypeError when this ComfyUI makes its keys in another way"""
    key_set = caching.CacheKeySetID
    key_set.add_keys = _marking(key_set.add_keys, ("keys", "subcache_keys"), models)


def _inputs_of(node: Dict[str, Any]) -> Dict[str, Any]:
    values = node.get("inputs")
    return values if isinstance(values, dict) else {}


def _is_marked(key: Tuple[Any, ...]) -> bool:
    return isinstance(key[-1], tuple) and key[-1][:1] == (LABEL,)


def _marking(original: Callable[..., Any], tables: Iterable[str], models: ModelAccess) -> Callable[..., Any]:
    """`add_keys`, with the mark at the end of each new key that is a tuple. Children of nodes that expand are found by
    the subcache keys, so those need the mark as well."""
    require_parameters(original, ("node_ids",))
    if not inspect.iscoroutinefunction(original):
        raise TypeError("add_keys does not wait")
    names = tuple(tables)

    @functools.wraps(original)
    async def add_keys(self: Any, node_ids: Any) -> None:
        ids = list(node_ids)
        await original(self, ids)
        mark = current_mark(models)
        for table in (getattr(self, name) for name in names):
            for node_id in ids:
                key = table.get(node_id)
                if isinstance(key, tuple) and not _is_marked(key):
                    table[node_id] = (*key, mark)

    return add_keys

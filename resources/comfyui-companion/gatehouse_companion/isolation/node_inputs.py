"""What a node of a person's job is given, checked where links have become values and before the node sees them.

Some nodes of ComfyUI 0.3.64 join a name to a folder themselves (comfy_extras/nodes_train.py: LossGraphNode,
LoadImageSetFromFolderNode), and a value that comes over a link is held against no list and no limit.
"""

from __future__ import annotations

import functools
import math
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from .containment import contains
from .identity import current_user
from .patching import replace_everywhere, require_parameters
from .save_path import check_prefix, own_roots
from .shared_loaders import is_of_comfyui

# The name of a file to be saved, in ComfyUI and in the packs that follow it.
PREFIX = "filename_prefix"
# The same in classes that save. In others it is ordinary text, such as the beginning of a prompt.
SAVING_PREFIX = "prefix"
# Folders below the input folder, in ComfyUI's own classes. A pack may mean something else by that name.
INPUT_FOLDERS = ("folder",)
# What one tensor of a node may take of the memory that is free.
FREE_SHARE = 0.9

FreeBytes = Callable[[], Optional[int]]


class NameRefused(ValueError):
    """Without the path: the text reaches the person."""


class TooLarge(ValueError):
    """A picture that would take more memory than this computer has left."""


def install(execution: Any, folder_paths: Any, free_bytes: FreeBytes) -> None:
    """@raises AttributeError or TypeError when this ComfyUI collects the inputs of a node in another way"""
    original = execution.get_input_data
    require_parameters(original, ("inputs", "class_def", "unique_id"))

    @functools.wraps(original)
    def get_input_data(inputs: Any, class_def: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(inputs, class_def, *args, **kwargs)
        user = current_user()
        if user is not None and user.has_own_folders:
            values = answer[0]
            check_names(values, class_def, folder_paths)
            check_size(values, class_def, free_bytes())
        return answer

    replace_everywhere(original, get_input_data)


def check_names(values: Dict[str, Any], node_class: Any, folder_paths: Any) -> None:
    """@raises ValueError for a name that leads out of the user's folders"""
    names = (PREFIX, SAVING_PREFIX) if _saves(node_class) else (PREFIX,)
    prefixes = [value for name in names for value in _texts(values.get(name))]
    folders = [value for name in INPUT_FOLDERS for value in _texts(values.get(name)) if is_of_comfyui(node_class)]
    if not prefixes and not folders:
        return
    output, temp, input_folder = own_roots(folder_paths)
    for prefix in prefixes:
        for root in (output, temp):
            check_prefix(root, prefix)
    if not all(contains(input_folder, os.path.join(input_folder, folder)) for folder in folders):
        raise NameRefused("There is no such folder in your input folder.")


def check_size(values: Dict[str, Any], node_class: Any, free_bytes: Optional[int]) -> None:
    """A courtesy: only what can be told from the numbers of one node. @raises TooLarge"""
    if free_bytes is None:
        return
    size = estimate_bytes(values, _returned(node_class))
    if size > free_bytes * FREE_SHARE:
        gigabytes = math.ceil(size / 2**30)
        raise TooLarge(f"This needs about {gigabytes} GB of memory at once, more than is free. Make it smaller, or fewer at a time.")


def estimate_bytes(values: Dict[str, Any], returned: Iterable[str]) -> int:
    """About so much a node takes that makes pictures, masks or latents of this width and height."""
    kinds = set(returned)
    # float32: three colours, one mask, or four channels of an eighth of the width and height.
    per_pixel = 12.0 if "IMAGE" in kinds else 4.0 if "MASK" in kinds else 0.25 if "LATENT" in kinds else 0.0
    width, height = _largest(values, "width"), _largest(values, "height")
    count = max(_largest(values, "batch_size"), _largest(values, "amount"), 1) * max(_largest(values, "length"), 1)
    if width and height and "x" not in values:  # with a place it is a part of a picture that is there
        return math.ceil(width * height * per_pixel) * count * _pictures(values)
    return _tensor_bytes(values) * count if "amount" in values else 0


def _saves(node_class: Any) -> bool:
    try:
        return bool(node_class.OUTPUT_NODE)
    except AttributeError:
        return False
    except Exception:  # a class of a pack that answers in a way of its own may save
        return True


def _returned(node_class: Any) -> List[str]:
    try:
        return [str(kind) for kind in node_class.RETURN_TYPES]
    except Exception:  # a class of a pack that answers in a way of its own makes what it likes
        return []


def _items(value: Any) -> Iterator[Any]:
    """Every input is a list of values: one for each time that the node runs."""
    if isinstance(value, (list, tuple)):
        yield from value


def _texts(value: Any) -> Iterator[str]:
    return (item for item in _items(value) if isinstance(item, str))


def _largest(values: Dict[str, Any], name: str) -> int:
    numbers = [item for item in _items(values.get(name)) if isinstance(item, (int, float)) and not isinstance(item, bool)]
    finite = [number for number in numbers if math.isfinite(number) and number > 0]
    return int(max(finite, default=0))


def _pictures(values: Dict[str, Any]) -> int:
    """How many pictures are given to a node that makes each of them so wide and high."""
    shapes = [getattr(item, "shape", None) for name in ("image", "images", "pixels") for item in _items(values.get(name))]
    return max((int(shape[0]) for shape in shapes if shape is not None and len(shape) == 4), default=1)


def _tensor_bytes(values: Dict[str, Any]) -> int:
    found = [item for name in ("image", "images") for item in _items(values.get(name))]
    return max((int(getattr(item, "nbytes", 0)) for item in found), default=0)

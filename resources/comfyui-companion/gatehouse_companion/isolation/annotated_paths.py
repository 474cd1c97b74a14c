"""File names in workflows lead to the user's own folders only.

ComfyUI 0.3.64 (folder_paths.py get_annotated_filepath, exists_annotated_filepath) joins names without any check: LoadImage
with an absolute path or `../` reads any image on the disk, and the different texts for "exists" and "does not exist"
tell about any other file. Outside of the folder, everything is answered as if it did not exist.
"""

from __future__ import annotations

import os
from typing import Any, Optional

from .containment import contains
from .identity import current_user
from .patching import replace_everywhere, require_parameters
from .plain_names import is_plain, reaches_ours
from .save_path import own_roots


class FileNotYours(FileNotFoundError):
    """Says the same about every name outside of the folder, whether there is such a file or not."""


def install(folder_paths: Any) -> None:
    """@raises AttributeError or TypeError when this ComfyUI resolves names in another way"""
    original_get = folder_paths.get_annotated_filepath
    original_exists = folder_paths.exists_annotated_filepath
    require_parameters(original_get, ("name", "default_dir"))
    require_parameters(original_exists, ("name",))
    require_parameters(folder_paths.annotated_filepath, ("name",))

    def find(name: str, default_folder: Optional[str]) -> Optional[str]:
        plain, folder = folder_paths.annotated_filepath(name)
        if not is_plain(plain):
            return None
        root = folder or default_folder or folder_paths.get_input_directory()
        path = os.path.join(root, plain)
        # Some nodes resolve a name twice (comfy_extras/nodes_load_3d.py), the second time as an absolute path.
        roots = (root, *own_roots(folder_paths)) if os.path.isabs(plain) else (root,)
        return path if any(contains(allowed, path) and not reaches_ours(allowed, path) for allowed in roots) else None

    def get_annotated_filepath(name: str, default_dir: Optional[str] = None) -> Any:
        user = current_user()
        if user is None or not user.has_own_folders:
            return original_get(name, default_dir)
        path = find(name, default_dir)
        if path is None:
            raise FileNotYours("Invalid file: there is no such file in your folders.")
        return path

    def exists_annotated_filepath(name: str) -> Any:
        user = current_user()
        if user is None or not user.has_own_folders:
            return original_exists(name)
        path = find(name, None)
        return path is not None and os.path.exists(path)

    replace_everywhere(original_get, get_annotated_filepath)
    replace_everywhere(original_exists, exists_annotated_filepath)

"""Nodes save into the folders of the user whose job it is, whatever folder they ask for.

ComfyUI 0.3.64 (folder_paths.py get_save_image_path) takes the folder from the node, which may have kept it from an
earlier job, and checks the prefix without following links.
"""

from __future__ import annotations

import os
from typing import Any, Tuple

from .containment import contains
from .identity import User, current_user
from .patching import replace_everywhere, require_parameters
from .plain_names import MAX_FOLDERS, is_plain, reaches_ours


class SavingRefused(ValueError):
    """Without paths: the text reaches the person."""


def install(folder_paths: Any) -> None:
    """@raises AttributeError or TypeError when this ComfyUI chooses file names in another way"""
    original = folder_paths.get_save_image_path
    require_parameters(original, ("filename_prefix", "output_dir"))

    def get_save_image_path(filename_prefix: str, output_dir: str, *args: Any, **kwargs: Any) -> Any:
        user = current_user()
        if user is None or not user.has_own_folders:
            return original(filename_prefix, output_dir, *args, **kwargs)
        root = choose_root(folder_paths, user, output_dir)
        check_prefix(root, filename_prefix)
        answer = original(filename_prefix, root, *args, **kwargs)
        if not contains(root, answer[0]) or reaches_ours(root, answer[0]):
            raise SavingRefused("Files are saved in your own folder only.")
        return answer

    replace_everywhere(original, get_save_image_path)


def own_roots(folder_paths: Any) -> Tuple[str, str, str]:
    return (
        folder_paths.get_output_directory(),
        folder_paths.get_temp_directory(),
        folder_paths.get_input_directory(),
    )


def choose_root(folder_paths: Any, user: User, wanted: str) -> str:
    """The wanted folder when it is the user's, otherwise the user's own of the same kind."""
    output, temp, _ = roots = own_roots(folder_paths)
    if isinstance(wanted, str) and any(contains(root, wanted) for root in roots):
        return os.path.abspath(wanted)
    is_temp = isinstance(wanted, str) and contains(folder_paths.__dict__["temp_directory"], wanted)
    return os.path.abspath(temp if is_temp else output)


def check_prefix(root: str, prefix: str) -> None:
    """Before ComfyUI makes any folder. Its variables (%date%, %width%) become digits and cannot change the outcome.
    @raises SavingRefused"""
    if not isinstance(prefix, str) or not contains(root, os.path.join(root, os.path.dirname(os.path.normpath(prefix)))):
        raise SavingRefused("Files are saved in your own folder only: take the folders out of the file name.")
    # Also where a backslash parts folders: the gate takes the same names everywhere.
    is_odd = not is_plain(prefix) or "\\" in prefix or prefix.count("/") > MAX_FOLDERS
    if is_odd or reaches_ours(root, os.path.join(root, prefix)):
        raise SavingRefused("That file name is not allowed: take the folders and special characters out of it.")

"""Settings, saved workflows and all other user data lie in the user's own folder.

ComfyUI 0.3.64 (app/user_manager.py, app/app_settings.py) finds every such file with get_request_user_filepath, by the
header `comfy-user` and only with --multi-user; here the identity of the request decides, and that header means nothing.
"""

from __future__ import annotations

import functools
import os
from typing import Any, Optional
from urllib.parse import unquote

from .containment import contains
from .identity import current_user
from .patching import require_parameters
from .plain_names import reaches_ours


def find_user_file(root: str, file: Optional[str]) -> Optional[str]:
    """The path of a file of user data; None when it would lie outside. A name is decoded once more, as ComfyUI does."""
    if file is None:
        return root
    path = os.path.abspath(os.path.join(root, unquote(file) if "%" in file else file))
    return path if contains(root, path) and not reaches_ours(root, path) else None


def install(manager_class: Any) -> None:
    """@raises AttributeError or TypeError when this ComfyUI finds user data in another way"""
    original_id = manager_class.get_request_user_id
    original_path = manager_class.get_request_user_filepath
    require_parameters(original_id, ("request",))
    require_parameters(original_path, ("request", "file", "type", "create_dir"))

    @functools.wraps(original_id)
    def get_request_user_id(self: Any, request: Any) -> Any:
        user = current_user()
        return original_id(self, request) if user is None or user.userdata_directory is None else user.id

    @functools.wraps(original_path)
    def get_request_user_filepath(
        self: Any, request: Any, file: Optional[str], type: str = "userdata", create_dir: bool = True
    ) -> Any:
        user = current_user()
        if user is None or user.userdata_directory is None:
            return original_path(self, request, file, type=type, create_dir=create_dir)
        if type != "userdata":
            raise KeyError(f"Unknown filepath type:{type}")
        path = find_user_file(user.userdata_directory, file)
        # The folder itself is the gate's to make: a missing one is a drive that is gone.
        if path is not None and create_dir and file is not None and os.path.isdir(user.userdata_directory):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    manager_class.get_request_user_id = get_request_user_id
    manager_class.get_request_user_filepath = get_request_user_filepath

"""Paths in requests, checked with links followed before ComfyUI uses them.

ComfyUI 0.3.64 (server.py /view, /upload/image, /upload/mask) compares paths as text: a link inside of a user's folder
leads anywhere. `/experiment/models/preview` (app/model_manager.py) does not check at all, and the move of user data
(app/user_manager.py move_userdata) looks at the source where it means the destination.
"""

from __future__ import annotations

import importlib
import json
import os
from typing import Any, Awaitable, Callable, Dict, Optional

from .containment import contains
from .identity import current_user
from .plain_names import is_plain, reaches_ours
from .userdata import find_user_file

UPLOAD_TYPES = ("input", "temp", "output")


async def find_refusal(request: Any) -> Optional[int]:
    """The status to refuse with, or None to let ComfyUI answer. Runs as the user of the request."""
    resource = request.match_info.route.resource
    pattern = resource.canonical if resource is not None else ""
    check = _CHECKS.get(pattern[4:] if pattern.startswith("/api/") else pattern)
    return None if check is None else await check(request)


def is_own_file(reference: Any, default_type: str) -> bool:
    """Whether a `filename`, `subfolder` and `type`, read as ComfyUI reads them, name a place in the user's folders."""
    folder_paths: Any = importlib.import_module("folder_paths")
    name, subfolder = reference.get("filename"), reference.get("subfolder", "")
    if not isinstance(name, str) or not isinstance(subfolder, str):
        return False
    plain, folder = folder_paths.annotated_filepath(name)
    folder = folder or folder_paths.get_directory_by_type(reference.get("type", default_type))
    if folder is None or not is_plain(name) or not is_plain(subfolder) or ".." in plain.replace("\\", "/").split("/"):
        return False
    # /view takes the last part of the name, uploads and masks all of it.
    paths = [os.path.join(folder, subfolder, last) for last in (plain, os.path.basename(plain))]
    return all(contains(folder, path) and not reaches_ours(folder, path) for path in paths)


async def _check_view(request: Any) -> Optional[int]:
    query = request.rel_url.query
    name = query.get("filename")
    if name is None or query.get("type", "output") not in UPLOAD_TYPES:
        return None
    # Since 2026 such a name finds any file of anybody by its hash.
    return 404 if name.startswith("blake3:") or not is_own_file(query, "output") else None


async def _check_upload(request: Any) -> Optional[int]:
    fields = await request.post()
    image = fields.get("image")
    reference = {
        "filename": getattr(image, "filename", None),
        "subfolder": fields.get("subfolder", ""),
        "type": fields.get("type", "input"),
    }
    return None if is_own_file(reference, "input") else 400


async def _check_mask(request: Any) -> Optional[int]:
    fields = await request.post()
    try:
        original = json.loads(fields.get("original_ref", ""))
    except (ValueError, TypeError):
        return 400
    if not isinstance(original, dict) or not is_own_file(original, "output"):
        return 400
    return await _check_upload(request)


async def _check_move(request: Any) -> Optional[int]:
    user = current_user()
    root = None if user is None else user.userdata_directory
    if root is None:
        return None
    names = (request.match_info.get("file"), request.match_info.get("dest"))
    return 403 if any(name is None or find_user_file(root, name) is None for name in names) else None


async def _check_preview(request: Any) -> Optional[int]:
    name = request.match_info.get("filename", "")
    is_plain = not os.path.isabs(name) and "\\" not in name and ".." not in name.split("/")
    return None if is_plain else 404


_CHECKS: Dict[str, Callable[[Any], Awaitable[Optional[int]]]] = {
    "/view": _check_view,
    "/upload/image": _check_upload,
    "/upload/mask": _check_mask,
    "/userdata/{file}/move/{dest}": _check_move,
    "/experiment/models/preview/{folder}/{path_index}/{filename}": _check_preview,
}

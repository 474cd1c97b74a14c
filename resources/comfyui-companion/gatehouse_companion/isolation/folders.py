"""ComfyUI's folder functions answer with the folders of the user on whose behalf they are asked.

ComfyUI 0.3.64 (folder_paths.py): nodes, `/view`, `/upload`, `/internal/files` and `object_info` all ask these three
functions, and `get_directory_by_type`, `annotated_filepath` and `get_input_subfolders` call them by their global names.
"""

from __future__ import annotations

import os
import types
from typing import Any, Callable

from .identity import User, current_user
from .patching import replace_everywhere, require_parameters

KINDS = ("input", "output", "temp")


def choose_folder(kind: str, user: User, own_folder: Callable[[], str]) -> str:
    """The user's folder of this kind; `own_folder` tells ComfyUI's own one. Temp folders are made on demand.
    @raises OSError when the temp folder cannot be made"""
    chosen: Any = getattr(user, f"{kind}_directory")
    if kind != "temp":
        return own_folder() if chosen is None else str(chosen)
    if chosen is None:
        if user.output_directory is None:
            return own_folder()
        chosen = fallback_temp(own_folder(), user)
    os.makedirs(chosen, mode=0o700, exist_ok=True)
    return str(chosen)


def fallback_temp(own_temp: str, user: User) -> str:
    """Below ComfyUI's own, which it empties at each start and exit (main.py cleanup_temp)."""
    return os.path.join(own_temp, f"gatehouse-{user.id}")


def install(folder_paths: Any) -> None:
    """@raises AttributeError or TypeError when this ComfyUI has other folder functions"""
    getters = {kind: getattr(folder_paths, f"get_{kind}_directory") for kind in KINDS}
    for getter in getters.values():
        require_parameters(getter, ())
    for kind, getter in getters.items():
        replace_everywhere(getter, _per_user(kind, getter))
    folder_paths.__class__ = _PerUserModule


def _per_user(kind: str, original: Callable[[], str]) -> Callable[[], str]:
    def get_directory() -> str:
        user = current_user()
        return original() if user is None else choose_folder(kind, user, original)

    get_directory.__name__ = f"get_{kind}_directory"
    return get_directory


def _attribute(kind: str) -> Any:
    name = f"{kind}_directory"

    def read(module: types.ModuleType) -> Any:
        own_folder = module.__dict__[name]
        user = current_user()
        return own_folder if user is None else choose_folder(kind, user, lambda: str(own_folder))

    def write(module: types.ModuleType, value: Any) -> None:
        module.__dict__[name] = value

    return property(read, write)


class _PerUserModule(types.ModuleType):
    """Packs that read `folder_paths.output_directory` instead of calling the function get the user's folder too.
    ComfyUI's own functions read the module's globals, which stay as they are."""

    input_directory = _attribute("input")
    output_directory = _attribute("output")
    temp_directory = _attribute("temp")

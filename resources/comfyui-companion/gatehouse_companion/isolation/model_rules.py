"""ComfyUI lists, finds and loads for a person only the models that the person may use.

ComfyUI 0.3.64 finds models by `get_full_path` and lists them by `get_filename_list` (folder_paths.py), except for two:
`embedding:name` in a prompt text (comfy/sd1_clip.py load_embed) and `/experiment/models` (app/model_manager.py). What is
forbidden is answered like what is not there. Code that opens the files by itself is refused in `file_access`.
"""

from __future__ import annotations

import functools
import os
from typing import Any, Callable, List, Optional

from .identity import acting_as
from .model_access import ModelAccess, ModelRefused
from .patching import replace_everywhere, require_parameters

# What load_embed tries behind a name without one (comfy/sd1_clip.py).
_EXTENSIONS = ("", ".safetensors", ".pt", ".bin")


def install_names(folder_paths: Any, access: ModelAccess) -> None:
    """As early as the folders. @raises AttributeError or TypeError when this ComfyUI finds models in another way"""
    require_parameters(folder_paths.get_full_path, ("folder_name", "filename"))
    require_parameters(folder_paths.get_full_path_or_raise, ("folder_name", "filename"))
    replace_everywhere(folder_paths.get_full_path, _finding(folder_paths.get_full_path, access))
    replace_everywhere(folder_paths.get_full_path_or_raise, _finding_or_raising(folder_paths.get_full_path_or_raise, access))
    replace_everywhere(folder_paths.get_filename_list, _listing(folder_paths.get_filename_list, access))
    for name in ("get_filename_list_", "cached_filename_list_"):
        original = getattr(folder_paths, name, None)
        if original is not None:
            replace_everywhere(original, _listing_with_folders(original, access))


def install_loading(comfyui: Callable[[str], Any], access: ModelAccess) -> None:
    """When ComfyUI's nodes are there. @raises ImportError, AttributeError or TypeError as above"""
    load_embed = comfyui("comfy.sd1_clip").load_embed
    require_parameters(load_embed, ("embedding_name", "embedding_directory"))
    replace_everywhere(load_embed, _embedding(load_embed, access))
    try:
        manager = comfyui("app.model_manager").ModelFileManager
    except ModuleNotFoundError as error:
        if error.name != "app.model_manager":
            raise
        return  # a ComfyUI without such routes
    require_parameters(manager.get_model_file_list, ("folder_name",))
    require_parameters(manager.get_model_previews, ("filepath",))
    manager.get_model_file_list = _listing_files(manager.get_model_file_list, access)
    manager.get_model_previews = _previewing(manager.get_model_previews, access)


def _finding(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    @functools.wraps(original)
    def get_full_path(folder_name: str, filename: str) -> Any:
        rules = access.rules()
        if rules is not None and not access.is_usable(rules, folder_name, filename):
            return None
        return original(folder_name, filename)

    return get_full_path


def _finding_or_raising(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    """Also where it does not ask `get_full_path`."""

    @functools.wraps(original)
    def get_full_path_or_raise(folder_name: str, filename: str) -> Any:
        rules = access.rules()
        if rules is not None and not access.is_usable(rules, folder_name, filename):
            raise FileNotFoundError(f"Model in folder '{folder_name}' with filename '{filename}' not found.")
        return original(folder_name, filename)

    return get_full_path_or_raise


def _listing(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    @functools.wraps(original)
    def get_filename_list(folder_name: str) -> List[str]:
        # For nobody, so that what ComfyUI remembers is the whole list.
        with acting_as(None):
            names = original(folder_name)
        return access.keep_usable(folder_name, names)

    return get_filename_list


def _listing_with_folders(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    """Called by ComfyUI for nobody, see above; by packs for whoever is running."""

    @functools.wraps(original)
    def list_with_folders(folder_name: str) -> Any:
        if access.rules() is None:
            return original(folder_name)
        with acting_as(None):
            answer = original(folder_name)
        return None if answer is None else (access.keep_usable(folder_name, answer[0]), *answer[1:])

    return list_with_folders


def _embedding(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    @functools.wraps(original)
    def load_embed(embedding_name: Any, embedding_directory: Any, *args: Any, **kwargs: Any) -> Any:
        rules = access.rules()
        if rules is not None:
            for path in _candidates(embedding_name, embedding_directory):
                if os.path.isfile(path) and access.is_forbidden(rules, path):
                    return None
        return original(embedding_name, embedding_directory, *args, **kwargs)

    return load_embed


def _candidates(name: Any, folders: Any) -> List[str]:
    """Each file that the name could stand for: ComfyUI looks in the folders and in all those below them."""
    roots = [folders] if isinstance(folders, str) else list(folders)
    below = [folder for root in roots for folder, _, _ in os.walk(root, followlinks=True)]
    return [os.path.join(root, f"{name}{extension}") for root in (*roots, *below) for extension in _EXTENSIONS]


def _listing_files(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    @functools.wraps(original)
    def get_model_file_list(self: Any, folder_name: str) -> Any:
        with acting_as(None):
            files = original(self, folder_name)
        usable = frozenset(access.keep_usable(folder_name, [file["name"] for file in files]))
        return [file for file in files if file["name"] in usable]

    return get_model_file_list


def _previewing(original: Callable[..., Any], access: ModelAccess) -> Callable[..., Any]:
    @functools.wraps(original)
    def get_model_previews(self: Any, filepath: str) -> Any:
        rules: Optional[Any] = access.rules()
        if rules is not None and access.is_forbidden(rules, filepath):
            return []
        try:
            return original(self, filepath)
        except ModelRefused:  # it looks into whatever has the same stem
            return []

    return get_model_previews

"""What has to be in place before ComfyUI imports its nodes and the packs."""

from __future__ import annotations

import importlib
from typing import Any, List, Set

from . import annotated_paths, folders, model_rules, save_path, threads
from .model_access import ModelAccess
from .patching import patches
from .users import Users

_done: Set[str] = set()
_models: List[ModelAccess] = []

# Those of this process: what is replaced early asks them, and the routes tell them.
users = Users()


def patch_early() -> None:
    """Called by the prestartup script, and again by the pack in case that script could not run. Works once."""
    if "early" in _done:
        return
    _done.add("early")
    patches.attempt("folders", lambda: folders.install(_folder_paths()))
    patches.attempt("annotatedPaths", lambda: annotated_paths.install(_folder_paths()))
    patches.attempt("savePath", lambda: save_path.install(_folder_paths()))
    patches.attempt("threads", threads.install)
    patches.attempt("modelRules", _install_models)


def models() -> ModelAccess:
    """@raises AttributeError when this ComfyUI lists or finds models in another way"""
    if not _models:
        _models.append(ModelAccess(users, _folder_paths()))
    return _models[0]


def _install_models() -> None:
    access = models()  # before: it keeps ComfyUI's own functions
    model_rules.install_names(_folder_paths(), access)


def _folder_paths() -> Any:
    return importlib.import_module("folder_paths")

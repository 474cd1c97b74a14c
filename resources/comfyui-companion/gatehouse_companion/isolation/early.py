"""What has to be in place before ComfyUI imports its nodes and the packs."""

from __future__ import annotations

import importlib
from typing import Any, Set

from . import annotated_paths, folders, save_path, threads
from .patching import patches

_done: Set[str] = set()


def patch_early() -> None:
    """Called by the prestartup script, and again by the pack in case that script could not run. Works once."""
    if "early" in _done:
        return
    _done.add("early")
    patches.attempt("folders", lambda: folders.install(_folder_paths()))
    patches.attempt("annotatedPaths", lambda: annotated_paths.install(_folder_paths()))
    patches.attempt("savePath", lambda: save_path.install(_folder_paths()))
    patches.attempt("threads", threads.install)


def _folder_paths() -> Any:
    return importlib.import_module("folder_paths")

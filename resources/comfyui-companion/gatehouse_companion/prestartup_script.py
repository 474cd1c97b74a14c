"""Runs before ComfyUI imports its nodes: takes the secret out of the environment as early as a pack can, and replaces
the folder functions before anybody imports them by name."""

from __future__ import annotations

import importlib.util
import os
from typing import Any


def _load_parts() -> Any:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "parts.py")
    spec = importlib.util.spec_from_file_location("_gatehouse_parts", path)
    if spec is None or spec.loader is None:
        raise ImportError("parts.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _prepare() -> None:
    parts = _load_parts()
    if parts.load("start_secret").take_once(os.environ).by_gatehouse:
        parts.load("isolation.early").patch_early()


_prepare()

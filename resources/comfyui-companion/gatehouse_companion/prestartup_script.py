"""Runs before ComfyUI imports its nodes: takes the secret out of the environment as early as a pack can."""

from __future__ import annotations

import importlib.util
import os


def _take_secret() -> None:
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start_secret.py")
    spec = importlib.util.spec_from_file_location("_gatehouse_start_secret", path)
    if spec is None or spec.loader is None:
        raise ImportError("start_secret.py cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.take_once(os.environ)


_take_secret()

"""One copy of the companion's modules, for both ways in which ComfyUI loads a pack.

ComfyUI 0.3.64 (main.py execute_prestartup_script, nodes.py load_custom_node) runs the prestartup script and the pack
under two unrelated module names. Whose turn it is, is kept in module variables, so both have to see the same modules.
"""

from __future__ import annotations

import importlib
import os
import sys
import types
from typing import Any

PACKAGE = "_gatehouse"


def load(name: str) -> Any:
    """A module of the companion by its name below this folder, for example `isolation.folders`."""
    if PACKAGE not in sys.modules:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{name}")

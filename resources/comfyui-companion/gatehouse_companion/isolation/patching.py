"""Which parts of the isolation hold. A part counts only after the self-test has seen it work."""

from __future__ import annotations

import inspect
import logging
import sys
from typing import Any, Callable, Dict, Iterable, List

ISOLATION = (
    "folders",
    "savePath",
    "annotatedPaths",
    "cacheKeys",
    "nodeObjects",
    "userdata",
    "execution",
    "threads",
    "socketTarget",
    "nodeInputs",
    "fileAccess",
    "modelRules",
    "nodeRules",
)

# What keeps ComfyUI alive and nobody apart: in place is enough.
GUARDS = ("executorGuard", "queueGuard", "lyricsGuard")


class Patches:
    """The parts by name, and whether each is in place and works."""

    def __init__(self) -> None:
        self._works: Dict[str, bool] = {name: False for name in ISOLATION}
        self._failed: Dict[str, str] = {}

    def attempt(self, name: str, patch: Callable[[], None]) -> None:
        """Puts a part in place. What does not fit this ComfyUI is remembered. @raises ValueError for a name that is no part's"""
        _check_name(name)
        try:
            patch()
        except Exception as error:
            self.fail(name, error)
        else:
            if name in GUARDS and name not in self._failed:
                self._works[name] = True

    def confirm(self, name: str, test: Callable[[], None]) -> None:
        """Counts a part as working when its test passes and it was put in place before. @raises ValueError as above"""
        _check_name(name)
        if name in self._failed:
            return
        try:
            test()
            self._works[name] = True
        except BaseException as error:  # a test that ends in SystemExit has not passed either
            self.fail(name, error)

    def fail(self, name: str, error: BaseException) -> None:
        self._works[name] = False
        self._failed[name] = f"{type(error).__name__}: {error}"
        logging.error("[gatehouse] %s does not fit this ComfyUI: %s", name, self._failed[name])

    def report(self) -> Dict[str, bool]:
        return dict(self._works)

    def missing(self) -> List[str]:
        """The parts of the isolation without which nobody but the owner may use this ComfyUI."""
        return [name for name in ISOLATION if not self._works[name]]


def _check_name(name: str) -> None:
    """A part under a mistaken name would be reported as working, and nothing would try it."""
    if name not in ISOLATION and name not in GUARDS:
        raise ValueError(f"no part of the companion is named {name}")


patches = Patches()


def require_parameters(function: Any, names: Iterable[str]) -> None:
    """@raises TypeError when ComfyUI's function does not take what our replacement hands on"""
    parameters = inspect.signature(function).parameters
    missing = [name for name in names if name not in parameters]
    if missing:
        raise TypeError(f"{getattr(function, '__qualname__', function)} lacks {', '.join(missing)}")


def replace_everywhere(original: Any, replacement: Any) -> None:
    """Also where a module has imported the function by name: `from folder_paths import get_output_directory`."""
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        if not isinstance(names, dict):
            continue
        for name in [name for name, value in list(names.items()) if value is original]:
            names[name] = replacement

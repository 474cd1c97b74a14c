"""Which pack something comes from, and what the pack's source is."""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

COMFYUI = "comfyui"
MAX_FILES = 20_000
MAX_BYTES = 512 * 1024 * 1024


class Home(NamedTuple):
    """A pack by the name of its folder or file below a folder of packs, and its real path."""

    pack: str
    path: str


class Homes:
    """`roots` are the folders that packs lie in, `base` the folder of ComfyUI."""

    def __init__(self, base: str, roots: Iterable[str]) -> None:
        self._base = os.path.realpath(base)
        # Packs are often links to where somebody works on them: both spellings count.
        self._roots = [os.path.abspath(root) for root in roots]
        self._linked: Dict[str, Home] = {}
        for root in self._roots:
            for name in _entries(root):
                path = os.path.join(root, name)
                self._linked.setdefault(os.path.realpath(path), Home(name, os.path.realpath(path)))

    @property
    def comfyui(self) -> Home:
        return Home(COMFYUI, self._base)

    def of_file(self, file: Optional[str]) -> Optional[Home]:
        """None for what lies neither in a pack nor in ComfyUI."""
        if not file:
            return None
        at = os.path.realpath(file)
        while at != os.path.dirname(at):
            if at in self._linked:
                return self._linked[at]
            if at == self._base:
                return None if is_installed(file) else self.comfyui
            at = os.path.dirname(at)
        return None

    def of_name(self, name: str) -> Optional[Home]:
        """By the name that ComfyUI gives a pack (nodes.py get_module_name): without the ending of a file."""
        found = [home for home in self._linked.values() if name in (home.pack, os.path.splitext(home.pack)[0])]
        return found[0] if found else None


def is_installed(file: str) -> bool:
    """A library in ComfyUI's own folder, as in a portable installation."""
    return any(part in ("site-packages", "dist-packages") for part in os.path.realpath(file).split(os.sep))


def file_of(found: Any) -> Optional[str]:
    """The source file of a class or function; None when it has none."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(found))
    except (TypeError, ValueError, OSError):
        file = getattr(sys.modules.get(str(getattr(found, "__module__", ""))), "__file__", None)
    return os.path.realpath(file) if file and os.path.isfile(file) else None


def python_files(path: str) -> List[str]:
    """All of a pack, in one order everywhere. @raises OSError for more than anybody reads"""
    if os.path.isfile(path):
        return [path]
    found: List[str] = []
    seen = set()
    for folder, below, names in os.walk(path, followlinks=True, onerror=_raise):
        if os.path.realpath(folder) in seen:
            below[:] = []
            continue
        seen.add(os.path.realpath(folder))
        below[:] = sorted(name for name in below if name not in ("__pycache__", ".git"))
        found.extend(os.path.join(folder, name) for name in names if name.endswith(".py"))
        if len(found) > MAX_FILES:
            raise OSError("too many files")
    return sorted(found, key=lambda file: _relative(path, file))


def hash_files(root: str, files: Iterable[str]) -> str:
    """Hex SHA-256 over the files and their names. @raises OSError when one cannot be read"""
    found = hashlib.sha256()
    total = 0
    for file in files:
        with open(file, "rb") as source:
            content = source.read()
        total += len(content)
        if total > MAX_BYTES:
            raise OSError("too much source")
        name = _relative(root, file).encode("utf-8", "surrogateescape")
        # Lengths, so that no name can pass for content.
        found.update(b"%d %d\n" % (len(name), len(content)) + name + content)
    return found.hexdigest()


def _relative(root: str, file: str) -> str:
    return os.path.basename(file) if root == file else os.path.relpath(file, root).replace(os.sep, "/")


def _entries(folder: str) -> List[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name != "__pycache__")
    except OSError:
        return []


def _raise(error: OSError) -> None:
    raise error

"""Answers what the gate asks about this start of ComfyUI: `nodes` and `routes`, found out once and then kept."""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Set, Tuple

from . import comfyui_risks
from .origins import COMFYUI, Home, Homes, file_of, hash_files, python_files
from .risky_calls import UNKNOWN
from .source_scan import Pack

Fact = Dict[str, Any]
MAX_TEXT = 1000


class NodeFacts:
    """Facts of classes: `titles` are their names for people."""

    def __init__(self, homes: Homes, titles: Dict[str, str]) -> None:
        self._homes = homes
        self._titles = titles
        self._packs: Dict[str, Optional[Tuple[str, Pack]]] = {}
        self._hashes: Dict[str, str] = {}

    def of_all(self, classes: Dict[str, Any]) -> List[Fact]:
        """Takes a second or so for thousands: not for an event loop."""
        began = time.perf_counter()
        facts = [self.of_class(name, node_class) for name, node_class in list(classes.items())]
        logging.info("[gatehouse] looked through %d classes of nodes in %.1f s.", len(facts), time.perf_counter() - began)
        return facts

    def of_class(self, name: str, node_class: Any) -> Fact:
        file = file_of(node_class)
        home, is_foreign = self._home(node_class, file)
        if home is not None and home.pack == COMFYUI and file is not None:
            source_hash, risks = self._hash_of_file(file), self._risks_of_comfyui(name, file, node_class)
        elif home is not None:
            source_hash, risks = self._of_pack(home, file, node_class)
        else:
            source_hash, risks = "", frozenset((UNKNOWN,))
        if is_foreign:
            risks = risks | {UNKNOWN}
        return {
            "name": name,
            "title": str(self._titles.get(name) or name)[:MAX_TEXT],
            "category": _category(node_class)[:MAX_TEXT],
            "pack": home.pack if home is not None else str(getattr(node_class, "__module__", "") or "?")[:MAX_TEXT],
            "packPath": home.path if home is not None else (os.path.dirname(file) if file else ""),
            "sourceHash": source_hash,
            "risks": sorted(risks),
        }

    def _home(self, node_class: Any, file: Optional[str]) -> Tuple[Optional[Home], bool]:
        """Whose class it is, and whether its source stands anywhere else. The pack that registered it is the one that
        answers for it (nodes.py load_custom_node); one that put it into the table by itself is known by its file."""
        by_file = self._homes.of_file(file)
        parent, _, name = str(getattr(node_class, "RELATIVE_PYTHON_MODULE", "")).partition(".")
        registered = self._homes.of_name(name) if parent == "custom_nodes" else None
        if registered is None:
            return by_file, False
        return registered, by_file != registered

    def _risks_of_comfyui(self, name: str, file: str, node_class: Any) -> FrozenSet[str]:
        relative = os.path.splitext(os.path.relpath(file, self._homes.comfyui.path))[0]
        return frozenset(comfyui_risks.find_risks(name, relative.replace(os.sep, "."), node_class))

    def _hash_of_file(self, file: str) -> str:
        if file not in self._hashes:
            try:
                self._hashes[file] = hash_files(file, [file])
            except OSError:
                self._hashes[file] = ""
        return self._hashes[file]

    def _of_pack(self, home: Home, file: Optional[str], node_class: Any) -> Tuple[str, FrozenSet[str]]:
        known = self._pack(home)
        if known is None:
            return "", frozenset((UNKNOWN,))
        source_hash, pack = known
        if file is None:
            return source_hash, frozenset((UNKNOWN,))
        found: Set[str] = set()
        for part in (node_class, *_bases_in(node_class, home, self._homes)):
            found |= pack.risks_of(file_of(part) or "", str(part.__qualname__))
        return source_hash, frozenset(found)

    def _pack(self, home: Home) -> Optional[Tuple[str, Pack]]:
        if home.path not in self._packs:
            try:
                files = python_files(home.path)
                root = home.path if os.path.isdir(home.path) else os.path.dirname(home.path)
                self._packs[home.path] = (hash_files(home.path, files), Pack(root, map(os.path.realpath, files)))
            except OSError:
                self._packs[home.path] = None
        return self._packs[home.path]


def _bases_in(node_class: Any, home: Home, homes: Homes) -> Iterable[Any]:
    """The classes of the same pack that it inherits from, wherever they stand."""
    return [base for base in getattr(node_class, "__mro__", ())[1:] if homes.of_file(file_of(base)) == home]


def _category(node_class: Any) -> str:
    try:
        return str(getattr(node_class, "CATEGORY", ""))
    except Exception:  # a class that cannot say
        return ""


def list_routes(router: Any, homes: Homes) -> List[Fact]:
    """Everything that aiohttp's router answers, in its order. A folder of files is `/prefix/*`."""
    found: List[Fact] = []
    for route in router.routes():
        resource = route.resource
        if resource is None:
            continue
        folder = resource.get_info().get("directory")
        path = str(resource.canonical) + ("/*" if folder is not None else "")
        found.append({"method": str(route.method), "path": path.replace("//", "/"), "pack": _pack_of(route.handler, folder, homes)})
    return found


def _pack_of(handler: Any, folder: Any, homes: Homes) -> str:
    if folder is not None:
        home = homes.of_file(str(folder))
        return home.pack if home is not None else COMFYUI
    function = getattr(handler, "func", handler)  # functools.partial
    home = homes.of_file(file_of(getattr(function, "__func__", function)))
    if home is not None:
        return home.pack
    return str(getattr(function, "__module__", "") or "?").split(".")[0]

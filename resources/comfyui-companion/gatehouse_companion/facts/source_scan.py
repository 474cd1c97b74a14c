"""Reads the source of a pack and says of each class what it, and what it uses in the same pack, can do.

Advice, not proof: names are followed as they are written. What cannot be followed at all is said to be unknown.
"""

from __future__ import annotations

import ast
import os
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set

from .definition_reader import Place, Reader
from .risky_calls import UNKNOWN, risks_of_name

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_DEFINITIONS = 5000


class Definition(NamedTuple):
    """What the text of one definition shows, and which others of the pack it uses."""

    risks: FrozenSet[str]
    uses: FrozenSet[Place]


class Module:
    """One file: what its names stand for."""

    def __init__(self, pack: "Pack", file: str, tree: ast.Module) -> None:
        self._pack = pack
        self.file = file
        self.definitions: Dict[str, List[ast.AST]] = {}
        # A name of this file: the full name of what was imported, or a place in the pack.
        self.imported: Dict[str, str] = {}
        self.places: Dict[str, Place] = {}
        self._read_definitions(tree.body)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._read_import(node)
            elif isinstance(node, ast.ImportFrom):
                self._read_import_from(node)

    def holds_class(self, name: str) -> bool:
        """Whether a class of this `__qualname__` is written down here, also inside of a function or another class."""
        found = self.definitions.get(name.split(".")[0], [])
        last = name.split(".")[-1]
        return any(isinstance(node, ast.ClassDef) and node.name == last for top in found for node in ast.walk(top))

    def _read_definitions(self, body: Iterable[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.definitions.setdefault(node.name, []).append(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for name in (found.id for target in targets for found in ast.walk(target) if isinstance(found, ast.Name)):
                    self.definitions.setdefault(name, []).append(node)
            for inner in ("body", "orelse", "finalbody", "handlers"):
                if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    self._read_definitions(getattr(node, inner, []))

    def _read_import(self, node: ast.Import) -> None:
        for item in node.names:
            inside = self._pack.find_module(item.name.split("."))
            name = item.asname or item.name.split(".")[0]
            if inside is not None:
                self.places[name] = (inside, "")
            else:
                self.imported[name] = item.name if item.asname else name

    def _read_import_from(self, node: ast.ImportFrom) -> None:
        parts = node.module.split(".") if node.module else []
        base = self._pack.find_relative(self.file, node.level, parts) if node.level else self._pack.find_module(parts)
        for item in node.names:
            name = item.asname or item.name
            submodule = None
            if node.level:
                submodule = self._pack.find_relative(self.file, node.level, [*parts, item.name])
            elif base is not None:
                submodule = self._pack.find_module([*parts, item.name])
            if submodule is not None:
                self.places[name] = (submodule, "")
            elif base is not None:
                self.places["*" + base if name == "*" else name] = (base, "" if name == "*" else item.name)
            elif node.level:
                self.places[name] = ("", "")  # a compiled module, or one that is not there
            else:
                self.imported[name] = ".".join([*parts, item.name])


class Pack:
    """`files` are all Python files of the pack, `root` its folder or, for a pack of one file, the folder that holds it."""

    def __init__(self, root: str, files: Iterable[str]) -> None:
        self._root = root
        self._files = frozenset(files)
        self._modules: Dict[str, Optional[Module]] = {}
        self._known: Dict[Place, Optional[Definition]] = {}

    def risks_of(self, file: str, name: str) -> FrozenSet[str]:
        """Of a class by its `__qualname__`, and of all that it uses in the pack."""
        module = self.module(file)
        if module is None or not module.holds_class(name) or self._look_up(file, name) is None:
            return frozenset((UNKNOWN,))
        found: Set[str] = set()
        waiting: List[Place] = [(file, name)]
        done: Set[Place] = set(waiting)
        while waiting:
            definition = self._look_up(*waiting.pop())
            if definition is None:
                found.add(UNKNOWN)
                continue
            found |= definition.risks
            news = definition.uses - done
            done |= news
            waiting.extend(news)
            if len(done) > MAX_DEFINITIONS:
                return frozenset(found | {UNKNOWN})
        return frozenset(found)

    def module(self, file: str) -> Optional[Module]:
        if file not in self._modules:
            self._modules[file] = self._parse(file)
        return self._modules[file]

    def find_relative(self, file: str, level: int, parts: List[str]) -> Optional[str]:
        folder = os.path.dirname(file)
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        return self._find_in(folder, parts)

    def find_module(self, parts: List[str]) -> Optional[str]:
        """Packs put their own folder on Python's path, or name themselves in full."""
        if parts[:1] == ["custom_nodes"]:
            parts = parts[2:]
        return self._find_in(self._root, parts) if parts else None

    def _find_in(self, folder: str, parts: List[str]) -> Optional[str]:
        path = os.path.join(folder, *parts)
        return next((file for file in (f"{path}.py", os.path.join(path, "__init__.py")) if file in self._files), None)

    def _parse(self, file: str) -> Optional[Module]:
        try:
            if file not in self._files or os.path.getsize(file) > MAX_FILE_BYTES:
                return None
            with open(file, "rb") as source:
                return Module(self, file, ast.parse(source.read()))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def _look_up(self, file: str, name: str) -> Optional[Definition]:
        place = (file, name)
        if place not in self._known:
            module = self.module(file)
            try:
                self._known[place] = None if module is None else self._read(module, name)
            except RecursionError:
                self._known[place] = None
        return self._known[place]

    def _read(self, module: Module, name: str) -> Optional[Definition]:
        if name == "":  # a whole file, used in a way that names nothing of it
            return Definition(frozenset(), frozenset((module.file, known) for known in module.definitions))
        found = module.definitions.get(name.split(".")[0])
        if found is None:
            place = module.places.get(name)
            if place is not None and place[0]:
                return Definition(frozenset(), frozenset((place,)))
            stars = [starred for key, starred in module.places.items() if key.startswith("*")]
            for starred, _ in stars:
                source = self.module(starred)
                if source is not None and (name in source.definitions or name in source.places):
                    return Definition(frozenset(), frozenset(((starred, name),)))
            return Definition(risks_of_name(module.imported[name]), frozenset()) if name in module.imported else None
        reader = Reader(self, module)
        for node in found:
            reader.read(node)
        return Definition(frozenset(reader.risks), frozenset(reader.uses))

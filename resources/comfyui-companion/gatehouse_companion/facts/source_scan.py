"""Reads the source of a pack and says of each class what it, and what it uses in the same pack, can do.

Advice, not proof: names are followed as they are written. What cannot be followed at all is said to be unknown.
"""

from __future__ import annotations

import ast
import os
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

from .risky_calls import (
    READING_METHODS,
    READS,
    RUNS_CODE,
    SAVING_METHODS,
    UNKNOWN,
    WRITES,
    WRITING_METHODS,
    FileCall,
    file_call,
    risk_of_method,
    risks_of_name,
)
from .taint import Taint

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_DEFINITIONS = 5000

# Where a definition stands: the file, and its name there.
Place = Tuple[str, str]


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


class Reader:
    """Collects what one definition does."""

    def __init__(self, pack: Pack, module: Module) -> None:
        self._pack = pack
        self._module = module
        self.risks: Set[str] = set()
        self.uses: Set[Place] = set()

    def read(self, definition: ast.AST) -> None:
        taint = Taint(definition)
        inner: Set[int] = set()
        for node in ast.walk(definition):
            if isinstance(node, (ast.Name, ast.Attribute)) and id(node) not in inner:
                self._use(node)
                inner.update(id(below) for below in ast.walk(node) if below is not node and _is_name(below))
            elif isinstance(node, ast.Call):
                self._call(node, taint)

    def _use(self, node: ast.AST) -> None:
        parts = _parts(node)
        if parts is None:
            return
        full = self._full_name(parts)
        if full is not None:
            self.risks |= risks_of_name(full)
            return
        place = self._place(parts)
        if place is not None:
            if place[0]:
                self.uses.add(place)
            else:
                self.risks.add(UNKNOWN)

    def _full_name(self, parts: List[str]) -> Optional[str]:
        """What comes from outside of the pack, by the name that it has there; also Python's own functions."""
        known = self._module
        if parts[0] in known.imported:
            return ".".join([known.imported[parts[0]], *parts[1:]])
        is_own = parts[0] in known.definitions or parts[0] in known.places
        return parts[0] if len(parts) == 1 and not is_own and risks_of_name(parts[0]) else None

    def _place(self, parts: List[str]) -> Optional[Place]:
        known = self._module
        if parts[0] in known.definitions:
            return (known.file, parts[0])
        if parts[0] in known.places:
            file, name = known.places[parts[0]]
            if not file or name:
                return (file, name)
            # A module: as deep as the name goes.
            for part in parts[1:]:
                module = self._pack.module(file)
                if module is None or part in module.definitions:
                    return (file, part)
                file, name = module.places.get(part, (file, part))
                if name:
                    return (file, name)
            return (file, "")
        for key, (file, _) in known.places.items():
            module = self._pack.module(file) if key.startswith("*") else None
            if module is not None and (parts[0] in module.definitions or parts[0] in module.places or parts[0] in module.imported):
                return (file, parts[0])
        return None

    def _call(self, node: ast.Call, taint: Taint) -> None:
        parts = _parts(node.func)
        full = self._full_name(parts) or ".".join(parts) if parts is not None else ""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        by_method = risk_of_method(method or full)
        if by_method is not None:
            self.risks.add(by_method)
        if _is_code_by_argument(full, node):
            self.risks.add(RUNS_CODE)
        if full == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            self._use_of_text(node.args[0], str(node.args[1].value))
        if full in ("importlib.import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
            self.risks |= risks_of_name(str(node.args[0].value))
        self._file(full, method, node, taint)

    def _use_of_text(self, of: ast.AST, name: str) -> None:
        parts = _parts(of)
        full = None if parts is None else self._full_name([*parts, name])
        if full is not None:
            self.risks |= risks_of_name(full)

    def _file(self, full: str, method: str, node: ast.Call, taint: Taint) -> None:
        known = _opening(full, method, node) or file_call(full)
        if known is not None:
            self._judge(known, node, taint)
        elif isinstance(node.func, ast.Attribute):
            on = taint.is_tainted(node.func.value)
            if method in READING_METHODS and on:
                self.risks.add(READS)
            if (method in WRITING_METHODS and on) or (method in SAVING_METHODS and node.args and taint.is_tainted(node.args[0])):
                self.risks.add(WRITES)

    def _judge(self, known: FileCall, node: ast.Call, taint: Taint) -> None:
        def is_tainted(at: int) -> bool:
            return at < len(node.args) and taint.is_tainted(node.args[at])

        is_named = any(taint.is_tainted(keyword.value) for keyword in node.keywords if keyword.arg in _PATH_NAMES)
        if any(is_tainted(at) for at in known.reads) or (is_named and known.reads):
            self.risks.add(READS)
        if any(is_tainted(at) for at in known.writes) or (is_named and known.writes):
            self.risks.add(WRITES)


_PATH_NAMES = frozenset("file filename path fp f src dst name pathname filepath uri".split())
_OPENS = frozenset(("open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "os.open", "os.fdopen", "aiofiles.open"))


def _opening(full: str, method: str, node: ast.Call) -> Optional[FileCall]:
    """`open` reads or writes by its mode; a mode that is not written down could be either."""
    if full not in _OPENS:
        return None
    mode = next((keyword.value for keyword in node.keywords if keyword.arg == "mode"), node.args[1] if len(node.args) > 1 else None)
    if mode is None:
        return FileCall(reads=(0,))
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        return FileCall(writes=(0,)) if set(mode.value) & set("wax+") else FileCall(reads=(0,))
    return FileCall(reads=(0,), writes=(0,))


def _is_code_by_argument(full: str, node: ast.Call) -> bool:
    named = {keyword.arg: keyword.value for keyword in node.keywords}

    def is_constant(name: str, value: bool) -> bool:
        found = named.get(name)
        return isinstance(found, ast.Constant) and found.value is value

    if is_constant("trust_remote_code", True) or is_constant("allow_pickle", True):
        return True
    if full == "torch.load":
        return not is_constant("weights_only", True)
    if full == "yaml.load":
        loader = named.get("Loader", node.args[1] if len(node.args) > 1 else None)
        return loader is None or "Safe" not in ast.dump(loader)
    if full in ("importlib.import_module", "__import__"):
        return not (node.args and isinstance(node.args[0], ast.Constant))
    return False


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute))


def _parts(node: ast.AST) -> Optional[List[str]]:
    """`a.b.c` in parts; None for what begins with anything but a name."""
    found: List[str] = []
    while isinstance(node, ast.Attribute):
        found.insert(0, node.attr)
        node = node.value
    return [node.id, *found] if isinstance(node, ast.Name) else None

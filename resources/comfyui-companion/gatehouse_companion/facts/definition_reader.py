"""What the text of one definition of a pack does by itself, and which others it uses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Iterator, List, Optional, Set, Tuple

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

if TYPE_CHECKING:
    from .source_scan import Module, Pack

# Where a definition stands: the file, and its name there.
Place = Tuple[str, str]


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
                inner.update(_inner(node))
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


def _inner(node: ast.AST) -> Iterator[int]:
    """The shorter names in a dotted one; what begins with a call has names of its own in there."""
    while isinstance(node, ast.Attribute):
        node = node.value
        if isinstance(node, (ast.Name, ast.Attribute)):
            yield id(node)


def _parts(node: ast.AST) -> Optional[List[str]]:
    """`a.b.c` in parts; None for what begins with anything but a name."""
    found: List[str] = []
    while isinstance(node, ast.Attribute):
        found.insert(0, node.attr)
        node = node.value
    return [node.id, *found] if isinstance(node, ast.Name) else None

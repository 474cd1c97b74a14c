"""What one person may use of what everybody shares: models and classes of nodes, as the gate tells it.

`models` limits the kinds of models that it names, to the names that it lists; `nodes` lists the classes that may run in
workflows of one's own. A person without rules has no limits.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import AbstractSet, Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional

MAX_KINDS = 1000
MAX_NAMES = 200_000
MAX_CLASSES = 20_000
MAX_CHARACTERS = 4096

# What lies beside a model and belongs to it: pictures of it and notes.
SIDE_FILES = frozenset(
    (".gif", ".info", ".jpeg", ".jpg", ".json", ".md", ".mp4", ".png", ".sha256", ".txt", ".webp", ".yaml", ".yml")
)


class RulesRefused(ValueError):
    """Says in words what is wrong with the rules, for the gate."""


class Names:
    """The listed names of one kind of models."""

    def __init__(self, names: List[str]) -> None:
        self._names = frozenset(plain_name(name) for name in names)
        self._stems = stems_of(self._names)

    def lists(self, name: str) -> bool:
        """Whether the name of a file is listed, or a folder that holds it."""
        at = plain_name(name)
        while at not in ("", os.curdir, os.sep):
            if at in self._names:
                return True
            above = os.path.dirname(at)
            if above == at:
                return False
            at = above
        return False

    def covers(self, name: str, stems: AbstractSet[str]) -> bool:
        """Like `lists`, and also what lies beside a listed model and belongs to it (`a.preview.png` of `a.ckpt`). What
        could belong to several belongs to the one with the longest name: `stems` are those of all models of the kind."""
        if self.lists(name):
            return True
        folder, file = os.path.split(plain_name(name))
        parts = file.split(".")
        if f".{parts[-1].lower()}" not in SIDE_FILES:
            return False
        for count in range(len(parts) - 1, 0, -1):
            stem = os.path.join(folder, ".".join(parts[:count]))
            if stem in self._stems:
                return True
            if stem in stems:
                return False
        return False


class Rules(NamedTuple):
    """`nodes` is None for every class. Two rules with the same `models_mark` allow the same models."""

    models: Dict[str, Names]
    nodes: Optional[FrozenSet[str]]
    models_mark: str


def plain_name(name: str) -> str:
    """The one spelling of a name by which two can be compared on this system."""
    return os.path.normcase(os.path.normpath(name))


def stems_of(names: Iterable[str]) -> FrozenSet[str]:
    """The names of models without what comes last in them, in their one spelling."""
    return frozenset(os.path.splitext(plain_name(name))[0] for name in names)


def parse_rules(value: Any) -> Rules:
    """@raises RulesRefused for anything but `{models: {kind: [names]}, nodes: [classes] or null}`"""
    if not isinstance(value, dict) or set(value) != {"models", "nodes"}:
        raise RulesRefused("rules must have models and nodes")
    models, nodes = value["models"], value["nodes"]
    if not isinstance(models, dict) or len(models) > MAX_KINDS:
        raise RulesRefused("rules.models is not an object of kinds")
    named = {kind: _parse_texts(f"rules.models.{kind}", names, MAX_NAMES) for kind, names in models.items()}
    classes = None if nodes is None else frozenset(_parse_texts("rules.nodes", nodes, MAX_CLASSES))
    known = {kind: Names(names) for kind, names in named.items()}
    return Rules(known, classes, _mark(named))


def _parse_texts(where: str, value: Any, limit: int) -> List[str]:
    if not isinstance(value, list) or len(value) > limit:
        raise RulesRefused(f"{where[:200]} is not a list")
    if not all(isinstance(text, str) and 0 < len(text) <= MAX_CHARACTERS and "\0" not in text for text in value):
        raise RulesRefused(f"{where[:200]} is not a list of names")
    return value


def _mark(models: Dict[str, List[str]]) -> str:
    if not models:
        return ""
    text = json.dumps({kind: sorted(set(names)) for kind, names in models.items()}, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]

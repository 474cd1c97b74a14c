"""Which model files a person may use, by what the file really is and not by how it is asked for.

A file may be used unless it lies in a folder of a kind that is limited for the person. There it may be used only when the
list of a limited kind that it lies in names it. So the same file in the folder of a kind without limits stays forbidden,
one in folders of two limited kinds is allowed as soon as the owner has listed it for either, and a kind shows and finds
only what its own list names. A listed folder allows what is in it. What is not there yet counts as not listed.

"Lies in" is asked of the path as it was written, of the real path, and of the file itself (device and number), so that
links, hard links and folders that are mounted twice do not change the answer.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from .containment import real
from .identity import User, acting_as, current_user
from .rules import Names, Rules, stems_of
from .users import Users

FileNumber = Tuple[int, int]
Place = Tuple[str, str]
NameList = Callable[[str], List[str]]
FindPath = Callable[[str, str], Optional[str]]

MAX_KEPT = 500

# Inputs of ComfyUI's own loaders that name no file.
_OPTIONS = frozenset(("device", "type", "weight_dtype"))


class ModelRefused(PermissionError):
    """Without the path: the text reaches the person."""

    def __init__(self) -> None:
        super().__init__("This model is not among those that you may use.")


class Known(NamedTuple):
    """The files of one kind, of one state of its folders. Roots as they were written and as they are."""

    state: Any
    folders: Tuple[str, ...]
    roots: Tuple[Tuple[str, str], ...]
    files: Dict[FileNumber, Set[str]]
    stems: FrozenSet[str]


# The limited kinds, as far as this ComfyUI has them.
Limited = Dict[str, Known]


class Kept(NamedTuple):
    """What a person may use of a list of names, and of what state of which folders that was said."""

    names: List[str]
    state: List[Any]
    usable: List[str]


class ModelAccess:
    """`list_names` and `find_path` are ComfyUI's own functions, before they were replaced."""

    def __init__(self, users: Users, folder_paths: Any) -> None:
        self._users = users
        self._folder_paths = folder_paths
        self.list_names: NameList = folder_paths.get_filename_list
        self.find_path: FindPath = folder_paths.get_full_path
        self._known: Dict[str, Known] = {}
        self._kept: Dict[Tuple[str, str], Kept] = {}

    def rules_of(self, user: Optional[User]) -> Optional[Rules]:
        """The rules that limit this person's models just now, if any."""
        rules = None if user is None else self._users.rules_of(user)
        return rules if rules is not None and rules.models else None

    def rules(self) -> Optional[Rules]:
        """Those of the person on whose behalf this is asked."""
        return self.rules_of(current_user())

    def check(self, path: str) -> None:
        """@raises ModelRefused when the running code may not use the file at this absolute or relative path"""
        rules = self.rules()
        if rules is not None and not os.path.isdir(path) and self.is_forbidden(rules, path):
            raise ModelRefused()

    def is_forbidden(self, rules: Rules, path: str, known: Optional[Limited] = None) -> bool:
        """`known` as of just now, where many are asked about at once."""
        is_held = False
        limited = self._know_all(rules) if known is None else known
        for kind, name in self._places(path, limited):
            is_held = True
            if rules.models[kind].covers(name, limited[kind].stems):
                return False
        return is_held

    def is_usable(self, rules: Rules, kind: str, name: str, known: Optional[Limited] = None) -> bool:
        """Whether a kind shows and finds this name."""
        listed = self._lists_for(rules, kind)
        if listed:
            return any(names.covers(name, self._stems_of(named, known)) for named, names in listed)
        path = self.find_path(kind, name)
        return path is None or not self.is_forbidden(rules, path, known)

    def keep_usable(self, kind: str, names: Iterable[str]) -> List[str]:
        """Kept until a folder changes: `object_info` asks for the same lists many times."""
        rules, every = self.rules(), list(names)
        if rules is None:
            return every
        known = self._know_all(rules)
        state: List[Any] = [self._state_of(self._current_name(kind)), *(found.state for found in known.values())]
        kept = self._kept.get((kind, rules.models_mark))
        if kept is not None and kept.names == every and _are_same(kept.state, state):
            return list(kept.usable)
        usable = [name for name in every if self.is_usable(rules, kind, name, known)]
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[(kind, rules.models_mark)] = Kept(every, state, usable)
        return list(usable)

    def mark(self) -> str:
        """What tells cached results of different limits apart; empty for no limits."""
        rules = self.rules()
        return "" if rules is None else rules.models_mark

    def loader_mark(self, values: Dict[str, Any]) -> str:
        """For a loader whose result is shared: empty when all the files that its inputs name may be used. An input that
        names no file of any kind counts as one that may not, because what it stands for cannot be told."""
        rules = self.rules()
        if rules is None:
            return ""
        named = [value for name, value in values.items() if name not in _OPTIONS]
        # A link has the key of what it leads to, and a number names no file.
        open_questions = [value for value in named if not isinstance(value, (list, int, float))]
        is_free = all(isinstance(value, str) and self._is_free(rules, value) for value in open_questions)
        return "" if is_free else rules.models_mark

    def _is_free(self, rules: Rules, text: str) -> bool:
        kinds = list(self._folder_paths.folder_names_and_paths)
        with acting_as(None):
            found = [(kind, self.find_path(kind, text)) for kind in kinds]
        paths = [(kind, path) for kind, path in found if path is not None]
        return bool(paths) and all(self.is_usable(rules, kind, text) and not self.is_forbidden(rules, path) for kind, path in paths)

    def _places(self, path: str, limited: Limited) -> Iterator[Place]:
        """Where a file lies in folders of limited kinds: the kind and the name there."""
        followed = real(path)
        # `link/../a` is another file than its text says.
        is_plain = os.pardir not in path.replace("\\", "/").split("/")
        written = os.path.normcase(os.path.abspath(path)) if is_plain else followed
        number = _number_of(followed)
        for kind, known in limited.items():
            for as_written, as_is in known.roots:
                yield from ((kind, name) for name in (_below(as_written, written), _below(as_is, followed)) if name)
            if number is not None:
                yield from ((kind, name) for name in known.files.get(number, ()))

    def _lists_for(self, rules: Rules, kind: str) -> List[Tuple[str, Names]]:
        wanted = self._current_name(kind)
        return [(named, names) for named, names in rules.models.items() if self._current_name(named) == wanted]

    def _stems_of(self, kind: str, limited: Optional[Limited]) -> FrozenSet[str]:
        known = self._know(kind) if limited is None else limited.get(kind)
        return frozenset() if known is None else known.stems

    def _current_name(self, kind: str) -> str:
        """ComfyUI has two names for some kinds (`unet`, `diffusion_models`)."""
        rename = getattr(self._folder_paths, "map_legacy", None)
        return str(rename(kind)) if rename is not None else kind

    def _know_all(self, rules: Rules) -> Limited:
        found = ((kind, self._know(kind)) for kind in rules.models)
        return {kind: known for kind, known in found if known is not None}

    def _state_of(self, current: str) -> Any:
        """ComfyUI keeps its list, the same one, until a folder changes. None when there is nothing to tell that by."""
        return getattr(self._folder_paths, "filename_list_cache", {}).get(current)

    def _know(self, kind: str) -> Optional[Known]:
        current = self._current_name(kind)
        entry = self._folder_paths.folder_names_and_paths.get(current)
        if entry is None:
            return None
        folders = tuple(entry[0])
        with acting_as(None):
            try:
                names = list(self.list_names(current))
            except Exception:  # a folder that has just gone; what lies in it is still found by its path
                names = []
        state = self._state_of(current)
        known = self._known.get(current)
        if known is None or state is None or known.state is not state or known.folders != folders:
            roots = tuple((os.path.normcase(os.path.abspath(folder)), real(folder)) for folder in folders)
            known = Known(state, folders, roots, _number_files(folders, names), stems_of(names))
            self._known[current] = known
        return known


def _are_same(before: List[Any], now: List[Any]) -> bool:
    return len(before) == len(now) and all(one is not None and one is other for one, other in zip(before, now))


def _number_files(roots: Iterable[str], names: Iterable[str]) -> Dict[FileNumber, Set[str]]:
    found: Dict[FileNumber, Set[str]] = {}
    wanted = list(names)
    for root in roots:
        for name in wanted:
            number = _number_of(os.path.join(root, name))
            if number is not None:
                found.setdefault(number, set()).add(name)
    return found


def _number_of(path: str) -> Optional[FileNumber]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    # Some file systems of Windows number nothing.
    return (status.st_dev, status.st_ino) if status.st_ino else None


def _below(folder: str, path: str) -> Optional[str]:
    """The name of a path below a folder, both of one spelling; None when it is not below."""
    start = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(start) :] if path.startswith(start) else None

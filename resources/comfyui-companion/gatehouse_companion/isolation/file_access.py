"""Code that runs on somebody's behalf does not touch the folders of anybody else, whoever wrote it.

The second line behind the replaced folder functions: packs join paths of their own. Python tells its audit hooks before
it opens, lists, makes, renames or removes anything (PEP 578), and a hook that raises forbids it. A hook cannot be taken
out again. Not seen: what an extension module opens by itself, except for the few that ComfyUI brings along and that are
wrapped here, and whether a path exists at all (`os.stat`).
"""

from __future__ import annotations

import functools
import json
import os
import shlex
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from .containment import real
from .folders import KINDS, fallback_temp
from .identity import User, current_user
from .model_access import ModelAccess
from .patching import replace_everywhere
from .users import Users, named_folders

# Event: where its paths are, and where the descriptor of the folder that each is relative to (docs of `sys.audit`).
_PATHS: Dict[str, Tuple[Tuple[int, Optional[int]], ...]] = {
    "open": ((0, None),),
    "os.chdir": ((0, None),),
    "os.chflags": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.getxattr": ((0, None),),
    "os.link": ((0, 2), (1, 3)),
    "os.listdir": ((0, None),),
    "os.listxattr": ((0, None),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, None),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.scandir": ((0, None),),
    "os.setxattr": ((0, None),),
    "os.startfile": ((0, None),),
    "os.symlink": ((0, 2), (1, 2)),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
    "sqlite3.connect": ((0, None),),
}
# What is in a folder of models may be listed: ComfyUI does so for everybody.
_FOLDERS_ONLY = frozenset(("os.chdir", "os.listdir", "os.mkdir", "os.scandir"))
# Event: where the command is, and where the folder that it runs in.
_COMMANDS: Dict[str, Tuple[int, Optional[int]]] = {
    "os.exec": (1, None),
    "os.posix_spawn": (1, None),
    "os.spawn": (2, None),
    "os.system": (0, None),
    "subprocess.Popen": (1, 2),
}
# Functions that open files without telling Python, by module; of what ComfyUI itself needs.
_NATIVE = (("av", "open"), ("safetensors", "safe_open"), ("safetensors", "serialize_file"), ("torch", "save"))
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class NotYourFolder(PermissionError):
    """Without the path: the text reaches the person."""

    def __init__(self) -> None:
        super().__init__("A file outside of your folders was asked for, in a folder that belongs to somebody else.")


def parse_private_folders(text: str) -> List[str]:
    """Those that hold the folders of everybody, as the gate names them. @raises ValueError"""
    folders = json.loads(text) if text else []
    if not isinstance(folders, list) or not all(isinstance(folder, str) and os.path.isabs(folder) for folder in folders):
        raise ValueError("the private folders are no list of absolute paths")
    return folders


class FileAccess:
    """Knows for each user which folders are somebody else's. `private_folders` hold the folders of everybody."""

    def __init__(self, users: Users, folder_paths: Any, private_folders: Sequence[str], models: ModelAccess) -> None:
        self._users = users
        self._models = models
        self._folder_paths = folder_paths
        self._private_folders = tuple(private_folders)
        self._maps: Dict[str, Tuple[Any, Dict[str, bool]]] = {}

    def is_limited(self, user: Optional[User]) -> bool:
        return user is not None and (user.has_own_folders or self._models.rules_of(user) is not None)

    def check(self, path: Any, base: Optional[str] = None, is_folder: bool = False) -> None:
        """@raises NotYourFolder or ModelRefused when code that runs on behalf of a person may not use this path"""
        user = current_user()
        if user is None:
            return
        if user.has_own_folders and self.is_foreign(user, path, base):
            raise NotYourFolder()
        text = None if is_folder else _as_text(path)
        if text is not None and "\0" not in text:
            self._models.check(text if base is None else os.path.join(base, text))

    def is_foreign(self, user: User, path: Any, base: Optional[str] = None) -> bool:
        """The deepest folder that is somebody's decides. Links are followed."""
        text = _as_text(path)
        if text is None or "\0" in text:  # an open file, or what no system call takes
            return False
        at, is_mine = real(text if base is None else os.path.join(base, text)), self._map_of(user)
        while at not in is_mine:
            above = os.path.dirname(at)
            if above == at:
                return False
            at = above
        return not is_mine[at]

    def _map_of(self, user: User) -> Dict[str, bool]:
        models = self._model_folders()
        own = tuple(self._folder_paths.__dict__.get(f"{kind}_directory") for kind in (*KINDS, "user"))
        state = (user, self._users.revision, models, own)
        known = self._maps.get(user.id)
        if known is not None and known[0] == state:
            return known[1]
        made = self._make_map(user, models, own)
        self._maps[user.id] = (state, made)
        return made

    def _make_map(self, user: User, models: Iterable[str], own: Sequence[Optional[str]]) -> Dict[str, bool]:
        shared = (sys.prefix, sys.base_prefix, self._folder_paths.base_path, *models)
        theirs = [folder for other in self._users.others(user) for _, folder in named_folders(other)]
        # The owner's workflows; the rest of ComfyUI's folder of users is where packs keep their settings.
        owners = [folder for folder in own[:3] if folder] + ([os.path.join(own[3], "default", "workflows")] if own[3] else [])
        mine = [folder for _, folder in named_folders(user)] + ([fallback_temp(own[2], user)] if own[2] else [])
        made = {real(folder): True for folder in shared}
        made.update({real(folder): False for folder in (*self._private_folders, *owners, *theirs)})
        made.update({real(folder): True for folder in mine})
        return made

    def _model_folders(self) -> Tuple[str, ...]:
        known = getattr(self._folder_paths, "folder_names_and_paths", {})
        return tuple(folder for entry in list(known.values()) for folder in entry[0])


def install(access: FileAccess) -> None:
    """For the rest of this process. @raises RuntimeError when another hook forbids it"""
    # Looked up once: the hook runs for every `id()` and every frame that is asked for.
    paths, commands, whose = _PATHS, _COMMANDS, current_user
    check, is_limited = access.check, access.is_limited

    def hook(event: str, args: Any) -> None:
        if event not in paths and event not in commands:
            return
        if not is_limited(whose()):
            return
        if event in paths:
            for path, base in _paths_of(event, args):
                check(path, base, event in _FOLDERS_ONLY)
        else:
            for word, folder in _words_of(event, args):
                check(word, folder)

    sys.addaudithook(hook)


def wrap_native(access: FileAccess) -> None:
    """Those that are loaded by now; called after the last pack."""
    for module_name, name in _NATIVE:
        original = getattr(sys.modules.get(module_name), name, None)
        if original is not None:
            replace_everywhere(original, _checking(original, access))


def _checking(original: Callable[..., Any], access: FileAccess) -> Callable[..., Any]:
    @functools.wraps(original)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for value in (*args[:2], *(kwargs.get(name) for name in ("file", "filename", "f"))):
            if isinstance(value, (str, os.PathLike)):
                access.check(value)
        return original(*args, **kwargs)

    return checked


def _paths_of(event: str, args: Any) -> Iterator[Tuple[Any, Optional[str]]]:
    for at, base_at in _PATHS[event]:
        path = args[at] if at < len(args) else None
        if event == "open" and _may_be_below_descriptor(path, args):
            continue
        if event == "sqlite3.connect" and isinstance(path, (str, bytes)):
            path = os.fsdecode(path)
            path = path[5:].split("?")[0] if path.startswith("file:") else path
        base = args[base_at] if base_at is not None and base_at < len(args) else None
        if isinstance(base, int) and base >= 0:
            folder = _path_of_descriptor(base)
            if folder is not None:
                yield path, folder
        else:
            yield ("." if path is None else path), None


def _may_be_below_descriptor(path: Any, args: Any) -> bool:
    """`os.open(name, dir_fd=…)` does not tell of the folder. shutil.rmtree goes down so: what it finds there is told with
    the descriptor, and what is not opened for writing is looked at then."""
    is_os_open = len(args) > 2 and args[1] is None and isinstance(args[2], int)
    text = _as_text(path)
    return is_os_open and text is not None and not os.path.isabs(text) and not args[2] & _WRITING


def _words_of(event: str, args: Any) -> Iterator[Tuple[str, Optional[str]]]:
    """What a command names that could be a path, also as `--name=path`."""
    at, folder_at = _COMMANDS[event]
    command = args[at] if at < len(args) else None
    folder = _as_text(args[folder_at]) if folder_at is not None and folder_at < len(args) else None
    if folder is not None:
        yield folder, None
    for part in command if isinstance(command, (list, tuple)) else (command,):
        text = _as_text(part) or ""
        for piece in (text, *_split(text)):
            for word in (piece, piece.partition("=")[2], piece.partition(":")[2]):
                if os.sep in word or "/" in word:
                    yield word, folder


def _split(text: str) -> List[str]:
    """A whole command line, as `sh -c` gets it."""
    if len(text.split(None, 1)) < 2:
        return []
    try:
        return shlex.split(text, posix=os.name == "posix")
    except ValueError:
        return text.split()


def _as_text(path: Any) -> Optional[str]:
    """None for what is no path: most often the number of an open file."""
    if isinstance(path, int):
        return _path_of_descriptor(path)
    try:
        return os.fsdecode(path)
    except TypeError:
        return None


def _path_of_descriptor(number: int) -> Optional[str]:
    link = f"/proc/self/fd/{number}"  # Linux alone names the folder of a descriptor
    try:
        return os.readlink(link)
    except OSError:
        return None

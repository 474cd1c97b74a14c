"""What the gate has told this start of ComfyUI about users. Nothing of it outlives the process."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterable, List, Optional, Tuple

from .containment import contains
from .identity import User
from .rules import Rules, parse_rules

FOLDERS = ("inputDirectory", "outputDirectory", "tempDirectory", "userdataDirectory")
RULES = "rules"
ORDER = "order"
MAX_ORDER = 2**53 - 1
MAX_PATH_CHARACTERS = 4096

_ID_FORM = re.compile(r"[a-z0-9]{16}\Z")


class FolderRefused(ValueError):
    """Says in words what is wrong with a folder, for the gate."""


class OrderRefused(ValueError):
    """Says in words what is wrong with the number of a telling, for the gate."""


class OldRules(ValueError):
    """A telling that was given up and came after a later one; `last` is the number of that."""

    def __init__(self, last: int) -> None:
        super().__init__("something later was told of this user already")
        self.last = last


def is_user_id(text: Any) -> bool:
    return isinstance(text, str) and _ID_FORM.match(text) is not None


class Users:
    """Users by id. Asked from ComfyUI's loop and from its worker: each entry is replaced as a whole, and lists are copied first."""

    def __init__(self) -> None:
        self._users: Dict[str, User] = {}
        # Numbers of the last tellings. Kept for those who are forgotten, too: what was told before may still come.
        self._orders: Dict[str, int] = {}
        # Another one after each change, so that what follows from the list can be remembered.
        self.revision = 0

    def find(self, user_id: Any) -> Optional[User]:
        return self._users.get(user_id) if isinstance(user_id, str) else None

    def rules_of(self, user: User) -> Optional[Rules]:
        """Those that the gate told last, also for a job that began before."""
        return (self._users.get(user.id) or user).rules

    def has_others(self) -> bool:
        """Whether anybody but the owner of the computer works here."""
        return any(user.has_own_folders for user in list(self._users.values()))

    def others(self, user: User) -> List[User]:
        return [other for other in list(self._users.values()) if other.id != user.id]

    def begin(self, user_id: str, order: Optional[int]) -> None:
        """Also for what is refused then: the gate has something later to tell all the same. @raises OldRules"""
        last = self._orders.get(user_id, 0)
        if order is None:
            return
        if order < last:
            raise OldRules(last)
        self._orders[user_id] = order

    def put(self, user: User, comfyui_folders: Iterable[str]) -> None:
        """What was known before stays when this is refused. @raises FolderRefused"""
        others = self.others(user)
        for name, folder in named_folders(user):
            if any(contains(folder, own) for own in comfyui_folders):
                raise FolderRefused(f"{name} contains folders of ComfyUI itself")
            if any(_overlap(folder, theirs) for other in others for _, theirs in named_folders(other)):
                raise FolderRefused(f"{name} overlaps with a folder of another user")
        self._users[user.id] = user
        self.revision += 1

    def forget(self, user_id: str) -> None:
        self._users.pop(user_id, None)
        self.revision += 1


def parse_user(user_id: str, body: Any) -> User:
    """@raises FolderRefused for anything but the four folders, each null or the absolute path of a folder that is there;
    a temp folder may be missing yet. @raises RulesRefused for rules of another shape; without them there are no limits"""
    if not isinstance(body, dict) or set(body) - {RULES, ORDER} != set(FOLDERS):
        raise FolderRefused(f"the body must have {', '.join(FOLDERS)}")
    input_folder, output, temp, userdata = (_parse_folder(name, body[name]) for name in FOLDERS)
    rules = parse_rules(body[RULES]) if RULES in body else None
    return User(user_id, input_folder, output, temp, userdata, rules)


def parse_order(body: Any) -> Optional[int]:
    """The number of a telling; None without one. @raises OrderRefused for anything but a whole number of 1 or more"""
    if not isinstance(body, dict) or ORDER not in body:
        return None
    order = body[ORDER]
    # `True` is an int.
    if type(order) is not int or not 0 < order <= MAX_ORDER:
        raise OrderRefused(f"{ORDER} is not a whole number from 1 to {MAX_ORDER}")
    return order


def named_folders(user: User) -> List[Tuple[str, str]]:
    return [(name, folder) for name, folder in zip(FOLDERS, user[1:5]) if folder is not None]


def _parse_folder(name: str, value: Any) -> Optional[str]:
    if value is None:
        return None
    if not isinstance(value, str) or "\0" in value or len(value) > MAX_PATH_CHARACTERS or not os.path.isabs(value):
        raise FolderRefused(f"{name} is not an absolute path")
    # Real and normal: ComfyUI compares by text (server.py /view, commonpath) and would refuse a trailing slash.
    path = os.path.realpath(value)
    if os.path.isdir(path):
        return path
    if name == "tempDirectory" and not os.path.lexists(path):
        return path
    raise FolderRefused(f"{name} is not there" if not os.path.lexists(path) else f"{name} is not a folder")


def _overlap(one: str, other: str) -> bool:
    return contains(one, other) or contains(other, one)

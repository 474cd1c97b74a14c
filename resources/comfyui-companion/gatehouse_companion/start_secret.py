"""The secret of this ComfyUI start: taken out of the environment once, then held in this process only."""

from __future__ import annotations

import re
import sys
import types
from typing import MutableMapping, NamedTuple, Optional

SECRET_VARIABLE = "GATEHOUSE_SECRET"
MARK_VARIABLE = "GATEHOUSE_COMPANION"
HOLDER_NAME = "_gatehouse_start"

_SECRET_FORM = re.compile(r"[0-9a-f]{64}\Z")


class Start(NamedTuple):
    """`secret` is None where Gatehouse started this process but the secret is gone or malformed: refuse everything."""

    by_gatehouse: bool
    secret: Optional[str]


def take(environment: MutableMapping[str, str]) -> Start:
    """Reads the secret and removes it, so that processes that nodes start do not inherit it.

    The mark stays: after ComfyUI-Manager's execv it is all that is left, and tells a restart from inside
    from a ComfyUI that its owner started by hand.
    """
    secret = environment.pop(SECRET_VARIABLE, None)
    if secret is None:
        return Start(by_gatehouse=MARK_VARIABLE in environment, secret=None)
    return Start(by_gatehouse=True, secret=secret if _SECRET_FORM.match(secret) else None)


def take_once(environment: MutableMapping[str, str], modules: Optional[MutableMapping[str, types.ModuleType]] = None) -> Start:
    """Like `take`, but remembers the answer: the prestartup script and the package ask one after the other."""
    registry = sys.modules if modules is None else modules
    holder = registry.get(HOLDER_NAME)
    if holder is None:
        holder = types.ModuleType(HOLDER_NAME)
        setattr(holder, "start", take(environment))
        registry[HOLDER_NAME] = holder
    held: Start = getattr(holder, "start")
    return held

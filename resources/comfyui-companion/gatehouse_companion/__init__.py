"""Gatehouse's companion: closes ComfyUI's port to everybody but the gate, gives each user folders, caches and settings
of their own, and keeps one bad job from ending all others.

It does nothing at all in a ComfyUI that Gatehouse did not start. In one that it did start, an open port is worse than
no ComfyUI: when the secret check cannot be put in place, the process ends. When a part of the isolation does not fit
this ComfyUI, the owner works on alone: the health answer names the part, and nobody else is let in.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Dict

NODE_CLASS_MAPPINGS: Dict[str, Any] = {}

_EXIT_CODE = 78


def _set_up() -> None:
    from . import parts

    start = parts.load("start_secret").take_once(os.environ)
    if start.by_gatehouse:
        parts.load("install").install(start.secret)


def _is_ours() -> bool:
    return "GATEHOUSE_COMPANION" in os.environ or "GATEHOUSE_SECRET" in os.environ or "_gatehouse_start" in sys.modules


try:
    _set_up()
except BaseException as error:  # SystemExit and KeyboardInterrupt too: nothing may leave the port open
    if _is_ours():
        print(f"[gatehouse] companion failed, ComfyUI ends here: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(_EXIT_CODE)
    print(f"[gatehouse] companion not loaded: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

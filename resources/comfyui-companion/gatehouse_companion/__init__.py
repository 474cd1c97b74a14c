"""Gatehouse's companion: closes ComfyUI's port to everybody but the gate, and keeps one bad job from ending all others.

It does nothing at all in a ComfyUI that Gatehouse did not start. In one that it did start, whatever fails here
ends the process: an open port is worse than no ComfyUI.
"""

from __future__ import annotations

import os
import sys

NODE_CLASS_MAPPINGS: dict = {}

_EXIT_CODE = 78


def _set_up() -> None:
    from . import start_secret

    start = start_secret.take_once(os.environ)
    if not start.by_gatehouse:
        return
    from .install import install

    install(start.secret)


def _is_ours() -> bool:
    return "GATEHOUSE_COMPANION" in os.environ or "GATEHOUSE_SECRET" in os.environ or "_gatehouse_start" in sys.modules


try:
    _set_up()
except BaseException as error:  # SystemExit and KeyboardInterrupt too: nothing may leave the port open
    if _is_ours():
        print(f"[gatehouse] companion failed, ComfyUI ends here: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(_EXIT_CODE)
    print(f"[gatehouse] companion not loaded: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

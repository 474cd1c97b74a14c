"""Ends ComfyUI when the program that started it is gone. A courtesy: the pid file is what Gatehouse relies on."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import MutableMapping

PARENT_VARIABLE = "GATEHOUSE_PARENT_PID"
POLL_SECONDS = 2.0
GRACE_SECONDS = 10.0


def start_parent_watch(environment: MutableMapping[str, str]) -> bool:
    """POSIX only: there the kernel gives an orphan another parent, so no pid can be mistaken for ours."""
    expected = environment.pop(PARENT_VARIABLE, "")
    if os.name != "posix" or not expected.isdecimal() or os.getppid() != int(expected):
        return False
    threading.Thread(target=_watch, args=(int(expected),), daemon=True, name="gatehouse-parent-watch").start()
    return True


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    logging.warning("[gatehouse] Gatehouse is gone, ComfyUI ends.")
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_SECONDS)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)

"""Whether a path is really below a folder: links are followed before the answer."""

from __future__ import annotations

import os


def real(path: str) -> str:
    """The one spelling of a path by which two can be compared: links followed, case as the system sees it."""
    return os.path.normcase(os.path.realpath(path))


def contains(folder: str, path: str) -> bool:
    """True when the path, whether it exists or not, is the folder or below it. Never raises."""
    try:
        root = real(folder)
        return os.path.commonpath((root, real(path))) == root
    except (OSError, ValueError, TypeError):  # another drive, a zero byte, a loop of links, no text at all
        return False

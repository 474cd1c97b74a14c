"""Names that must not reach a folder of a user: the gate's own folder in it, and names that the gate cannot record.

What lies in `.gatehouse` says whose folder it is and holds what was removed. A file whose name holds control characters, or
a backslash where that is no separator, is recorded by nobody and so takes room that nobody counts.
"""

from __future__ import annotations

import os
import re
import unicodedata

from .containment import real

_OURS = re.compile(r"(?:\.gatehouse|gateho~\d+)(?:[. ]*$|:)")
# Some file systems leave these out when they compare names (CVE-2014-9390).
_IGNORED = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
# More are not recorded.
MAX_FOLDERS = 30


def is_plain(name: str, backslashes: bool = False) -> bool:
    """Whether a name or path holds no control characters and no backslash that is no separator."""
    return _CONTROL.search(name) is None and (backslashes or os.sep == "\\" or "\\" not in name)


def is_ours(part: str) -> bool:
    """Whether one part of a path is the gate's own folder, however a file system may spell it."""
    return _OURS.match(_IGNORED.sub("", unicodedata.normalize("NFKC", part)).lower()) is not None


def reaches_ours(root: str, path: str) -> bool:
    """Whether a path below a folder is or lies in the gate's own one, as written and with links followed."""
    try:
        ways = (os.path.relpath(os.path.abspath(path), os.path.abspath(root)), os.path.relpath(real(path), real(root)))
    except (OSError, ValueError, TypeError):  # another drive, a zero byte, a loop of links
        return True
    return any(is_ours(part) for way in ways for part in way.replace("\\", "/").split("/"))

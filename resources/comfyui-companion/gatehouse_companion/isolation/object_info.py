"""`/object_info` shows the classes that a person may use in workflows of their own.

ComfyUI 0.3.64 (server.py get_object_info) writes down all of them: what it has written is read again and cut.
"""

from __future__ import annotations

import json
from typing import Any, FrozenSet, Optional

ALL, ONE = "/object_info", "/object_info/{node_class}"


def shows_classes(request: Any) -> bool:
    resource = request.match_info.route.resource
    pattern = resource.canonical if resource is not None else ""
    return (pattern[4:] if pattern.startswith("/api/") else pattern) in (ALL, ONE)


def cut(web: Any, response: Any, limits: Optional[FrozenSet[str]]) -> Any:
    """What is no list of classes is not shown at all."""
    if limits is None or response.status != 200:
        return response
    try:
        shown = {name: info for name, info in json.loads(response.text).items() if name in limits}
    except (AttributeError, ValueError, TypeError, RecursionError):
        return web.json_response({"error": "object_info_unreadable"}, status=502)
    return web.json_response(shown)

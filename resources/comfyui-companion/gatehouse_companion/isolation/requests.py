"""For whom a request of the gate is: a person's carries `X-Gatehouse-User`, the gate's own errands carry none."""

from __future__ import annotations

import re
from typing import Any, Awaitable, Callable, Optional

from . import object_info
from .companion_routes import CompanionRoutes
from .identity import Identity, User, acting_as
from .request_paths import find_refusal
from .users import Users, is_user_id

USER_HEADER = "X-Gatehouse-User"

_ERRANDS = frozenset(
    (
        ("GET", "/ws"),
        ("GET", "/node_replacements"),
        ("GET", "/queue"),
        ("POST", "/free"),
        ("POST", "/history"),
        ("POST", "/interrupt"),
        ("POST", "/queue"),
    )
)
_HISTORY_ENTRY = re.compile(r"/history/[^/]+\Z")

Handler = Callable[[Any], Awaitable[Any]]


def is_errand(method: str, path: str) -> bool:
    """What the gate asks on nobody's behalf. Paths exactly as written, without their `/api` twins."""
    return (method, path) in _ERRANDS or (method == "GET" and _HISTORY_ENTRY.match(path) is not None)


class RequestUsers:
    """Answers the companion's own routes and runs every other request as its user. Stands behind the secret check."""

    def __init__(self, web: Any, users: Users, routes: CompanionRoutes) -> None:
        self._web = web
        self._users = users
        self._routes = routes

    async def answer(self, request: Any, handler: Handler) -> Any:
        offered = request.headers.getall(USER_HEADER, [])
        own = None if offered else await self._routes.answer_for_gate(request)
        if own is not None:
            return own
        if not offered:
            if is_errand(request.method, request.path):
                return await handler(request)
            return self._refuse(403, "user_required")
        if len(offered) != 1 or not is_user_id(offered[0]):
            return self._refuse(400, "bad_user")
        user = self._users.find(offered[0])
        if user is None:
            return self._refuse(409, "unknown_user")
        # Taken back afterwards: aiohttp answers all requests of a connection in one task.
        with acting_as(Identity(user, None)):
            return await self._answer_as(user, request, handler)

    async def _answer_as(self, user: User, request: Any, handler: Handler) -> Any:
        own: Optional[Any] = await self._routes.answer_for_user(request, user)
        if own is not None:
            return own
        if user.has_own_folders:
            status = await find_refusal(request)
            if status is not None:
                return self._web.Response(status=status)
        response = await handler(request)
        rules = self._users.rules_of(user)
        if rules is None or rules.nodes is None or not object_info.shows_classes(request):
            return response
        return object_info.cut(self._web, response, rules.nodes)

    def _refuse(self, status: int, error: str) -> Any:
        return self._web.json_response({"error": error}, status=status, headers={"Cache-Control": "no-store"})

"""The companion's own routes, answered before ComfyUI's router: so they have no `/api` twin and no pack can shadow them."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional

from .identity import User
from .rules import RulesRefused
from .shared_loaders import LoaderMemory
from .users import FolderRefused, OldRules, OrderRefused, Users, parse_order, parse_user
from .validation import Validator

NODES_PATH = "/gatehouse/companion/nodes"
ROUTES_PATH = "/gatehouse/companion/routes"
VALIDATE_PATH = "/gatehouse/companion/validate"

_USER_PATH = re.compile(r"/gatehouse/companion/users/([a-z0-9]{16})\Z")


class CompanionRoutes:
    """`missing` names the parts of the isolation that do not work; then nobody but the owner is taken in."""

    def __init__(
        self,
        web: Any,
        users: Users,
        memory: LoaderMemory,
        validator: Validator,
        missing: Callable[[], List[str]],
        comfyui_folders: Callable[[], Iterable[str]],
        facts: Mapping[str, Callable[[], Dict[str, Any]]],
    ) -> None:
        self._web = web
        self._users = users
        self._memory = memory
        self._validator = validator
        self._missing = missing
        self._comfyui_folders = comfyui_folders
        # By path; each is asked once, in a thread of its own, and then kept.
        self._facts = facts
        self._answers: Dict[str, "asyncio.Future[Dict[str, Any]]"] = {}

    async def answer_for_gate(self, request: Any) -> Optional[Any]:
        """`PUT` and `DELETE users/{id}`, `GET nodes` and `routes`; None for any other request."""
        if request.path in self._facts:
            return await self._answer_fact(request)
        if not request.path.startswith("/gatehouse/companion/users/"):
            return None
        matched = _USER_PATH.match(request.path)
        if matched is None:
            return self._refuse(400, "bad_user", "a user id has 16 characters of a-z and 0-9")
        if request.method == "PUT":
            return await self._put_user(matched.group(1), request)
        if request.method == "DELETE":
            self._users.forget(matched.group(1))
            self._memory.forget(matched.group(1))
            return self._web.Response(status=204)
        return self._refuse(405, "method_not_allowed", "PUT or DELETE")

    async def answer_for_user(self, request: Any, user: User) -> Optional[Any]:
        """`POST validate`, as the user; None for any other request."""
        if request.path != VALIDATE_PATH:
            return None
        if request.method != "POST":
            return self._refuse(405, "method_not_allowed", "POST")
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return self._refuse(400, "bad_json", "the body is not JSON, or nested too deeply")
        status, answer = await self._validator.validate(body, user)
        return self._web.json_response(answer, status=status)

    async def _answer_fact(self, request: Any) -> Any:
        if request.method not in ("GET", "HEAD"):
            return self._refuse(405, "method_not_allowed", "GET")
        path = request.path
        if path not in self._answers or _has_failed(self._answers[path]):
            self._answers[path] = asyncio.ensure_future(asyncio.to_thread(self._facts[path]))
        try:
            # Somebody who does not wait for the answer does not end the search.
            answer = await asyncio.shield(self._answers[path])
        except Exception as error:
            logging.error("[gatehouse] %s cannot be answered: %s: %s", path, type(error).__name__, error)
            return self._refuse(500, "facts_unavailable", "this ComfyUI cannot be looked through")
        return self._web.json_response(answer, headers={"Cache-Control": "no-store"})

    async def _put_user(self, user_id: str, request: Any) -> Any:
        try:
            body = await request.json()
            self._users.begin(user_id, parse_order(body))
            user = parse_user(user_id, body)
            missing = self._missing()
            if user.has_own_folders and missing:
                message = f"this ComfyUI cannot keep users apart: {', '.join(missing)}"
                return self._refuse(503, "isolation_unavailable", message)
            self._users.put(user, self._comfyui_folders())
        except OldRules as error:
            return self._refuse(409, "old_rules", str(error), last=error.last)
        except OrderRefused as error:
            return self._refuse(400, "bad_order", str(error))
        except FolderRefused as error:
            return self._refuse(400, "bad_folder", str(error))
        except RulesRefused as error:
            return self._refuse(400, "bad_rules", str(error))
        except (ValueError, RecursionError):
            return self._refuse(400, "bad_json", "the body is not JSON, or nested too deeply")
        return self._web.Response(status=204)

    def _refuse(self, status: int, error: str, message: str, **more: int) -> Any:
        body = {"error": error, "message": message, **more}
        return self._web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


def _has_failed(answer: "asyncio.Future[Dict[str, Any]]") -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)

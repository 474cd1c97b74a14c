"""The check that stands before every route: the gate's secret, or 403. The health route alone is asked without it."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence

HEALTH_PATH = "/gatehouse/companion/health"
SECRET_HEADER = "X-Gatehouse-Secret"
REFUSAL = "This ComfyUI answers to Gatehouse only.\n"

_NONCE_FORM = re.compile(r"[0-9a-f]{32}\Z")

HealthReport = Callable[[], Dict[str, Any]]
Handler = Callable[[Any], Awaitable[Any]]
Admit = Callable[[Any, Handler], Awaitable[Any]]


def is_secret(secret: Optional[str], offered: Sequence[str]) -> bool:
    """Constant-time. Exactly one header with exactly the secret; without a secret of our own nothing passes."""
    if secret is None or len(offered) != 1:
        return False
    return hmac.compare_digest(offered[0].encode("utf-8", "surrogateescape"), secret.encode("ascii"))


def find_nonce(values: Sequence[str]) -> Optional[str]:
    """The nonce of a health question: one value, 32 lower-case hex digits."""
    if len(values) != 1 or not _NONCE_FORM.match(values[0]):
        return None
    return values[0]


def prove(secret: str, nonce: str, boot_id: str) -> str:
    """Shows that we hold the secret without telling it; bound to the question and to this process."""
    message = f"health\n{nonce}\n{boot_id}".encode("ascii")
    return hmac.new(secret.encode("ascii"), message, hashlib.sha256).hexdigest()


def create_gatekeeper(web: Any, secret: Optional[str], boot_id: str, report: HealthReport, admit: Admit) -> Any:
    """An aiohttp middleware. `web` is `aiohttp.web`, handed in so that the rules can be tested without it.
    `admit` answers what carries the secret; inside of this middleware, so that no pack can get between the two."""

    def refuse() -> Any:
        return web.Response(status=403, text=REFUSAL, headers={"Cache-Control": "no-store"})

    def answer_health(nonces: List[str]) -> Any:
        nonce = find_nonce(nonces)
        if secret is None or nonce is None:
            return refuse()
        body = {"ok": True, **report(), "bootId": boot_id, "proof": prove(secret, nonce, boot_id)}
        return web.json_response(body, headers={"Cache-Control": "no-store"})

    async def gatekeeper(request: Any, handler: Handler) -> Any:
        try:
            if request.method == "GET" and request.path == HEALTH_PATH:
                return answer_health(request.query.getall("nonce", []))
            allowed = is_secret(secret, request.headers.getall(SECRET_HEADER, []))
        except Exception:  # an error in the check is a refusal, never a way in
            allowed = False
        if not allowed:
            return refuse()
        return await admit(request, handler)

    return web.middleware(gatekeeper)


def put_first(middlewares: Any, gatekeeper: Any) -> None:
    """Packs insert middlewares of their own, also at the front; ours has to see every request before them."""
    if len(middlewares) > 0 and middlewares[0] is gatekeeper:
        return
    while gatekeeper in middlewares:
        middlewares.remove(gatekeeper)
    middlewares.insert(0, gatekeeper)

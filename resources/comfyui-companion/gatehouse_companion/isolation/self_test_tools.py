"""What the tries of the self-test share."""

from __future__ import annotations

from typing import Any, Callable

from .identity import Identity, User, acting_as


class Broken(AssertionError):
    """A part that does not do what it is there for."""


def expect(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)


def as_user(user: User) -> Any:
    return acting_as(Identity(user, None))


def expect_refusal(call: Callable[[], Any], words: str) -> None:
    try:
        call()
    except Exception:
        return
    raise Broken(f"{words} is allowed")

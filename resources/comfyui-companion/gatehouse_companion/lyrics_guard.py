"""Keeps long numbers in lyrics from holding ComfyUI for ever.

ComfyUI 0.3.64 (comfy/text_encoders/ace_text_cleaners.py) looks for amounts of money with expressions that take time by
the third power of the length of a run of digits, and they hold Python's lock meanwhile: no node can be stopped then.
What such a search raises is swallowed there, so the number is cut instead of refused.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Callable

from .isolation.patching import replace_everywhere, require_parameters

CLEANERS = "comfy.text_encoders.ace_text_cleaners"
MAX_DIGITS = 40

_LONG_NUMBER = re.compile(rf"([\d.,]{{{MAX_DIGITS}}})[\d.,]+")


def install(comfyui: Callable[[str], Any]) -> None:
    """@raises AttributeError or TypeError when this ComfyUI reads lyrics in another way; not when it reads none"""
    try:
        original = comfyui(CLEANERS).expand_numbers_multilingual
    except ModuleNotFoundError as error:
        if error.name is None or not f"{CLEANERS}.".startswith(f"{error.name}."):
            raise
        return
    require_parameters(original, ("text",))
    replace_everywhere(original, _cutting(original))


def _cutting(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def expand_numbers_multilingual(text: str, *args: Any, **kwargs: Any) -> Any:
        return original(_LONG_NUMBER.sub(r"\1", text), *args, **kwargs)

    return expand_numbers_multilingual

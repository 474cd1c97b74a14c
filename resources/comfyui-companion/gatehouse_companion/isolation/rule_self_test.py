"""Tries the rules for models and for classes of nodes, as part of the self-test."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import os
import struct
from typing import Any, Callable, Dict, List

from .identity import Identity, User, acting_as
from .node_rules import ERROR_TYPE
from .rules import parse_rules
from .self_test_tools import as_user, expect, expect_refusal
from .users import Users

KIND = "gatehouse_selftest"


class RuleSelfTest:
    """`comfyui` and the users as in SelfTest."""

    def __init__(self, comfyui: Callable[[str], Any], users: Users) -> None:
        self._comfyui = comfyui
        self._users = users

    def tests(self) -> Dict[str, Callable[[User, User], None]]:
        return {"modelRules": self._try_model_rules, "nodeRules": self._try_node_rules}

    def _try_model_rules(self, first: User, second: User) -> None:
        folder_paths = self._comfyui("folder_paths")
        folder = os.path.join(os.path.dirname(str(first.input_directory)), "models")
        os.makedirs(folder)
        for name in ("mine", "theirs"):
            _write_model(os.path.join(folder, f"{name}.safetensors"))
        folder_paths.folder_names_and_paths[KIND] = ([folder], {".safetensors"})
        try:
            self._limit(first, {KIND: ["mine.safetensors"]}, None)
            self._try_models(first, second, folder)
        finally:
            self._users.put(first, ())
            folder_paths.folder_names_and_paths.pop(KIND, None)
            getattr(folder_paths, "filename_list_cache", {}).pop(KIND, None)

    def _try_models(self, first: User, second: User, folder: str) -> None:
        folder_paths, text_encoder = self._comfyui("folder_paths"), self._comfyui("comfy.sd1_clip")
        both = ["mine.safetensors", "theirs.safetensors"]
        forbidden = os.path.join(folder, both[1])
        for user, names in ((first, both[:1]), (second, both)):
            with as_user(user):
                expect(list(folder_paths.get_filename_list(KIND)) == names, "the list of models")
                for name in both:
                    expect((folder_paths.get_full_path(KIND, name) is not None) == (name in names), "finding a model")
                    loaded = text_encoder.load_embed(name.split(".")[0], [folder], 1)
                    expect((loaded is not None) == (name in names), "an embedding")
        with as_user(first):
            expect_refusal(lambda: folder_paths.get_full_path_or_raise(KIND, both[1]), "finding a model")
            expect_refusal(lambda: open(forbidden, "rb"), "opening a model")

    def _try_node_rules(self, first: User, _second: User) -> None:
        execution, prompt = self._comfyui("execution"), some_prompt(self._comfyui)
        classes = self._comfyui("nodes").NODE_CLASS_MAPPINGS
        self._limit(first, {}, ["EmptyImage"])
        try:
            expect(self._validate(first, {"2": prompt["2"]})[1]["type"] == ERROR_TYPE, "a forbidden class is valid")
            expect(self._validate(first, prompt, True)[0] is True, "a published workflow is not valid")
            with as_user(first):
                execution.get_input_data(prompt["1"]["inputs"], classes["EmptyImage"], "1")
                expect_refusal(lambda: execution.get_input_data(prompt["2"]["inputs"], classes["SaveImage"], "2"), "a forbidden class")
                graph = self._comfyui("comfy_execution.graph").DynamicPrompt({})
                graph.add_ephemeral_node("1", prompt["1"], "0", "0")
                expect_refusal(lambda: graph.add_ephemeral_node("2", prompt["2"], "0", "0"), "an expanded node")
            expect(self._is_run(first, {"1": prompt["1"]}), "an allowed class does not run")
            expect(not self._is_run(first, prompt), "a forbidden class runs")
        finally:
            self._users.put(first, ())

    def _limit(self, user: User, models: Dict[str, List[str]], nodes: Any) -> None:
        self._users.put(user._replace(rules=parse_rules({"models": models, "nodes": nodes})), ())

    def _validate(self, user: User, prompt: Dict[str, Any], is_published: bool = False) -> Any:
        validate_prompt = self._comfyui("execution").validate_prompt
        values = {"prompt_id": "selftest", "prompt": prompt, "partial_execution_list": None}
        names = [name for name in inspect.signature(validate_prompt).parameters if name in values]

        async def ask() -> Any:
            answer = validate_prompt(*(values[name] for name in names))
            return await answer if inspect.isawaitable(answer) else answer

        with acting_as(Identity(user, None, is_published)):
            return asyncio.run(ask())

    def _is_run(self, user: User, prompt: Dict[str, Any]) -> bool:
        """Whether it comes to where ComfyUI would run the first node."""
        reached: List[bool] = []

        async def execute_async(*_args: Any, **_kwargs: Any) -> None:
            reached.append(True)

        executor_class = self._comfyui("execution").PromptExecutor
        executor = executor_class.__new__(executor_class)
        executor.server, executor.status_messages = self._comfyui("server").PromptServer.instance, []
        executor.execute_async = execute_async
        logging.disable(logging.ERROR)  # the refusal, or its absence, is what this is about
        try:
            with as_user(user):
                executor.execute(prompt, "selftest", {"gatehouse_user": user.id}, [])
        except PermissionError:
            pass  # without the guard around the executor
        finally:
            logging.disable(logging.NOTSET)
        return bool(reached)


def some_prompt(comfyui: Callable[[str], Any]) -> Dict[str, Any]:
    """Two linked nodes of classes that every ComfyUI has and that are not shared."""
    classes = comfyui("nodes").NODE_CLASS_MAPPINGS
    expect("EmptyImage" in classes and "SaveImage" in classes, "EmptyImage and SaveImage")
    return {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }


def _write_model(path: str) -> None:
    """The smallest file that ComfyUI takes for an embedding."""
    header = json.dumps({"x": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}).encode("ascii")
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + bytes(4))

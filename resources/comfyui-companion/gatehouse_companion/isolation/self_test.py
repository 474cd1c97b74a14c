"""Tries every part of the isolation in the running ComfyUI, after the last pack was loaded and before the port opens.

A signature that still fits says little about a newer ComfyUI, and a pack may have replaced a function after us. So each
part is asked, for two made-up users in a folder of their own, what it would be asked for real ones.
"""

from __future__ import annotations

import asyncio
import functools
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Tuple

from .identity import Identity, Job, User, acting_as, current_user
from .jobs import OWNER_KEY
from .patching import Patches
from .rule_self_test import RuleSelfTest, some_prompt
from .self_test_tools import as_user, expect, expect_refusal
from .users import Users

# A part that hangs must not keep ComfyUI from starting.
MAX_SECONDS = 30.0

FIRST_ID, SECOND_ID = "selftest00000001", "selftest00000002"


class SelfTest:
    """`comfyui` finds ComfyUI's modules by name. The made-up users are unknown again when `run` returns."""

    def __init__(self, comfyui: Callable[[str], Any], users: Users) -> None:
        self._comfyui = comfyui
        self._users = users

    def run(self, patches: Patches) -> None:
        """Never raises: what does not work is named in the patches."""
        try:
            with tempfile.TemporaryDirectory(prefix="gatehouse-selftest-") as base:
                self._run_in(os.path.realpath(base), patches)
        except Exception as error:
            for name in patches.missing():
                patches.fail(name, error)

    def _run_in(self, base: str, patches: Patches) -> None:
        first, second = _make_user(base, FIRST_ID), _make_user(base, SECOND_ID)
        for user in (first, second):
            self._users.put(user, ())
        try:
            for name, test in self.tests().items():
                patches.confirm(name, functools.partial(_in_thread, functools.partial(test, first, second)))
        finally:
            for user in (first, second):
                self._users.forget(user.id)

    def tests(self) -> Dict[str, Callable[[User, User], None]]:
        """By the part that each of them tries."""
        return {
            "folders": self._try_folders,
            "savePath": self._try_save_path,
            "annotatedPaths": self._try_annotated_paths,
            "cacheKeys": self._try_cache_keys,
            "nodeObjects": self._try_node_objects,
            "userdata": self._try_userdata,
            "execution": self._try_execution,
            "threads": self._try_threads,
            "socketTarget": self._try_socket_target,
            "nodeInputs": self._try_node_inputs,
            "fileAccess": self._try_file_access,
            **RuleSelfTest(self._comfyui, self._users).tests(),
        }

    def _try_folders(self, first: User, second: User) -> None:
        folder_paths = self._comfyui("folder_paths")
        own = folder_paths.get_output_directory()
        for user in (first, second):
            with as_user(user):
                for kind in ("input", "output", "temp"):
                    folder = getattr(user, f"{kind}_directory")
                    expect(folder_paths.get_directory_by_type(kind) == folder, f"{kind} folder")
                    expect(folder_paths.annotated_filepath(f"x.png [{kind}]")[1] == folder, f"[{kind}]")
                    expect(getattr(folder_paths, f"{kind}_directory") == folder, f"folder_paths.{kind}_directory")
                expect(os.path.isdir(str(user.temp_directory)), "temp folder on demand")
        expect(folder_paths.get_output_directory() == own, "ComfyUI's own folder")

    def _try_save_path(self, first: User, second: User) -> None:
        folder_paths = self._comfyui("folder_paths")
        own = folder_paths.get_output_directory()
        with as_user(first):
            for wanted in (own, second.output_directory):
                expect(folder_paths.get_save_image_path("a/b", wanted)[0] == os.path.join(str(first.output_directory), "a"), "folder")
            for prefix in ("../x", os.path.join(str(second.output_directory), "x"), "%year%/../../x"):
                expect_refusal(lambda: folder_paths.get_save_image_path(prefix, first.output_directory), prefix)

    def _try_annotated_paths(self, first: User, second: User) -> None:
        folder_paths = self._comfyui("folder_paths")
        foreign = os.path.join(str(second.input_directory), "theirs.png")
        for user, name in ((first, "mine.png"), (second, "theirs.png")):
            with open(os.path.join(str(user.input_directory), name), "wb"):
                pass
        with as_user(first):
            expect(folder_paths.exists_annotated_filepath("mine.png") is True, "own file")
            for name in (foreign, os.path.relpath(foreign, str(first.input_directory)), f"{foreign} [output]"):
                expect(folder_paths.exists_annotated_filepath(name) is False, "foreign file is there")
                expect_refusal(lambda: folder_paths.get_annotated_filepath(name), "foreign file")

    def _try_cache_keys(self, first: User, second: User) -> None:
        key_set = self._comfyui("comfy_execution.caching").CacheKeySetInputSignature
        keys = [self._keys_of(key_set, user, some_prompt(self._comfyui)) for user in (first, second, first)]
        expect(all(key is not None for found in keys for key in found), "a key")
        expect(all(mine != theirs for mine, theirs in zip(keys[0], keys[1])), "results of two users have equal keys")
        expect(keys[0] == keys[2], "results of one user have different keys")

    def _try_node_objects(self, first: User, second: User) -> None:
        key_set = self._comfyui("comfy_execution.caching").CacheKeySetID
        keys = [self._keys_of(key_set, user, some_prompt(self._comfyui)) for user in (first, second, first)]
        expect(all(mine != theirs for mine, theirs in zip(keys[0], keys[1])), "objects of two users have equal keys")
        expect(keys[0] == keys[2], "objects of one user have different keys")

    def _keys_of(self, key_set: Any, user: User, prompt: Dict[str, Any]) -> List[Any]:
        graph = self._comfyui("comfy_execution.graph").DynamicPrompt(prompt)

        async def never_changed(_node_id: Any) -> bool:
            return False

        async def make() -> List[Any]:
            keys = key_set(graph, list(prompt), SimpleNamespace(get=never_changed))
            await keys.add_keys(list(prompt))
            return [keys.get_data_key(node_id) for node_id in prompt]

        with as_user(user):
            return asyncio.run(make())

    def _try_userdata(self, first: User, second: User) -> None:
        server = self._comfyui("server").PromptServer.instance
        request = SimpleNamespace(headers={"comfy-user": second.id})
        with as_user(first):
            path = server.user_manager.get_request_user_filepath(request, "workflows/a.json", create_dir=False)
            expect(path == os.path.join(str(first.userdata_directory), "workflows", "a.json"), "folder")
            outside = os.path.join(str(second.userdata_directory), "x")
            for name in ("../x", "..%2Fx", outside):
                expect(server.user_manager.get_request_user_filepath(request, name, create_dir=False) is None, name)

    def _try_execution(self, first: User, second: User) -> None:
        execution = self._comfyui("execution")
        queue = execution.PromptQueue(SimpleNamespace(queue_updated=lambda: None))
        prompt = {"1": {"class_type": "x", "inputs": {}, "is_changed": [1]}}
        with as_user(first):
            queue.put((0, "selftest", prompt, {OWNER_KEY: second.id}, []))
        expect(queue.queue[0][3].get(OWNER_KEY) == first.id, "a job's owner can be chosen by the client")
        expect("is_changed" not in queue.queue[0][2]["1"], "a job can choose its cached result")
        for user in (first, second):
            expect(self._run_as(user) == [user], "a job does not run as its owner")

    def _run_as(self, user: User) -> List[Any]:
        """On whose behalf ComfyUI would run a prompt of this user: it hands it to `execute_async`."""
        seen: List[Any] = []

        async def execute_async(*_args: Any, **_kwargs: Any) -> None:
            seen.append(current_user())

        executor_class = self._comfyui("execution").PromptExecutor
        executor = executor_class.__new__(executor_class)  # made without caches, which differ between versions
        executor.server, executor.status_messages = self._comfyui("server").PromptServer.instance, []
        executor.execute_async = execute_async
        executor.execute({}, "selftest", {OWNER_KEY: user.id}, [])
        return seen

    def _try_threads(self, first: User, second: User) -> None:
        seen: List[Any] = []
        with ThreadPoolExecutor(max_workers=1) as pool:
            for user in (first, second):
                with as_user(user):
                    thread = threading.Thread(target=lambda: seen.append(current_user()))
                    thread.start()
                    thread.join()
                    seen.append(pool.submit(current_user).result())
            seen.append(pool.submit(current_user).result())
        with ThreadPool(1) as older_pool, as_user(first):
            seen.append(older_pool.apply(current_user))
        expect(seen == [first, first, second, second, None, first], "a thread works for somebody else")

    def _try_socket_target(self, first: User, second: User) -> None:
        server_class = self._comfyui("server").PromptServer
        sent: List[Tuple[Any, ...]] = []
        loop = SimpleNamespace(call_soon_threadsafe=lambda _function, message: sent.append(message))
        server = SimpleNamespace(loop=loop, messages=SimpleNamespace(put_nowait=None), client_id="collector")
        job = Job({}, "selftest")
        with acting_as(Identity(first, job)):
            server_class.send_sync(server, 3, b"text")
            server_class.send_sync(server, "event", {"text": "of a pack"})
            job.is_running = False
            server_class.send_sync(server, 3, b"late text")
        server_class.send_sync(server, 1, b"frame of nobody")
        named = ("event", {"prompt_id": "selftest", "text": "of a pack"}, "collector")
        expect(sent == [(3, b"text", "collector"), named], "a job's message has the wrong address")

    def _try_node_inputs(self, first: User, second: User) -> None:
        execution = self._comfyui("execution")
        node_class = self._comfyui("nodes").NODE_CLASS_MAPPINGS["SaveImage"]

        def collect(prefix: str) -> Any:
            return execution.get_input_data({"filename_prefix": prefix}, node_class, "1")[0]["filename_prefix"]

        outside = os.path.join(str(second.output_directory), "x")
        with as_user(first):
            expect(list(collect("a/b")) == ["a/b"], "an ordinary name")
            for prefix in ("../x", outside):
                expect_refusal(lambda: collect(prefix), prefix)
        expect(list(collect(outside)) == [outside], "a name of nobody's")

    def _try_file_access(self, first: User, second: User) -> None:
        theirs = os.path.join(str(second.input_directory), "access.txt")
        mine = os.path.join(str(first.input_directory), "access.txt")
        for path in (theirs, mine):
            with open(path, "w"):
                pass
        own = self._comfyui("folder_paths").__dict__["output_directory"]
        attempts: Dict[str, Callable[[], Any]] = {
            "opening": lambda: open(theirs),
            "writing": lambda: open(os.path.join(own, "gatehouse-selftest.txt"), "w"),
            "listing": lambda: os.listdir(second.output_directory),
            "removing": lambda: os.remove(theirs),
            "renaming": lambda: os.rename(mine, os.path.join(str(second.input_directory), "renamed.txt")),
        }
        with as_user(first):
            with open(mine) as file:
                expect(file.read() == "", "an own file")
            for words, attempt in attempts.items():
                expect_refusal(attempt, f"{words} what is somebody else's")
        expect(os.path.exists(theirs) and os.path.exists(mine), "a file is gone")
        with as_user(second), open(theirs) as file:
            expect(file.read() == "", "a file of one's own")


def _make_user(base: str, user_id: str) -> User:
    folders = [os.path.join(base, user_id, kind) for kind in ("input", "output", "temp", "userdata")]
    for folder in folders:
        if not folder.endswith("temp"):
            os.makedirs(folder)
    input_folder, output, temp, userdata = folders
    return User(user_id, input_folder, output, temp, userdata)


def _in_thread(work: Callable[[], None]) -> None:
    """asyncio.run leaves a thread without an event loop, and ComfyUI's main thread has one already."""
    failures: List[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="gatehouse-selftest", daemon=True)
    thread.start()
    thread.join(MAX_SECONDS)
    expect(not thread.is_alive(), f"no answer within {MAX_SECONDS} seconds")
    if failures:
        raise failures[0]

"""Rules of the companion without ComfyUI: run by companion.test.ts with `python3 companionTests.py -v`."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import importlib
import importlib.util
import os
import subprocess
import sys
import threading
import time
import types
import unittest
from pathlib import Path

PACK = Path(__file__).resolve().parents[3] / "resources" / "comfyui-companion" / "gatehouse_companion"
sys.dont_write_bytecode = True

for _name in ("GATEHOUSE_SECRET", "GATEHOUSE_COMPANION"):
    os.environ.pop(_name, None)
sys.path.insert(0, str(PACK.parent))
gatekeeper = importlib.import_module("gatehouse_companion.gatekeeper")
guards = importlib.import_module("gatehouse_companion.guards")
lyrics_guard = importlib.import_module("gatehouse_companion.lyrics_guard")
start_secret = importlib.import_module("gatehouse_companion.start_secret")
parent_watch = importlib.import_module("gatehouse_companion.parent_watch")

SECRET = "a1" * 32
NONCE = "0f" * 16
BOOT = "3c" * 16


class MultiDict:
    def __init__(self, pairs=()):
        self.pairs = list(pairs)

    def getall(self, name, default):
        found = [value for key, value in self.pairs if key.lower() == name.lower()]
        return found or default


class FakeWeb:
    """As much of aiohttp.web as the gatekeeper uses."""

    class Response:
        def __init__(self, status=200, text="", headers=None):
            self.status, self.text, self.headers = status, text, headers or {}

    @staticmethod
    def json_response(body, headers=None):
        response = FakeWeb.Response(200, "", headers)
        response.body = body
        return response

    @staticmethod
    def middleware(function):
        return function


def ask(middleware, path="/", method="GET", headers=(), query=()):
    """The answer, and whether ComfyUI's own handler was reached."""
    reached = []

    async def handler(_request):
        reached.append(True)
        return FakeWeb.Response(200, "ComfyUI")

    request = types.SimpleNamespace(method=method, path=path, headers=MultiDict(headers), query=MultiDict(query))
    response = asyncio.run(middleware(request, handler))
    return response, bool(reached)


def report():
    return {"engine": "comfyui", "version": "0.3.64", "patches": {"secretCheck": True}, "workerAlive": True}


HEADER = "X-Gatehouse-Secret"


async def admit(request, handler):
    return await handler(request)


class TheGatekeeper(unittest.TestCase):
    def setUp(self):
        self.middleware = gatekeeper.create_gatekeeper(FakeWeb, SECRET, BOOT, report, admit)

    def assert_refused(self, **request):
        response, reached = ask(self.middleware, **request)
        self.assertEqual((response.status, reached), (403, False), request)

    def test_lets_the_gate_through(self):
        response, reached = ask(self.middleware, path="/prompt", method="POST", headers=[(HEADER, SECRET)])
        self.assertEqual((response.status, reached), (200, True))

    def test_refuses_everything_without_the_right_secret(self):
        for offered in ([], [""], ["x"], [SECRET.upper()], [SECRET + " "], [SECRET[:-1]], ["\udcff"], ["ü" * 64]):
            for path in ("/", "/ws", "/api/ws", "/internal/logs", "/nothing", "/extensions/a/b.js"):
                self.assert_refused(path=path, headers=[(HEADER, value) for value in offered])

    def test_refuses_the_secret_sent_twice(self):
        self.assert_refused(headers=[(HEADER, SECRET), (HEADER, SECRET)])
        self.assert_refused(headers=[(HEADER, "x"), (HEADER, SECRET)])

    def test_refuses_when_the_check_itself_fails(self):
        class Broken:
            def getall(self, *_):
                raise RuntimeError("broken")

        request = types.SimpleNamespace(method="GET", path="/", headers=Broken(), query=MultiDict())

        async def handler(_request):
            raise AssertionError("reached")

        self.assertEqual(asyncio.run(self.middleware(request, handler)).status, 403)

    def test_proves_itself_without_being_told_the_secret(self):
        response, reached = ask(self.middleware, path=gatekeeper.HEALTH_PATH, query=[("nonce", NONCE)])
        expected = hmac.new(SECRET.encode(), f"health\n{NONCE}\n{BOOT}".encode(), hashlib.sha256).hexdigest()
        self.assertFalse(reached)
        self.assertEqual(response.body, {"ok": True, "bootId": BOOT, "proof": expected, **report()})
        self.assertNotIn(SECRET, str(response.body))

    def test_refuses_health_with_a_missing_or_bad_nonce(self):
        for nonces in ([], [""], ["x"], [NONCE.upper()], [NONCE + "0"], [NONCE + "\n"], [NONCE, NONCE]):
            self.assert_refused(path=gatekeeper.HEALTH_PATH, query=[("nonce", nonce) for nonce in nonces])

    def test_has_no_other_open_spelling_of_health(self):
        query = [("nonce", NONCE)]
        for path in ("/api" + gatekeeper.HEALTH_PATH, gatekeeper.HEALTH_PATH + "/", "/Gatehouse/companion/health"):
            self.assert_refused(path=path, query=query)
        for method in ("HEAD", "POST", "OPTIONS"):
            self.assert_refused(path=gatekeeper.HEALTH_PATH, method=method, query=query)

    def test_refuses_health_when_the_report_fails(self):
        def broken():
            raise RuntimeError("broken")

        middleware = gatekeeper.create_gatekeeper(FakeWeb, SECRET, BOOT, broken, admit)
        response, _ = ask(middleware, path=gatekeeper.HEALTH_PATH, query=[("nonce", NONCE)])
        self.assertEqual(response.status, 403)

    def test_without_a_secret_of_its_own_refuses_everything(self):
        middleware = gatekeeper.create_gatekeeper(FakeWeb, None, BOOT, report, admit)
        for headers in ([], [(HEADER, "")], [(HEADER, "None")], [(HEADER, SECRET)]):
            response, reached = ask(middleware, headers=headers)
            self.assertEqual((response.status, reached), (403, False))
        response, _ = ask(middleware, path=gatekeeper.HEALTH_PATH, query=[("nonce", NONCE)])
        self.assertEqual(response.status, 403)

    def test_stands_first_again_after_a_pack_pushed_in(self):
        ours, theirs = object(), object()
        middlewares = [theirs, ours]
        gatekeeper.put_first(middlewares, ours)
        self.assertEqual(middlewares, [ours, theirs])
        gatekeeper.put_first(middlewares, ours)
        self.assertEqual(middlewares, [ours, theirs])


class TheSecretOfTheStart(unittest.TestCase):
    def test_is_taken_out_of_the_environment(self):
        environment = {"GATEHOUSE_SECRET": SECRET, "GATEHOUSE_COMPANION": "1"}
        self.assertEqual(start_secret.take(environment), (True, SECRET))
        self.assertEqual(environment, {"GATEHOUSE_COMPANION": "1"})

    def test_is_gone_after_a_restart_from_inside(self):
        self.assertEqual(start_secret.take({"GATEHOUSE_COMPANION": "1"}), (True, None))

    def test_malformed_means_refuse_everything(self):
        for secret in ("", "x", SECRET.upper(), SECRET + "\n"):
            self.assertEqual(start_secret.take({"GATEHOUSE_SECRET": secret}), (True, None))

    def test_is_none_of_our_business_when_the_owner_starts_comfyui(self):
        self.assertEqual(start_secret.take({}), (False, None))

    def test_is_remembered_for_the_second_asker(self):
        environment, modules = {"GATEHOUSE_SECRET": SECRET}, {}
        self.assertEqual(start_secret.take_once(environment, modules), (True, SECRET))
        self.assertEqual(start_secret.take_once(environment, modules), (True, SECRET))


class Executor:
    """The shape of ComfyUI's PromptExecutor."""

    def __init__(self):
        self.server = types.SimpleNamespace(client_id="old", last_node_id="old")
        self.messages, self.success, self.history_result, self.status_messages = [], True, None, ["stale"]

    def add_message(self, event, data, broadcast):
        self.messages.append((event, data, broadcast))

    def execute(self, prompt, prompt_id, extra_data={}, execute_outputs=[]):
        self.status_messages.append("fresh")
        for node in prompt.values():
            node["inputs"]
        if "leave" in prompt:
            raise SystemExit(3)


class TheExecutorGuard(unittest.TestCase):
    def run_guarded(self, prompt, extra_data):
        executor = Executor()
        guards.guard_execute(Executor.execute)(executor, prompt, "id-1", extra_data, ["n"])
        return executor

    def test_leaves_a_good_job_alone(self):
        executor = self.run_guarded({"n": {"inputs": {}}}, {"client_id": "tab"})
        self.assertEqual((executor.messages, executor.success, executor.status_messages), ([], True, ["fresh"]))

    def test_makes_a_node_without_inputs_an_ordinary_error(self):
        executor = self.run_guarded({"n": {"inputs": {}}, "bad": {"class_type": "X"}}, {"client_id": "tab"})
        event, data, broadcast = executor.messages[0]
        self.assertEqual((event, broadcast, executor.success), ("execution_error", False, False))
        self.assertEqual((data["prompt_id"], data["node_id"], data["node_type"]), ("id-1", "bad", "X"))
        self.assertEqual(executor.history_result, {"outputs": {}, "meta": {}})
        self.assertEqual((executor.server.client_id, executor.server.last_node_id), ("tab", None))

    def test_survives_a_node_that_wants_to_leave(self):
        executor = self.run_guarded({"leave": {"inputs": {}}}, {})
        self.assertEqual(executor.messages[0][1]["exception_type"], "SystemExit")

    def test_never_hands_on_an_unhashable_client_id(self):
        for extra_data in (5, None, {"client_id": []}, {"client_id": {}}):
            self.assertIsNone(self.run_guarded({"bad": {}}, extra_data).server.client_id)

    def test_says_when_it_does_not_fit_a_newer_executor(self):
        with self.assertRaises(TypeError):
            guards.guard_execute(lambda self, job: None)


class Lyrics(unittest.TestCase):
    def cleaners(self):
        module = types.ModuleType("cleaners_stand_in")
        exec(CLEANERS, module.__dict__)
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__)
        lyrics_guard.install({lyrics_guard.CLEANERS: module}.__getitem__)
        return module.clean

    def test_a_long_run_of_digits_does_not_hold_everybody_up(self):
        clean = self.cleaners()
        for run in ("1" * 100_000, "1.," * 30_000, "\u0661" * 100_000):
            started = time.monotonic()
            self.assertEqual(clean(f"sing {run} times"), f"<sing {run[:40]} times>")
            self.assertLess(time.monotonic() - started, 5)

    def test_stay_as_they_are_otherwise(self):
        clean = self.cleaners()
        for text in ("", "I owe you 1,000,000.50$", "1" * 40, "9 " * 100, "..."):
            self.assertEqual(clean(text), f"<{text}>")

    def test_are_left_alone_where_comfyui_reads_none_and_said_to_be_unguarded_where_it_does_so_otherwise(self):
        def missing(name):
            def load(_wanted):
                raise ModuleNotFoundError(name=name)

            return load

        lyrics_guard.install(missing("comfy.text_encoders"))
        lyrics_guard.install(missing(lyrics_guard.CLEANERS))
        with self.assertRaises(ModuleNotFoundError):
            lyrics_guard.install(missing("comfy.text"))
        with self.assertRaises(AttributeError):
            lyrics_guard.install(lambda _wanted: types.SimpleNamespace())


# As ComfyUI's: one expression that takes time by the third power, asked for by a global name.
CLEANERS = """
import re

def expand_numbers_multilingual(text, lang="en"):
    re.sub(r"[0-9.,]*[0-9]+[$]", "", text)
    return f"<{text}>"

def clean(text):
    return expand_numbers_multilingual(text, "en")
"""


class Queue:
    def __init__(self):
        self.mutex, self.queue = threading.RLock(), []

    def put(self, item):
        self.queue.append(item)

    def get(self, timeout=None):
        return None


class TheQueueGuard(unittest.TestCase):
    def put(self, queue, *item):
        guards.guard_put(Queue.put)(queue, item)

    def test_takes_ordinary_jobs(self):
        queue = Queue()
        self.put(queue, 1, "a", {}, {"client_id": "tab"}, [])
        self.put(queue, 1, "b", {}, {}, [])
        self.put(queue, 2, "a", {}, {}, [], {"newer": "versions have a sixth part"})
        self.assertEqual(len(queue.queue), 3)

    def test_refuses_what_would_kill_the_worker(self):
        queue = Queue()
        self.put(queue, 1, "a", {}, {}, [])
        for item in (
            (1, "a", {}, {}, []),
            (2, "b", {}, 5, []),
            (2, "b", {}, {"client_id": []}, []),
            (2, "b", {}, {"client_id": {}}, []),
            (float("nan"), "b", {}, {}, []),
        ):
            with self.assertRaises(ValueError):
                self.put(queue, *item)
        self.assertEqual(len(queue.queue), 1)


class TheWorkerWatch(unittest.TestCase):
    def test_knows_the_thread_that_asks_for_jobs_whatever_its_name(self):
        watch = guards.WorkerWatch()
        get = watch.watch_get(Queue.get)
        asked, leave = threading.Event(), threading.Event()

        def work():
            get(Queue(), timeout=1)
            asked.set()
            leave.wait(10)

        thread = threading.Thread(target=work, name="any name", daemon=True)
        thread.start()
        asked.wait(10)
        self.assertTrue(watch.is_alive())
        leave.set()
        thread.join(10)
        self.assertFalse(watch.is_alive())

    def test_knows_a_worker_that_has_not_asked_yet_by_its_function(self):
        leave = threading.Event()

        def prompt_worker():
            leave.wait(10)

        self.assertFalse(guards.WorkerWatch().is_alive())
        thread = threading.Thread(target=prompt_worker, daemon=True)
        thread.start()
        self.assertTrue(guards.WorkerWatch().is_alive())
        leave.set()
        thread.join(10)


SERVER_STUB = """
class PromptServer: pass
"""


class TheWholePack(unittest.TestCase):
    """In a process of its own, with or without a server to protect."""

    def load(self, environment, server=SERVER_STUB):
        program = (
            "import sys, types, importlib\n"
            "sys.dont_write_bytecode = True\n"
            "server = types.ModuleType('server')\n"
            f"exec({server!r}, server.__dict__)\n"
            "sys.modules['server'] = server\n"
            "web = types.ModuleType('aiohttp.web'); aiohttp = types.ModuleType('aiohttp')\n"
            "web.middleware = lambda f: f; aiohttp.web = web\n"
            "sys.modules['aiohttp'] = aiohttp; sys.modules['aiohttp.web'] = web\n"
            f"sys.path.insert(0, {str(PACK.parent)!r})\n"
            "pack = importlib.import_module('gatehouse_companion')\n"
            "import os\n"
            "print('loaded', pack.NODE_CLASS_MAPPINGS, 'GATEHOUSE_SECRET' in os.environ)\n"
            "instance = getattr(server.PromptServer, 'instance', None)\n"
            "print('middlewares', len(instance.app.middlewares) if instance else None)\n"
        )
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GATEHOUSE_")}
        return subprocess.run(
            [sys.executable, "-c", program], env={**clean, **environment}, capture_output=True, text=True, timeout=60
        )

    def test_does_nothing_in_a_comfyui_that_its_owner_started(self):
        result = self.load({})
        self.assertEqual((result.returncode, result.stdout), (0, "loaded {} False\nmiddlewares None\n"), result.stderr)

    def test_ends_a_comfyui_that_it_cannot_protect(self):
        result = self.load({"GATEHOUSE_SECRET": SECRET, "GATEHOUSE_COMPANION": "1"})
        self.assertEqual((result.returncode, result.stdout), (78, ""))
        self.assertIn("[gatehouse] companion failed", result.stderr)
        self.assertNotIn(SECRET, result.stderr)

    def test_stays_closed_when_only_the_guards_do_not_fit(self):
        server = (
            "import types\n"
            "class PromptServer:\n"
            "    instance = types.SimpleNamespace(app=types.SimpleNamespace(middlewares=['pack']))\n"
            "    def add_routes(self): pass\n"
        )
        for environment in ({"GATEHOUSE_SECRET": SECRET}, {"GATEHOUSE_COMPANION": "1"}):
            result = self.load(environment, server)
            self.assertEqual((result.returncode, result.stdout), (0, "loaded {} False\nmiddlewares 2\n"), result.stderr)
            self.assertIn("executorGuard does not fit", result.stderr)


class ThePrestartupScript(unittest.TestCase):
    def test_takes_the_secret_before_any_other_module_is_there(self):
        program = (
            "import importlib.util, os, sys\n"
            "sys.dont_write_bytecode = True\n"
            f"spec = importlib.util.spec_from_file_location('any', {str(PACK / 'prestartup_script.py')!r})\n"
            "module = importlib.util.module_from_spec(spec); spec.loader.exec_module(module)\n"
            "print('GATEHOUSE_SECRET' in os.environ, sys.modules['_gatehouse_start'].start.secret == sys.argv[1])\n"
        )
        environment = {**os.environ, "GATEHOUSE_SECRET": SECRET, "GATEHOUSE_COMPANION": "1"}
        result = subprocess.run(
            [sys.executable, "-c", program, SECRET], env=environment, capture_output=True, text=True, timeout=60
        )
        self.assertEqual(result.stdout, "False True\n", result.stderr)


class TheParentWatch(unittest.TestCase):
    def test_does_not_watch_a_parent_that_is_not_its_own(self):
        for value in ("", "1", "abc", "-5"):
            environment = {"GATEHOUSE_PARENT_PID": value}
            self.assertFalse(parent_watch.start_parent_watch(environment))
            self.assertEqual(environment, {})

    @unittest.skipUnless(os.name == "posix", "Windows gives an orphan no other parent")
    def test_ends_comfyui_when_its_parent_is_killed(self):
        child = (
            "import os, sys, time\n"
            "sys.dont_write_bytecode = True\n"
            f"sys.path.insert(0, {str(PACK.parent)!r})\n"
            "from gatehouse_companion import parent_watch\n"
            "parent_watch.POLL_SECONDS = 0.05\n"
            "print('watching', parent_watch.start_parent_watch(os.environ), flush=True)\n"
            "try: time.sleep(60)\n"
            "except KeyboardInterrupt: print('ended', flush=True)\n"
        )
        parent = (
            "import os, subprocess, sys, time\n"
            "environment = {**os.environ, 'GATEHOUSE_PARENT_PID': str(os.getpid())}\n"
            "subprocess.Popen([sys.executable, '-c', sys.argv[1]], env=environment, start_new_session=True)\n"
            "time.sleep(60)\n"
        )
        with subprocess.Popen([sys.executable, "-c", parent, child], stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(process.stdout.readline(), "watching True\n")
            process.kill()
            self.assertEqual(process.stdout.readline(), "ended\n")


if __name__ == "__main__":
    unittest.main()

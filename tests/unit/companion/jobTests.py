"""Whose job it is, in threads, caches and messages too: run by companion.test.ts."""

from __future__ import annotations

import asyncio
import threading
import types
import unittest
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

from companionParts import WithFolders, as_user, identity, part

cache_keys = part("isolation.cache_keys")
jobs = part("isolation.jobs")
model_access = part("isolation.model_access")
patching = part("isolation.patching")
self_test = part("isolation.self_test")
shared_loaders = part("isolation.shared_loaders")
sockets = part("isolation.sockets")
threads = part("isolation.threads")
users = part("isolation.users")

current_user = identity.current_user


class Threads(WithFolders):
    """On classes of their own, so that the tests' other threads stay as they are."""

    def setUp(self):
        super().setUp()
        self.thread_class = type("Thread", (threading.Thread,), {})
        self.pool_class = type("Pool", (ThreadPoolExecutor,), {})
        threads.patch_thread(self.thread_class)
        threads.patch_executor(self.pool_class)

    def test_work_for_whom_started_them(self):
        seen = []
        leave = threading.Event()

        def work():
            leave.wait(10)
            seen.append(current_user())

        with as_user(self.anna):
            thread = self.thread_class(target=work)
            thread.start()
        with as_user(self.bert):
            leave.set()
            thread.join(10)
        self.assertEqual(seen, [self.anna])

    def test_work_for_nobody_when_nobody_started_them(self):
        seen = []
        thread = self.thread_class(target=lambda: seen.append(current_user()))
        thread.start()
        thread.join(10)
        self.assertEqual(seen, [None])

    def test_of_a_class_with_its_own_run_work_for_whom_started_them(self):
        seen = []

        class Own(self.thread_class):
            def run(self):
                seen.append(current_user())

        with as_user(self.anna):
            thread = Own()
            thread.start()
        thread.join(10)
        self.assertEqual(seen, [self.anna])

    def test_started_twice_are_refused_as_ever(self):
        with as_user(self.anna):
            thread = self.thread_class(target=lambda: None)
            thread.start()
            thread.join(10)
            with self.assertRaises(RuntimeError):
                thread.start()

    def test_of_a_pool_work_for_whom_gave_the_task_not_for_whom_made_the_thread(self):
        with self.pool_class(max_workers=1) as pool:
            with as_user(self.anna):
                first = pool.submit(current_user).result(10)
            with as_user(self.bert):
                second = pool.submit(current_user).result(10)
            nobody = pool.submit(current_user).result(10)
            mapped = list(pool.map(lambda _: current_user(), [1]))
        self.assertEqual((first, second, nobody, mapped), (self.anna, self.bert, None, [None]))

    def test_of_the_older_kind_of_pool_work_for_whom_gave_the_task(self):
        pool_class = type("OlderPool", (ThreadPool,), {})
        threads.patch_thread_pool(pool_class)
        asks = (
            lambda pool: pool.apply(current_user),
            lambda pool: pool.apply_async(current_user).get(10),
            lambda pool: pool.map(lambda _: current_user(), [1])[0],
            lambda pool: pool.starmap(lambda _a, _b: current_user(), [(1, 2)])[0],
            lambda pool: next(pool.imap(lambda _: current_user(), [1])),
            lambda pool: next(pool.imap_unordered(lambda _: current_user(), [1])),
        )
        with as_user(self.anna):
            pool = pool_class(1)
        with pool:
            for ask in asks:
                for user in (self.bert, self.anna):
                    with as_user(user):
                        self.assertEqual(ask(pool), user)
                self.assertIsNone(ask(pool))

    def test_hand_on_arguments_results_and_errors(self):
        with self.pool_class(max_workers=1) as pool:
            self.assertEqual(pool.submit(lambda a, function: (a, function), 1, function=2).result(10), (1, 2))
            with self.assertRaises(ZeroDivisionError):
                pool.submit(lambda: 1 / 0).result(10)


class Server:
    """The shape of ComfyUI's PromptServer."""

    def __init__(self):
        self.client_id, self.sent = "collector", []

    def send_sync(self, event, data, sid=None):
        self.sent.append((event, data, sid))

    async def send(self, event, data, sid=None):
        self.sent.append((event, data, sid))

    send_json = send_bytes = send


class Messages(WithFolders):
    def setUp(self):
        super().setUp()
        server_class = type("Server", (Server,), {})
        sockets.install(server_class)
        self.server = server_class()
        self.job = identity.Job({})

    def test_of_a_job_without_addressee_go_to_its_client(self):
        with as_user(self.anna, self.job):
            self.server.send_sync(3, b"text")
            self.server.send_sync("pack.event", {})
            asyncio.run(self.server.send_bytes(1, b"picture"))
            self.server.send_sync("progress", {}, "someone")
        self.assertEqual([sid for _, _, sid in self.server.sent], ["collector", "collector", "collector", "someone"])

    def test_of_a_pack_name_the_job_that_they_come_from(self):
        job, sent = identity.Job({}, "id-1"), self.server.sent
        with as_user(self.anna, job):
            self.server.send_sync("pack.event", {"text": "x"})
            asyncio.run(self.server.send_json("pack.event", {"prompt_id": "its own"}))
            self.server.send_sync("pack.event", ["no", "object"])
            self.server.send_sync("logs", {"entries": []}, "someone")
            self.server.send_sync(3, b"text")
        self.server.send_sync("pack.event", {"text": "outside"})
        own = {"prompt_id": "its own"}
        expected = [{"prompt_id": "id-1", "text": "x"}, own, ["no", "object"], {"entries": []}, b"text", {"text": "outside"}]
        self.assertEqual([data for _, data, _ in sent], expected)

    def test_of_a_job_that_nobody_listens_to_go_to_nobody(self):
        self.server.client_id = None
        with as_user(self.anna, self.job):
            self.server.send_sync("progress_state", {})
            self.server.send_sync(3, b"text")
        self.assertEqual(self.server.sent, [])

    def test_of_a_thread_that_outlived_its_job_go_to_nobody(self):
        self.job.is_running = False
        with as_user(self.anna, self.job):
            self.server.send_sync(1, b"picture", "collector")
            self.server.send_sync("progress", {}, "collector")
            asyncio.run(self.server.send_json("pack.event", {}))
        self.assertEqual(self.server.sent, [])

    def test_about_the_queue_go_to_everybody(self):
        with as_user(self.anna, self.job):
            self.server.send_sync("status", {})
        self.server.send_sync("status", {})
        self.assertEqual(self.server.sent, [("status", {}, None)] * 2)

    def test_from_outside_of_a_job_are_no_frames_for_everybody(self):
        self.server.send_sync(1, b"picture")
        with as_user(self.bert):
            self.server.send_sync(3, b"text")
        self.server.send_sync("notification", {})
        self.server.send_sync(1, b"picture", "someone")
        self.assertEqual(self.server.sent, [("notification", {}, None), (1, b"picture", "someone")])

    def test_of_another_shape_are_reported(self):
        with self.assertRaises(TypeError):
            sockets.install(type("Other", (Server,), {"send_sync": lambda self, message: None}))


def prompt_of(**nodes):
    return {name: {"class_type": kind, "inputs": inputs} for name, (kind, inputs) in nodes.items()}


class Loader:
    pass


class PackLoader:
    RELATIVE_PYTHON_MODULE = "custom_nodes.pack"


CLASSES = {"VAELoader": Loader, "LoraLoader": Loader, "SaveImage": Loader, "CLIPLoader": PackLoader}
CHAIN = prompt_of(
    vae=("VAELoader", {"name": "a"}),
    lora=("LoraLoader", {"model": ["vae", 0], "name": "b"}),
    save=("SaveImage", {"images": ["lora", 0]}),
    pack=("CLIPLoader", {"name": "c"}),
    after=("LoraLoader", {"model": ["save", 0]}),
)


def caching_stand_in():
    """The two ways in which ComfyUI makes keys."""

    class Keys:
        def __init__(self, prompt):
            self.keys, self.subcache_keys = {}, {}
            self.dynprompt = types.SimpleNamespace(has_node=lambda i: i in prompt, get_node=lambda i: prompt[i])

        async def add_keys(self, node_ids):
            for node_id in node_ids:
                if node_id in self.keys:
                    continue
                kind = self.dynprompt.get_node(node_id)["class_type"]
                self.keys[node_id] = await self.key_of(node_id, kind)
                self.subcache_keys[node_id] = (node_id, kind)

    class CacheKeySetID(Keys):
        async def key_of(self, node_id, kind):
            return (node_id, kind)

    class CacheKeySetInputSignature(Keys):
        async def key_of(self, node_id, kind):
            return tuple(await self.get_immediate_node_signature(self.dynprompt, node_id, {}))

        async def get_immediate_node_signature(self, dynprompt, node_id, ancestor_order_mapping):
            return [dynprompt.get_node(node_id)["class_type"]]

    # Each with an `add_keys` of its own, as in ComfyUI.
    CacheKeySetID.add_keys = Keys.add_keys
    CacheKeySetInputSignature.add_keys = Keys.add_keys
    return types.SimpleNamespace(
        CacheKeySetID=CacheKeySetID, CacheKeySetInputSignature=CacheKeySetInputSignature
    )


class CacheKeys(WithFolders):
    def setUp(self):
        super().setUp()
        self.models = model_access.ModelAccess(users.Users(), self.folder_paths())

    def keys(self, key_set, user):
        keys = key_set(CHAIN)
        with as_user(user):
            asyncio.run(keys.add_keys(iter(CHAIN)))
        return keys

    def test_of_results_differ_between_users_except_for_shared_loaders(self):
        caching = caching_stand_in()
        cache_keys.install_cache_keys(caching, CLASSES, self.models)
        anna, again, bert = (self.keys(caching.CacheKeySetInputSignature, user) for user in (self.anna, self.anna, self.bert))
        self.assertEqual(anna.keys, again.keys)
        same = [name for name in CHAIN if anna.keys[name] == bert.keys[name]]
        self.assertEqual(same, ["vae", "lora", "after"])
        self.assertTrue(all(anna.subcache_keys[name] != bert.subcache_keys[name] for name in CHAIN))

    def test_of_objects_differ_between_users_and_are_marked_once(self):
        caching = caching_stand_in()
        cache_keys.install_node_objects(caching, self.models)
        anna, bert, nobody = (self.keys(caching.CacheKeySetID, user) for user in (self.anna, self.bert, None))
        with as_user(self.anna):
            asyncio.run(anna.add_keys(list(CHAIN)))
        for table in ("keys", "subcache_keys"):
            found = [getattr(keys, table)["save"] for keys in (anna, bert, nobody)]
            self.assertEqual(len(set(found)), 3)
            self.assertEqual(found[0], ("save", "SaveImage", ("gatehouse_user", self.anna.id, "")))

    def test_that_cannot_be_marked_stay_as_they_are(self):
        caching = caching_stand_in()

        async def unhashable(self, dynprompt, node_id, ancestor_order_mapping):
            return float("nan")

        caching.CacheKeySetInputSignature.get_immediate_node_signature = unhashable
        cache_keys.install_cache_keys(caching, CLASSES, self.models)
        keys = caching.CacheKeySetInputSignature(CHAIN)
        with as_user(self.anna):
            signature = asyncio.run(keys.get_immediate_node_signature(keys.dynprompt, "save", {}))
        self.assertNotEqual(signature, signature)

    def test_of_another_shape_are_reported(self):
        for broken in ("get_immediate_node_signature", "add_keys"):
            caching = caching_stand_in()
            setattr(caching.CacheKeySetInputSignature, broken, lambda self, node_ids, node_id: [])
            with self.assertRaises(TypeError):
                cache_keys.install_cache_keys(caching, CLASSES, self.models)
        caching = caching_stand_in()
        caching.CacheKeySetID.add_keys = lambda self, node_ids: None
        with self.assertRaises(TypeError):
            cache_keys.install_node_objects(caching, self.models)


LISTED = {"class_type": "LoraLoader", "inputs": {"model": [["x"], 0]}}


class SharedLoaders(unittest.TestCase):
    def describe(self, node_id, prompt=CHAIN):
        return shared_loaders.Chains(prompt, CLASSES).describe(node_id)

    def test_are_comfyuis_own_classes_all_the_way_up(self):
        self.assertIsNotNone(self.describe("vae"))
        self.assertIsNotNone(self.describe("lora"))
        for node_id in ("save", "pack", "after", "missing", 5):
            self.assertIsNone(self.describe(node_id), node_id)

    def test_are_told_apart_by_what_they_load(self):
        other = prompt_of(x=("VAELoader", {"name": "a"}), y=("LoraLoader", {"model": ["x", 0], "name": "b"}))
        self.assertEqual(self.describe("lora"), self.describe("y", other))
        other["x"]["inputs"]["name"] = "z"
        self.assertNotEqual(self.describe("lora"), self.describe("y", other))

    def test_of_a_broken_prompt_are_none(self):
        for node in ({"class_type": "VAELoader"}, {"class_type": "VAELoader", "inputs": []}, [], LISTED):
            self.assertIsNone(self.describe("x", {"x": node}))

    def test_in_an_endless_chain_cost_little_and_are_never_told(self):
        chain = prompt_of(**{f"n{i}": ("LoraLoader", {"model": [f"n{i + 1}", 0]}) for i in range(5000)})
        memory = shared_loaders.LoaderMemory()
        memory.remember("anna", chain, CLASSES)
        self.assertEqual(memory.keep_known("anna", ["n0"], chain, CLASSES), [])

    def test_survives_a_circle(self):
        circle = prompt_of(a=("LoraLoader", {"model": ["b", 0]}), b=("LoraLoader", {"model": ["a", 0]}))
        self.assertIsNotNone(self.describe("a", circle))

    def test_loaded_by_somebody_else_are_no_news(self):
        memory = shared_loaders.LoaderMemory()
        ids = list(CHAIN)
        memory.remember("anna", CHAIN, CLASSES)
        self.assertEqual(memory.keep_known("anna", ids, CHAIN, CLASSES), ids)
        self.assertEqual(memory.keep_known("bert", ids, CHAIN, CLASSES), ["save", "pack", "after"])
        memory.forget("anna")
        self.assertEqual(memory.keep_known("anna", ids, CHAIN, CLASSES), ["save", "pack", "after"])

    def test_take_no_more_memory_for_longer_names(self):
        memory = shared_loaders.LoaderMemory()
        short, long = (prompt_of(x=("VAELoader", {"name": "a" * size})) for size in (10, 10_000))
        self.assertEqual(len(self.describe("x", short)), len(self.describe("x", long)))
        huge = prompt_of(x=("VAELoader", {"name": "a" * 1_000_000}))
        memory.remember("anna", huge, CLASSES)
        self.assertEqual(memory.keep_known("anna", ["x"], huge, CLASSES), [])

    def test_memory_is_bounded(self):
        memory = shared_loaders.LoaderMemory()
        for index in range(shared_loaders.MAX_REMEMBERED + 10):
            memory.remember("anna", prompt_of(x=("VAELoader", {"name": index})), CLASSES)
        first, last = (prompt_of(x=("VAELoader", {"name": index})) for index in (0, index))
        self.assertEqual(memory.keep_known("anna", ["x"], first, CLASSES), [])
        self.assertEqual(memory.keep_known("anna", ["x"], last, CLASSES), ["x"])


class Executor:
    """The shape of ComfyUI's PromptExecutor."""

    def __init__(self):
        self.ran_as, self.messages = [], []

    def execute(self, prompt, prompt_id, extra_data={}, execute_outputs=[]):
        self.ran_as.append(identity.current())
        self.add_message("execution_cached", {"nodes": list(prompt), "prompt_id": prompt_id}, broadcast=False)
        if "fail" in prompt:
            raise RuntimeError("failed")

    def add_message(self, event, data, broadcast):
        self.messages.append((event, data, broadcast))


class Jobs(WithFolders):
    def setUp(self):
        super().setUp()
        self.users = users.Users()
        self.executor_class = type("Executor", (Executor,), {})
        memory = shared_loaders.LoaderMemory()
        self.executor_class.add_message = jobs.hide_foreign_results(Executor.add_message, memory, CLASSES)
        self.executor_class.execute = jobs.run_as_owner(Executor.execute, self.users)
        self.queue = []
        self.put = jobs.claim_on_put(lambda queue, item: queue.append(item), self.users)

    def run_job(self, extra_data, prompt=CHAIN):
        executor = self.executor_class()
        executor.execute(dict(prompt), "id", extra_data, [])
        return executor

    def test_belong_to_whose_request_queued_them_whatever_it_says(self):
        extra_data = {jobs.OWNER_KEY: self.bert.id, "client_id": "tab"}
        with as_user(self.anna):
            self.put(self.queue, (0, "id", {}, extra_data, []))
        self.assertEqual(self.queue[0][3], {jobs.OWNER_KEY: self.anna.id, "client_id": "tab"})

    def test_cannot_choose_their_cached_results(self):
        prompt = {"1": {"class_type": "x", "inputs": {}, "is_changed": [1]}, "2": "no node"}
        with as_user(self.anna):
            self.put(self.queue, (0, "id", prompt, {}, []))
        self.assertEqual(prompt, {"1": {"class_type": "x", "inputs": {}}, "2": "no node"})

    def test_of_nobody_are_refused_as_soon_as_there_are_users(self):
        self.put(self.queue, (0, "id", {}, {jobs.OWNER_KEY: self.anna.id}, []))
        self.assertEqual(self.queue[0][3], {})
        self.assertIsNone(self.run_job({}).ran_as[0].user)
        self.users.put(self.anna, ())
        with self.assertRaises(jobs.JobRefused):
            self.put(self.queue, (0, "id", {}, {}, []))
        with self.assertRaises(jobs.JobRefused):
            self.run_job({})
        self.assertEqual(len(self.queue), 1)

    def test_run_as_their_owner_and_end_so(self):
        self.users.put(self.anna, ())
        ran_as = self.run_job({jobs.OWNER_KEY: self.anna.id}).ran_as[0]
        self.assertEqual((ran_as.user, ran_as.job.is_running), (self.anna, False))
        self.assertIsNone(identity.current())

    def test_end_also_when_they_fail(self):
        self.users.put(self.anna, ())
        executor = self.executor_class()
        with self.assertRaises(RuntimeError):
            executor.execute({"fail": {}}, "id", {jobs.OWNER_KEY: self.anna.id})
        self.assertFalse(executor.ran_as[0].job.is_running)
        self.assertIsNone(identity.current())

    def test_of_a_forgotten_user_do_not_run(self):
        for extra_data in ({jobs.OWNER_KEY: self.anna.id}, {jobs.OWNER_KEY: 5}, {jobs.OWNER_KEY: []}):
            with self.assertRaises(jobs.JobRefused):
                self.run_job(extra_data)

    def test_learn_nothing_about_what_others_loaded(self):
        for user in (self.anna, self.bert):
            self.users.put(user, ())
        nodes = [
            self.run_job({jobs.OWNER_KEY: user.id}).messages[0][1]["nodes"] for user in (self.anna, self.bert, self.bert)
        ]
        self.assertEqual(nodes, [["save", "pack", "after"], ["save", "pack", "after"], list(CHAIN)])


class Patches(unittest.TestCase):
    def setUp(self):
        self.patches = patching.Patches()

    def fail(self):
        raise AttributeError("no such function")

    def test_count_only_after_their_test(self):
        self.patches.attempt("folders", lambda: None)
        self.patches.attempt("queueGuard", lambda: None)
        self.assertEqual((self.patches.report()["folders"], self.patches.report()["queueGuard"]), (False, True))
        self.patches.confirm("folders", lambda: None)
        self.assertTrue(self.patches.report()["folders"])
        self.assertEqual(self.patches.missing(), [name for name in patching.ISOLATION if name != "folders"])

    def test_that_failed_stay_failed(self):
        self.patches.attempt("folders", self.fail)
        self.patches.confirm("folders", lambda: None)
        self.patches.confirm("threads", self.fail)
        self.patches.attempt("queueGuard", self.fail)
        report = self.patches.report()
        self.assertEqual([report[name] for name in ("folders", "threads", "queueGuard")], [False] * 3)

    def test_of_a_name_that_is_no_parts_are_refused_and_not_counted(self):
        for name in ("nodeInput", "executor", ""):
            for act in (self.patches.attempt, self.patches.confirm):
                with self.assertRaises(ValueError):
                    act(name, lambda: None)
        self.assertEqual(self.patches.report(), patching.Patches().report())

    def test_are_all_tried_by_the_self_test(self):
        self.assertEqual(tuple(self_test.SelfTest(None, None).tests()), patching.ISOLATION)

    def test_name_every_part_from_the_start(self):
        self.assertEqual(set(self.patches.report()), set(patching.ISOLATION))
        self.assertEqual(self.patches.missing(), list(patching.ISOLATION))


if __name__ == "__main__":
    unittest.main()

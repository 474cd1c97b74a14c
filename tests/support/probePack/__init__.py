"""A pack of the owner's own, for tests: nodes and routes that do what real packs do, and report what they saw."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import folder_paths
from aiohttp import web
from comfy_execution.graph_utils import GraphBuilder
from folder_paths import get_output_directory
from server import PromptServer

# Made when the pack is loaded, so that its thread was started for nobody or for whoever came first.
POOL = ThreadPoolExecutor(max_workers=1)
LEFTOVERS = []


class Probe:
    CATEGORY = "probe"
    RETURN_TYPES = ()
    OUTPUT_NODE = True
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": ""})}, "hidden": {"unique_id": "UNIQUE_ID"}}


class ProbeFolders(Probe):
    """Asks for folders in every way that packs do."""

    def __init__(self):
        self.kept = folder_paths.get_output_directory()

    def run(self, text, unique_id):
        asked = []
        thread = threading.Thread(target=lambda: asked.append(folder_paths.get_output_directory()))
        thread.start()
        thread.join()
        found = [
            folder_paths.get_output_directory(),
            get_output_directory(),
            folder_paths.output_directory,
            self.kept,
            asked[0],
            POOL.submit(folder_paths.get_output_directory).result(),
        ]
        with open(os.path.join(self.kept, "probe.txt"), "w") as file:
            file.write(text)
        return {"ui": {"folders": found}}


class ProbeMessages(Probe):
    """Sends what has no addressee."""

    def run(self, text, unique_id):
        server = PromptServer.instance
        server.send_progress_text(text, unique_id)
        server.send_sync("probe.event", {"text": text})
        server.send_sync(1, b"\0\0\0\1" + text.encode())
        return {"ui": {}}


class ProbeLeftover(Probe):
    """Leaves a thread behind that goes on when the next job of this pack runs."""

    def run(self, text, unique_id):
        go, done = threading.Event(), threading.Event()
        client_id = PromptServer.instance.client_id

        def work():
            go.wait(30)
            PromptServer.instance.send_sync(1, b"\0\0\0\1" + text.encode(), client_id)
            with open(os.path.join(folder_paths.get_output_directory(), "leftover.txt"), "w") as file:
                file.write(text)
            done.set()

        LEFTOVERS.append((go, done))
        threading.Thread(target=work, daemon=True).start()
        return {"ui": {}}


class ProbeWakeLeftovers(Probe):
    def run(self, text, unique_id):
        for go, done in LEFTOVERS:
            go.set()
            done.wait(30)
        LEFTOVERS.clear()
        return {"ui": {"time": [time.time()]}}


def attempt(kind, path):
    """What came of it: the text that was read, or the name of the refusal."""
    try:
        if kind == "video":
            import av

            return str(av.open(path))
        if kind == "tensors":
            from safetensors.torch import load_file

            return str(load_file(path))
        if kind == "list":
            return str(os.listdir(path))
        with open(path, kind) as file:
            return file.read() if kind == "r" else str(file.write("planted"))
    except Exception as error:
        return type(error).__name__


class ProbePaths(Probe):
    """Opens what it is told to, as packs do that join paths on their own."""

    def run(self, text, unique_id):
        return {"ui": {"came": [attempt(kind, path) for kind, path in json.loads(text)]}}


class ProbeWait(Probe):
    """Runs until there is a go.txt in the user's output folder."""

    def run(self, text, unique_id):
        go = os.path.join(folder_paths.get_output_directory(), "go.txt")
        while not os.path.exists(go):
            time.sleep(0.02)
        os.remove(go)
        return {"ui": {}}


class ProbeExpand(Probe):
    """Turns into two nodes of its own while it runs, one of which saves."""

    def run(self, text, unique_id):
        graph = GraphBuilder()
        image = graph.node("EmptyImage", width=8, height=8, batch_size=1, color=3)
        graph.node("SaveImage", images=image.out(0), filename_prefix=text)
        return {"result": (), "expand": graph.finalize()}


PROBES = (ProbeFolders, ProbeMessages, ProbeLeftover, ProbeWakeLeftovers, ProbeWait, ProbeExpand, ProbePaths)
NODE_CLASS_MAPPINGS = {kind.__name__: kind for kind in PROBES}


async def queue_by_itself(request):
    """Queues a prompt without ComfyUI's route: in the request, or in a thread that knew no request."""
    body = await request.json()
    item = (0, body["id"], body["prompt"], {"gatehouse_user": body["claims"]}, ["1"])
    put = PromptServer.instance.prompt_queue.put
    try:
        if body["inRequest"]:
            put(item)
        else:
            BACKGROUND.submit_item(lambda: put(item))
    except Exception as error:
        return web.json_response({"refused": type(error).__name__})
    return web.json_response({})


class Background:
    """A thread with a list of things to do, older than any user."""

    def __init__(self):
        self.waiting, self.ready = [], threading.Semaphore(0)
        threading.Thread(target=self.work, daemon=True).start()

    def submit_item(self, act):
        failures, done = [], threading.Event()
        self.waiting.append((act, failures, done))
        self.ready.release()
        done.wait(30)
        if failures:
            raise failures[0]

    def work(self):
        while True:
            self.ready.acquire()
            act, failures, done = self.waiting.pop(0)
            try:
                act()
            except Exception as error:
                failures.append(error)
            done.set()


BACKGROUND = Background()


async def announce(request):
    """Tells everybody something: in the request, and in a thread that knew no request."""
    text = (await request.json())["text"]
    server = PromptServer.instance
    server.send_sync("probe.request", {"text": text})
    BACKGROUND.submit_item(lambda: server.send_sync("probe.nobody", {"text": text}))
    BACKGROUND.submit_item(lambda: server.send_sync(1, b"\0\0\0\1" + text.encode()))
    return web.json_response({})


PromptServer.instance.routes.post("/probe/announce")(announce)
PromptServer.instance.routes.post("/probe/queue")(queue_by_itself)

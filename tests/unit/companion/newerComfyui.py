"""A ComfyUI in miniature, with the shapes that the parts which the companion replaces have in the versions of 2026: queue
items of six fields, a queue that takes more than an item, keys and inputs with more parameters, messages of one kind more."""

from __future__ import annotations

from companionParts import FOLDER_PATHS

FOLDERS = (
    FOLDER_PATHS
    + """
base_path = "/nowhere"
input_directory, output_directory, temp_directory, user_directory = (
    os.path.join(base_path, kind) for kind in ("input", "output", "temp", "user")
)
folder_names_and_paths = {"checkpoints": (["/nowhere/models"], {".safetensors"})}
extension_mimetypes_cache = {}
"""
)

EXECUTION = """
import asyncio, threading

class PromptQueue:
    def __init__(self, server):
        self.server, self.mutex, self.queue = server, threading.RLock(), []

    def put(self, item, *, notify=True):
        self.queue.append(item)

    def get(self, timeout=None):
        return self.queue.pop(0)

    def task_done(self, item_id, history_result, status, process_item=None):
        pass

class PromptExecutor:
    def __init__(self, server, cache_type=False, cache_args=None):
        self.server = server

    def add_message(self, event, data: dict, broadcast: bool):
        self.server.send_sync(event, data)

    def execute(self, prompt, prompt_id, extra_data={}, execute_outputs=[]):
        asyncio.run(self.execute_async(prompt, prompt_id, extra_data, execute_outputs))

    async def execute_async(self, prompt, prompt_id, extra_data={}, execute_outputs=[]):
        pass

def get_input_data(inputs, class_def, unique_id, execution_list=None, dynprompt=None, extra_data={}):
    return {name: [value] for name, value in inputs.items()}, {}, {}

async def validate_prompt(prompt_id, prompt, partial_execution_list):
    return True, None, list(prompt), {}
"""

GRAPH = """
class DynamicPrompt:
    def __init__(self, original_prompt):
        self.original_prompt = original_prompt

    def get_node(self, node_id):
        return self.original_prompt[node_id]

    def has_node(self, node_id):
        return node_id in self.original_prompt

    def add_ephemeral_node(self, node_id, node_info, parent_id, display_id):
        self.original_prompt[node_id] = node_info
"""

TEXT_ENCODER = """
import os

def load_embed(embedding_name, embedding_directory, embedding_size, embed_key=None):
    path = os.path.join(embedding_directory[0], embedding_name + ".safetensors")
    return "loaded" if os.path.isfile(path) else None
"""

MODEL_MANAGER = """
class ModelFileManager:
    def get_model_file_list(self, folder_name):
        return []

    def get_model_previews(self, filepath):
        return []
"""

CACHING = """
class CacheKeySet:
    def __init__(self, dynprompt, node_ids, is_changed_cache):
        self.dynprompt, self.keys, self.subcache_keys = dynprompt, {}, {}

    def get_data_key(self, node_id):
        return self.keys.get(node_id)

class CacheKeySetID(CacheKeySet):
    async def add_keys(self, node_ids):
        for node_id in node_ids:
            key = (node_id, self.dynprompt.get_node(node_id)["class_type"])
            self.keys[node_id] = self.subcache_keys[node_id] = key

class CacheKeySetInputSignature(CacheKeySet):
    async def add_keys(self, node_ids):
        for node_id in node_ids:
            self.keys[node_id] = str(await self.get_immediate_node_signature(self.dynprompt, node_id, {}))
            self.subcache_keys[node_id] = (node_id, self.dynprompt.get_node(node_id)["class_type"])

    async def get_immediate_node_signature(self, dynprompt, node_id, ancestor_order_mapping, include_id=False):
        return [dynprompt.get_node(node_id)["class_type"]]
"""

USER_MANAGER = """
import os

class UserManager:
    def get_request_user_id(self, request):
        return "default"

    def get_request_user_filepath(self, request, file, type="userdata", create_dir=True):
        return os.path.join("/nowhere/default", file)
"""

SERVER = """
import types
from app.user_manager import UserManager

class PromptServer:
    def __init__(self):
        self.app = types.SimpleNamespace(middlewares=[])
        self.user_manager, self.client_id = UserManager(), None

    def add_routes(self):
        pass

    def trigger_on_prompt(self, json_data):
        return json_data

    def send_sync(self, event, data, sid=None, *, priority=0):
        self.loop.call_soon_threadsafe(self.messages.put_nowait, (event, data, sid))

    async def send(self, event, data, sid=None):
        pass

    async def send_json(self, event, data, sid=None):
        pass

    async def send_bytes(self, event, data, sid=None):
        pass

PromptServer.instance = PromptServer()
"""

NODES = """
class EmptyImage:
    RETURN_TYPES = ("IMAGE",)

class SaveImage:
    RETURN_TYPES = ()

NODE_CLASS_MAPPINGS = {"EmptyImage": EmptyImage, "SaveImage": SaveImage}
"""

MODULES = {
    "folder_paths": FOLDERS,
    "app.model_manager": MODEL_MANAGER,
    "app.user_manager": USER_MANAGER,
    "comfy.sd1_clip": TEXT_ENCODER,
    "comfy_execution.caching": CACHING,
    "comfy_execution.graph": GRAPH,
    "execution": EXECUTION,
    "nodes": NODES,
    "server": SERVER,
}

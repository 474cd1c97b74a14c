"""The companion in versions of ComfyUI that are newer than the one it was tried in: run by companion.test.ts."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

from companionParts import PACK
from newerComfyui import MODULES

PROGRAM = """
import asyncio, json, sys, types
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
for name, source in json.loads(sys.argv[2]).items():
    package = name.rpartition(".")[0]
    if package and package not in sys.modules:
        sys.modules[package] = types.ModuleType(package)
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
from gatehouse_companion.isolation.install import install_isolation
from gatehouse_companion.isolation.patching import patches
server = sys.modules["server"].PromptServer
install_isolation(types.SimpleNamespace(), server, "")
server.instance.add_routes()
print(json.dumps(patches.missing()))
"""


class NewerVersions(unittest.TestCase):
    def missing_in(self, **changes):
        """The parts that are missing when text in a module is another."""
        modules = dict(MODULES)
        for name, (old, new) in changes.items():
            module = name.replace("__", ".")
            self.assertIn(old, modules[module])
            modules[module] = modules[module].replace(old, new)
        command = [sys.executable, "-c", PROGRAM, str(PACK.parent), json.dumps(modules)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def assert_each(self, cases):
        with ThreadPoolExecutor(max_workers=4) as pool:
            found = list(pool.map(lambda case: self.missing_in(**case[0]), cases))
        self.assertEqual(found, [expected for _, expected in cases])

    def test_are_guarded_when_they_have_the_shapes_that_are_known(self):
        self.assertEqual(self.missing_in(), [])

    def test_without_a_function_are_named_by_its_part_and_start_all_the_same(self):
        self.assert_each(
            (
                ({"execution": ("def get_input_data", "def collect_inputs")}, ["nodeInputs", "nodeRules"]),
                ({"execution": ("class PromptExecutor", "class JobExecutor")}, ["execution", "nodeRules"]),
                ({"execution": ("def put", "def push")}, ["execution"]),
                ({"comfy_execution__caching": ("class CacheKeySetID", "class KeysById")}, ["nodeObjects"]),
                ({"comfy_execution__caching": ("get_immediate_node_signature", "signature_of")}, ["cacheKeys"]),
                ({"app__user_manager": ("get_request_user_filepath", "resolve_user_file")}, ["userdata"]),
                ({"server": ("def send_bytes", "def send_frame")}, ["socketTarget"]),
                ({"execution": ("def validate_prompt", "def check_prompt")}, ["nodeRules"]),
                ({"comfy_execution__graph": ("def add_ephemeral_node", "def add_node")}, ["nodeRules"]),
                ({"server": ("def trigger_on_prompt", "def ask_handlers")}, ["nodeRules"]),
                ({"comfy__sd1_clip": ("def load_embed", "def load_embedding")}, ["modelRules"]),
                ({"app__model_manager": ("def get_model_previews", "def previews")}, ["modelRules"]),
                ({"folder_paths": ("def get_full_path_or_raise", "def get_path_or_raise")}, ["modelRules"]),
                ({"folder_paths": ("get_save_image_path", "next_image_path")}, ["savePath"]),
                ({"folder_paths": ("exists_annotated_filepath", "is_there")}, ["annotatedPaths"]),
            )
        )

    def test_with_other_parameters_are_named_by_the_part(self):
        self.assert_each(
            (
                ({"execution": ("(inputs, class_def, unique_id,", "(inputs, node_type, unique_id,")}, ["nodeInputs", "nodeRules"]),
                ({"execution": ("prompt_id, extra_data={}, execute_outputs=[]):\n        asyncio", "job):\n        asyncio")}, ["execution", "nodeRules"]),
                ({"server": ("data, sid=None, *, priority=0", "data, *, to=None")}, ["socketTarget"]),
                ({"comfy_execution__caching": ("async def get_immediate", "def get_immediate")}, ["cacheKeys"]),
            )
        )

    def test_that_do_otherwise_behind_the_same_shape_are_found_out(self):
        self.assert_each(
            (
                ({"comfy_execution__caching": ("str(await self.get_immediate_node_signature(self.dynprompt, node_id, {}))", "node_id")}, ["cacheKeys"]),
                ({"execution": ("    return {name: [value] for", "    return None and {name: [value] for")}, ["nodeInputs", "nodeRules"]),
                ({"execution": ("        asyncio.run(self.execute_async(", "        raise ValueError(str(")}, ["execution", "nodeRules"]),
                ({"comfy__sd1_clip": ('    return "loaded" if os.path.isfile(path) else None', "    return None")}, ["modelRules"]),
                ({"execution": ("        self.queue.append(item)", "        self.queue.append((*item[:3], {}, *item[4:]))")}, ["execution"]),
            )
        )


if __name__ == "__main__":
    unittest.main()

"""What the companion's tests share: its modules, and a stand-in for the parts of ComfyUI that it replaces."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
import types
import unittest
from pathlib import Path

PACK = Path(__file__).resolve().parents[3] / "resources" / "comfyui-companion" / "gatehouse_companion"
sys.dont_write_bytecode = True
for _name in ("GATEHOUSE_SECRET", "GATEHOUSE_COMPANION"):
    os.environ.pop(_name, None)
sys.path.insert(0, str(PACK.parent))


def part(name):
    return importlib.import_module(f"gatehouse_companion.{name}")


identity = part("isolation.identity")

ANNA, BERT = "annaannaannaanna", "bertbertbertbert"


def as_user(user, job=None):
    return identity.acting_as(identity.Identity(user, job))


class WithFolders(unittest.TestCase):
    """Two users with folders of their own, and ComfyUI's own folders beside them."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.base = os.path.realpath(holder.name)
        self.anna, self.bert = self.make_user(ANNA), self.make_user(BERT)
        self.owner = identity.User("ownerownerownero", None, None, None, None)
        self.comfyui = os.path.join(self.base, "ComfyUI")
        for kind in ("input", "output", "temp", "user"):
            os.makedirs(os.path.join(self.comfyui, kind))

    def make_user(self, user_id):
        folders = [os.path.join(self.base, user_id, kind) for kind in ("input", "output", "temp", "userdata")]
        for folder in folders:
            if not folder.endswith("temp"):
                os.makedirs(folder)
        return identity.User(user_id, *folders)

    def write(self, *names):
        path = os.path.join(*names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("content")
        return path

    def folder_paths(self):
        """The functions of ComfyUI's folder_paths that matter here: trusting, and calling each other by global names."""
        module = types.ModuleType("folder_paths_stand_in")
        exec(FOLDER_PATHS, module.__dict__)
        for kind in ("input", "output", "temp", "user"):
            module.__dict__[f"{kind}_directory"] = os.path.join(self.comfyui, kind)
        module.__dict__["base_path"] = self.comfyui
        sys.modules[module.__name__] = module
        self.addCleanup(sys.modules.pop, module.__name__, None)
        return module


FOLDER_PATHS = """
import os

def get_input_directory():
    return input_directory

def get_output_directory():
    return output_directory

def get_temp_directory():
    return temp_directory

def get_directory_by_type(type_name):
    getters = {"input": get_input_directory, "output": get_output_directory, "temp": get_temp_directory}
    return getters[type_name]() if type_name in getters else None

def annotated_filepath(name):
    for kind in ("output", "input", "temp"):
        mark = "[" + kind + "]"
        if name.endswith(mark):
            return name[: -len(mark) - 1], get_directory_by_type(kind)
    return name, None

def get_annotated_filepath(name, default_dir=None):
    plain, folder = annotated_filepath(name)
    return os.path.join(folder or default_dir or get_input_directory(), plain)

def exists_annotated_filepath(name):
    return os.path.exists(get_annotated_filepath(name))

def get_save_image_path(filename_prefix, output_dir, image_width=0, image_height=0):
    folder = os.path.join(output_dir, os.path.dirname(os.path.normpath(filename_prefix)))
    os.makedirs(folder, exist_ok=True)
    return folder, os.path.basename(filename_prefix), 1, os.path.dirname(filename_prefix), filename_prefix

folder_names_and_paths = {}
filename_list_cache = {}

def map_legacy(folder_name):
    return {"unet": "diffusion_models"}.get(folder_name, folder_name)

def get_filename_list_(folder_name):
    folders, extensions = folder_names_and_paths[map_legacy(folder_name)]
    found, dirs = set(), {}
    for folder in folders:
        for root, _, names in os.walk(folder, followlinks=True):
            dirs[root] = os.stat(root).st_mtime_ns
            files = [os.path.relpath(os.path.join(root, name), folder) for name in names]
            found.update(file for file in files if not extensions or os.path.splitext(file)[1] in extensions)
    return sorted(found), dirs, 0.0

def cached_filename_list_(folder_name):
    known = filename_list_cache.get(folder_name)
    is_new = known is not None and all(os.stat(root).st_mtime_ns == time for root, time in known[1].items())
    return known if is_new else None

def get_filename_list(folder_name):
    folder_name = map_legacy(folder_name)
    found = cached_filename_list_(folder_name)
    if found is None:
        found = filename_list_cache[folder_name] = get_filename_list_(folder_name)
    return list(found[0])

def get_full_path(folder_name, filename):
    entry = folder_names_and_paths.get(map_legacy(folder_name), ([],))
    filename = os.path.relpath(os.path.join("/", filename), "/")
    return next((path for path in (os.path.join(folder, filename) for folder in entry[0]) if os.path.isfile(path)), None)

def get_full_path_or_raise(folder_name, filename):
    path = get_full_path(folder_name, filename)
    if path is None:
        raise FileNotFoundError(f"Model in folder '{folder_name}' with filename '{filename}' not found.")
    return path
"""

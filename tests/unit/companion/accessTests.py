"""What code of a job opens by itself, and what its nodes are given: run by companion.test.ts."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import types
import unittest

from companionParts import WithFolders, as_user, part

file_access = part("isolation.file_access")
folders = part("isolation.folders")
model_access = part("isolation.model_access")
node_inputs = part("isolation.node_inputs")
threads = part("isolation.threads")
users = part("isolation.users")

# A hook stays for good: one for all tests, which looks up whose turn it is.
current = types.SimpleNamespace(check=lambda *where: None)
file_access.install(
    types.SimpleNamespace(
        check=lambda *where: current.check(*where), is_limited=lambda user: user is not None and user.has_own_folders
    )
)

Refused = file_access.NotYourFolder


class WithAccess(WithFolders):
    def setUp(self):
        super().setUp()
        self.paths = self.folder_paths()
        self.models = os.path.join(self.comfyui, "output", "checkpoints")
        self.paths.folder_names_and_paths = {"checkpoints": ([self.models], {".safetensors"})}
        folders.install(self.paths)
        self.private = os.path.join(self.base, "private")
        self.users = users.Users()
        for user in (self.anna, self.bert, self.owner):
            self.users.put(user, ())
        self.theirs = self.write(self.bert.input_directory, "theirs.txt")
        self.mine = self.write(self.anna.input_directory, "mine.txt")
        self.owners = self.write(self.comfyui, "output", "owners.txt")
        self.model = self.write(self.models, "model.safetensors")
        self.unknown = self.write(self.private, "carlcarlcarlcarl", "input", "carls.txt")
        self.access = file_access.FileAccess(self.users, self.paths, [self.private], model_access.ModelAccess(self.users, self.paths))
        current.check = self.access.check
        self.addCleanup(setattr, current, "check", lambda *where: None)

    def assert_refused(self, attempt, *args, **kwargs):
        with self.assertRaises(Refused):
            attempt(*args, **kwargs)


class FoldersOfOthers(WithAccess):
    def test_are_not_read_written_or_listed_whoever_wrote_the_code(self):
        with as_user(self.anna):
            for path in (self.theirs, self.owners, self.unknown):
                self.assert_refused(open, path)
                self.assert_refused(open, os.fsencode(path), "rb")
                self.assert_refused(os.open, path, os.O_RDONLY)
                self.assert_refused(open, path + ".new", "w")
                self.assert_refused(os.listdir, os.path.dirname(path))
                self.assert_refused(os.scandir, os.path.dirname(path))
                self.assert_refused(sqlite3.connect, path)
                self.assert_refused(sqlite3.connect, f"file:{path}?mode=ro", uri=True)
        self.assertEqual(os.listdir(self.bert.input_directory), ["theirs.txt"])

    def test_are_not_changed_in_any_other_way(self):
        folder = os.path.join(self.bert.input_directory, "made")
        with as_user(self.anna):
            self.assert_refused(os.mkdir, folder)
            self.assert_refused(os.makedirs, os.path.join(folder, "deep"))
            self.assert_refused(os.remove, self.theirs)
            self.assert_refused(os.rename, self.theirs, self.mine + ".stolen")
            self.assert_refused(os.replace, self.mine, self.theirs)
            self.assert_refused(os.link, self.theirs, self.mine + ".linked")
            self.assert_refused(os.symlink, self.mine, folder)
            self.assert_refused(os.truncate, self.theirs, 0)
            self.assert_refused(os.chmod, self.theirs, 0o777)
            self.assert_refused(os.utime, self.theirs)
            self.assert_refused(shutil.copy, self.theirs, self.mine)
            self.assert_refused(shutil.move, self.mine, self.bert.input_directory)
            self.assert_refused(shutil.rmtree, self.bert.input_directory)
            self.assert_refused(os.chdir, self.bert.input_directory)
        with open(self.theirs) as theirs, open(self.mine) as mine:
            self.assertEqual((theirs.read(), mine.read()), ("content", "content"))

    def test_are_not_reached_by_ways_round(self):
        link = os.path.join(self.anna.input_directory, "link")
        os.symlink(self.bert.input_directory, link)
        way = os.path.relpath(self.theirs, self.anna.input_directory)
        with as_user(self.anna):
            self.assert_refused(open, os.path.join(link, "theirs.txt"))
            self.assert_refused(open, os.path.join(self.anna.input_directory, way))
            self.assert_refused(open, os.path.relpath(self.theirs))

    @unittest.skipUnless(os.path.isdir("/proc/self/fd"), "only Linux names the folder of a descriptor")
    def test_are_not_reached_by_the_descriptor_of_a_folder(self):
        above = os.open(self.base, os.O_RDONLY)
        self.addCleanup(os.close, above)
        inside = os.open(self.bert.input_directory, os.O_RDONLY)
        self.addCleanup(os.close, inside)
        with as_user(self.anna):
            self.assert_refused(os.listdir, inside)
            self.assert_refused(os.remove, "theirs.txt", dir_fd=inside)
            self.assert_refused(os.mkdir, os.path.join(os.path.relpath(self.bert.input_directory, self.base), "x"), dir_fd=above)

    def test_are_not_given_to_other_programs(self):
        copy = os.path.join(self.anna.output_directory, "copy.txt")
        with as_user(self.anna):
            for command in (["cp", self.theirs, copy], ["x", f"--in={self.theirs}"], ["sh", "-c", f"cat '{self.theirs}' > x"]):
                self.assert_refused(subprocess.run, command)
            self.assert_refused(subprocess.run, f"cat {self.theirs}", shell=True)
            self.assert_refused(subprocess.run, ["ls"], cwd=self.bert.input_directory)
            self.assert_refused(subprocess.run, ["cat", "./theirs.txt"], cwd=self.bert.input_directory)
            self.assert_refused(os.system, f"cat {self.theirs}")
            done = subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, cwd=self.anna.output_directory)
        self.assertEqual(done.returncode, 0)
        self.assertFalse(os.path.exists(copy))

    def test_are_not_reached_by_a_thread_of_the_job(self):
        kind = type("Thread", (threading.Thread,), {})
        threads.patch_thread(kind)
        seen = []

        def work():
            try:
                with open(self.theirs) as file:
                    seen.append(file.read())
            except OSError as error:
                seen.append(type(error))

        with as_user(self.anna):
            thread = kind(target=work)
            thread.start()
        thread.join(10)
        self.assertEqual(seen, [Refused])

    def test_are_not_named_in_the_words_of_the_refusal(self):
        with as_user(self.anna), self.assertRaises(PermissionError) as raised:
            open(self.theirs)
        self.assertNotIn("theirs", str(raised.exception))
        self.assertNotIn(self.base, str(raised.exception))

    def test_the_owners_workflows_are_among_them_the_settings_of_packs_are_not(self):
        workflow = self.write(self.comfyui, "user", "default", "workflows", "secret.json")
        settings = self.write(self.comfyui, "user", "default", "pack", "config.ini")
        with as_user(self.anna):
            self.assert_refused(open, workflow)
            with open(settings, "a"):
                pass

    def test_of_somebody_who_came_later_are_among_them(self):
        with as_user(self.anna):
            open(os.path.join(self.anna.input_directory, "mine.txt")).close()
        carl = self.make_user("later-carl")
        file = self.write(carl.input_directory, "carls.txt")
        self.users.put(carl._replace(id="carlcarlcarlcarl"), ())
        with as_user(self.anna):
            self.assert_refused(open, file)


class WhatStaysOpen(WithAccess):
    def test_own_folders_models_temp_and_everything_that_is_nobodys(self):
        with as_user(self.anna):
            for path in (self.mine, self.model, __file__):
                open(path).close()
            open(os.path.join(self.anna.output_directory, "made.txt"), "w").close()
            self.assertEqual(os.listdir(self.models), ["model.safetensors"])
            with tempfile.TemporaryDirectory() as holder:
                self.write(holder, "output", "input", "x.txt")
            shutil.rmtree(self.anna.output_directory)
            self.assertFalse(os.path.exists(self.anna.output_directory))

    def test_a_cleared_folder_may_have_parts_that_are_called_as_comfyuis_are(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.comfyui)
        with as_user(self.anna), tempfile.TemporaryDirectory() as holder:
            for kind in ("output", "input", "temp"):
                self.write(holder, kind, "x.txt")

    def test_own_folders_below_the_private_one(self):
        mine = os.path.join(self.private, "annaannaannaanna", "input")
        os.makedirs(mine)
        anna = self.anna._replace(input_directory=mine)
        self.users.put(anna, ())
        with as_user(anna):
            open(os.path.join(mine, "x.txt"), "w").close()
            self.assert_refused(os.listdir, self.private)

    def test_comfyuis_temp_folder_below_which_a_user_has_one(self):
        anna = self.anna._replace(temp_directory=None)
        self.users.put(anna, ())
        with as_user(anna):
            made = self.paths.get_temp_directory()
            open(os.path.join(made, "x.txt"), "w").close()
            self.assert_refused(os.listdir, os.path.dirname(made))

    def test_everything_for_the_owner_and_for_nobody(self):
        for path in (self.theirs, self.mine, self.owners, self.unknown):
            open(path).close()
            with as_user(self.owner):
                open(path, "a").close()

    def test_open_files_and_names_that_no_system_takes(self):
        with as_user(self.anna):
            reading, writing = os.pipe()
            for end, mode in ((reading, "rb"), (writing, "wb")):
                open(end, mode).close()
            with self.assertRaises(ValueError):
                open("a\0b")

    def test_functions_that_tell_python_nothing_are_asked_too(self):
        module = types.ModuleType("safetensors")
        module.safe_open = lambda filename, framework: filename
        sys.modules["safetensors"] = module
        self.addCleanup(sys.modules.pop, "safetensors")
        file_access.wrap_native(self.access)
        with as_user(self.anna):
            self.assertEqual(module.safe_open(self.model, framework="pt"), self.model)
            self.assert_refused(module.safe_open, self.theirs, "pt")
            self.assert_refused(module.safe_open, filename=self.theirs, framework="pt")
        self.assertEqual(module.safe_open(self.theirs, "pt"), self.theirs)

    def test_private_folders_that_are_no_list_of_paths_are_reported(self):
        self.assertEqual(file_access.parse_private_folders(""), [])
        self.assertEqual(file_access.parse_private_folders('["/a"]'), ["/a"])
        for text in ("x", "{}", "[5]", '["relative"]', '"/a"'):
            with self.assertRaises(ValueError):
                file_access.parse_private_folders(text)


class Save:
    RETURN_TYPES = ()
    OUTPUT_NODE = True


class Picture:
    RETURN_TYPES = ("IMAGE",)


class Tensor:
    def __init__(self, *shape):
        self.shape = shape
        self.nbytes = 4
        for side in shape:
            self.nbytes *= side


class InputsOfNodes(WithAccess):
    def setUp(self):
        super().setUp()
        self.execution = types.ModuleType("execution_stand_in")
        self.execution.get_input_data = lambda inputs, class_def, unique_id, outputs=None: (inputs, {}, {})
        sys.modules["execution_stand_in"] = self.execution
        self.addCleanup(sys.modules.pop, "execution_stand_in")
        node_inputs.install(self.execution, self.paths, lambda: 8 * 2**30)

    def collect(self, node_class, **values):
        inputs = {name: [value] for name, value in values.items()}
        with as_user(self.anna):
            return self.execution.get_input_data(inputs, node_class, "1")[0]

    def test_that_name_a_file_lead_nowhere_else_also_when_they_come_over_a_link(self):
        os.symlink(self.bert.output_directory, os.path.join(self.anna.output_directory, "link"))
        for prefix in ("../x", "/tmp/x", "a/../../x", "%date%/../../x", "link/x", self.bert.output_directory + "/x"):
            for name in ("filename_prefix", "prefix"):
                with self.assertRaises(ValueError, msg=prefix):
                    self.collect(Save, **{name: prefix})
        for prefix in ("ComfyUI", "a/b/c", "%date:yyyy%/x", "a/../b"):
            self.assertEqual(self.collect(Save, filename_prefix=prefix), {"filename_prefix": [prefix]})

    def test_called_prefix_are_ordinary_text_where_nothing_is_saved(self):
        class Odd(type):
            @property
            def OUTPUT_NODE(cls):
                raise RuntimeError("not now")

        for text in ("/ masterpiece", "../x"):
            self.assertEqual(self.collect(Picture, prefix=text), {"prefix": [text]})
            for node_class in (Save, Odd("OfAPack", (), {})):
                with self.assertRaises(ValueError, msg=text):
                    self.collect(node_class, prefix=text)
            with self.assertRaises(ValueError, msg=text):
                self.collect(Picture, filename_prefix=text)

    def test_that_name_a_folder_stay_below_the_input_folder_in_comfyuis_own_classes(self):
        os.symlink(self.bert.input_directory, os.path.join(self.anna.input_directory, "link"))
        for folder in ("..", "../../x", "/etc", "link", self.bert.input_directory):
            with self.assertRaises(node_inputs.NameRefused, msg=folder):
                self.collect(Save, folder=folder)
        self.assertEqual(self.collect(Save, folder="set"), {"folder": ["set"]})
        pack = type("OfAPack", (), {"RELATIVE_PYTHON_MODULE": "custom_nodes.pack", "RETURN_TYPES": ()})
        self.assertEqual(self.collect(pack, folder="/etc"), {"folder": ["/etc"]})

    def test_are_left_alone_for_the_owner_and_for_nobody(self):
        inputs = {"filename_prefix": ["../x"], "width": [10**9], "height": [10**9]}
        self.assertEqual(self.execution.get_input_data(inputs, Picture, "1")[0], inputs)
        with as_user(self.owner):
            self.assertEqual(self.execution.get_input_data(inputs, Picture, "1")[0], inputs)

    def test_that_would_take_more_memory_than_there_is_are_refused(self):
        for values in (
            {"width": 16384, "height": 16384, "batch_size": 64},
            {"width": 16384.0, "height": 16384, "length": 4096},
            {"width": 8192, "height": 8192, "image": Tensor(64, 8, 8, 3)},
            {"amount": 4096, "image": Tensor(1, 1024, 1024, 3)},
        ):
            with self.assertRaises(node_inputs.TooLarge, msg=str(values)):
                self.collect(Picture, **values)
        for values in (
            {"width": 4096, "height": 4096, "batch_size": 4},
            {"width": 16384, "height": 16384, "batch_size": 64, "x": 0},
            {"width": 16384, "height": "wide", "batch_size": 64},
            {"width": float("inf"), "height": float("nan")},
        ):
            self.collect(Picture, **values)
        self.collect(Save, width=16384, height=16384, batch_size=64)

    def test_of_another_shape_are_reported(self):
        self.execution.get_input_data = lambda graph: {}
        with self.assertRaises(TypeError):
            node_inputs.install(self.execution, self.paths, lambda: None)


if __name__ == "__main__":
    unittest.main()

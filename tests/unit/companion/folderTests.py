"""Folders, names and user data of each user, with a stand-in for ComfyUI: run by companion.test.ts."""

from __future__ import annotations

import os
import sys
import types
import unittest

from companionParts import ANNA, WithFolders, as_user, identity, part

annotated_paths = part("isolation.annotated_paths")
containment = part("isolation.containment")
folders = part("isolation.folders")
save_path = part("isolation.save_path")
userdata = part("isolation.userdata")
users = part("isolation.users")


class Containment(WithFolders):
    def test_follows_links_before_it_answers(self):
        inside, outside = os.path.join(self.base, "in"), os.path.join(self.base, "out")
        os.makedirs(inside)
        secret = self.write(outside, "secret.png")
        os.symlink(outside, os.path.join(inside, "folder"))
        os.symlink(secret, os.path.join(inside, "picture.png"))
        os.symlink(inside, os.path.join(self.base, "also-in"))
        for name, expected in (
            ("", True),
            ("new/picture.png", True),
            ("../in/x", True),
            ("../out/secret.png", False),
            ("folder/secret.png", False),
            ("picture.png", False),
            ("../in2", False),
            (secret, False),
            ("a\0b", False),
        ):
            self.assertEqual(containment.contains(inside, os.path.join(inside, name)), expected, name)
        self.assertTrue(containment.contains(os.path.join(self.base, "also-in"), os.path.join(inside, "x")))
        self.assertFalse(containment.contains(inside, None))


class TheFolders(WithFolders):
    def setUp(self):
        super().setUp()
        self.paths = self.folder_paths()
        self.imported = types.ModuleType("a_pack_that_came_first")
        self.imported.ask = self.paths.get_output_directory
        sys.modules[self.imported.__name__] = self.imported
        self.addCleanup(sys.modules.pop, self.imported.__name__)
        folders.install(self.paths)

    def test_are_those_of_the_user_who_is_asking(self):
        for user in (self.anna, self.bert):
            with as_user(user):
                self.assertEqual(self.paths.get_input_directory(), user.input_directory)
                self.assertEqual(self.paths.get_directory_by_type("output"), user.output_directory)
                self.assertEqual(self.paths.annotated_filepath("a.png [temp]"), ("a.png", user.temp_directory))

    def test_are_comfyuis_own_for_the_owner_and_for_nobody(self):
        own = os.path.join(self.comfyui, "output")
        self.assertEqual(self.paths.get_output_directory(), own)
        with as_user(self.owner):
            self.assertEqual(self.paths.get_output_directory(), own)
            self.assertEqual(self.paths.get_temp_directory(), os.path.join(self.comfyui, "temp"))

    def test_hold_for_a_pack_that_imported_the_function_by_name(self):
        with as_user(self.anna):
            self.assertEqual(self.imported.ask(), self.anna.output_directory)

    def test_hold_for_a_pack_that_reads_the_attribute(self):
        with as_user(self.anna):
            self.assertEqual(self.paths.output_directory, self.anna.output_directory)
        self.paths.output_directory = "/elsewhere"
        self.assertEqual(self.paths.get_output_directory(), "/elsewhere")

    def test_makes_the_temp_folder_on_demand_for_the_user_alone(self):
        self.assertFalse(os.path.exists(self.anna.temp_directory))
        with as_user(self.anna):
            made = self.paths.get_temp_directory()
        self.assertEqual((made, os.stat(made).st_mode & 0o777), (self.anna.temp_directory, 0o700))

    def test_never_shares_comfyuis_temp_folder_with_a_user_who_has_folders(self):
        with as_user(self.anna._replace(temp_directory=None)):
            self.assertEqual(self.paths.get_temp_directory(), os.path.join(self.comfyui, "temp", f"gatehouse-{ANNA}"))

    def test_makes_no_output_folder_that_is_gone(self):
        os.rmdir(self.anna.output_directory)
        with as_user(self.anna):
            self.paths.get_output_directory()
        self.assertFalse(os.path.exists(self.anna.output_directory))


class NamesInWorkflows(WithFolders):
    def setUp(self):
        super().setUp()
        self.paths = self.folder_paths()
        folders.install(self.paths)
        annotated_paths.install(self.paths)
        self.write(self.anna.input_directory, "mine.png")
        self.foreign = self.write(self.bert.input_directory, "theirs.png")
        os.symlink(self.foreign, os.path.join(self.anna.input_directory, "link.png"))

    def test_find_own_files(self):
        with as_user(self.anna):
            self.assertTrue(self.paths.exists_annotated_filepath("mine.png"))
            self.assertTrue(self.paths.exists_annotated_filepath("mine.png [input]"))
            self.assertFalse(self.paths.exists_annotated_filepath("missing.png"))
            self.assertEqual(
                self.paths.get_annotated_filepath("mine.png"), os.path.join(self.anna.input_directory, "mine.png")
            )

    def test_find_own_files_by_their_whole_path_in_whichever_own_folder(self):
        saved = self.write(self.anna.output_directory, "saved.png")
        with as_user(self.anna):
            self.assertEqual(self.paths.get_annotated_filepath(saved), saved)
            self.assertTrue(self.paths.exists_annotated_filepath(saved))
            self.assertFalse(self.paths.exists_annotated_filepath("../output/saved.png"))

    def test_answer_for_every_foreign_file_as_for_none(self):
        relative = os.path.relpath(self.foreign, self.anna.input_directory)
        names = [self.foreign, relative, f"{relative} [input]", f"{self.foreign} [temp]", "link.png", "/etc/hostname", "a\0b"]
        with as_user(self.anna):
            texts = set()
            for name in [*names, "/no/such/file", "../../nothing"]:
                self.assertFalse(self.paths.exists_annotated_filepath(name), name)
                with self.assertRaises(FileNotFoundError) as refusal:
                    self.paths.get_annotated_filepath(name)
                texts.add(str(refusal.exception))
            self.assertEqual(len(texts), 1)
            self.assertNotIn(self.base, texts.pop())

    def test_answer_for_the_gates_own_files_as_for_none(self):
        self.write(self.anna.output_directory, ".gatehouse/removed/x.png")
        os.symlink(os.path.join(self.anna.output_directory, ".gatehouse"), os.path.join(self.anna.output_directory, "way"))
        self.write(self.anna.input_directory, "a\tb.png")
        names = [f"{folder}/x.png" for folder in (".gatehouse/removed", "way/removed", ".GateHouse/removed")]
        absolute = os.path.join(self.anna.output_directory, ".gatehouse/removed/x.png")
        with as_user(self.anna):
            for name in [*(f"{name} [output]" for name in names), absolute, "a\tb.png", "a\\b.png"]:
                self.assertFalse(self.paths.exists_annotated_filepath(name), name)
                with self.assertRaises(FileNotFoundError):
                    self.paths.get_annotated_filepath(name)

    def test_keeps_the_packs_own_default_folder(self):
        with as_user(self.anna):
            self.assertEqual(self.paths.get_annotated_filepath("x", self.comfyui), os.path.join(self.comfyui, "x"))

    def test_changes_nothing_for_the_owner(self):
        with as_user(self.owner):
            self.assertEqual(self.paths.get_annotated_filepath(self.foreign), self.foreign)
            self.assertTrue(self.paths.exists_annotated_filepath(self.foreign))


class Saving(WithFolders):
    def setUp(self):
        super().setUp()
        self.paths = self.folder_paths()
        folders.install(self.paths)
        save_path.install(self.paths)

    def save(self, prefix, folder):
        with as_user(self.anna):
            return self.paths.get_save_image_path(prefix, folder)[0]

    def test_ends_in_the_users_folder_whatever_folder_the_node_kept(self):
        for folder in (
            os.path.join(self.comfyui, "output"),
            self.bert.output_directory,
            "/",
            self.anna.output_directory + "/",
            None,
        ):
            self.assertEqual(self.save("x", folder).rstrip("/"), self.anna.output_directory)
        self.assertEqual(self.save("x", os.path.join(self.comfyui, "temp")).rstrip("/"), self.anna.temp_directory)
        self.assertEqual(self.save("x", self.anna.input_directory).rstrip("/"), self.anna.input_directory)

    def test_keeps_folders_below_the_users_own(self):
        self.assertEqual(self.save("a/b/x", self.anna.output_directory), os.path.join(self.anna.output_directory, "a/b"))

    def test_refuses_to_leave_it_and_makes_nothing(self):
        os.symlink(self.bert.output_directory, os.path.join(self.anna.output_directory, "link"))
        before = sorted(os.listdir(self.base)), os.listdir(self.bert.output_directory)
        for prefix in ("../x/y", "/tmp/x", "%date%/../../x/y", "link/x", f"{self.bert.output_directory}/x", "a\0/b", 5):
            with self.assertRaises(ValueError) as refusal:
                self.save(prefix, self.anna.output_directory)
            self.assertNotIn(self.base, str(refusal.exception))
        self.assertEqual((sorted(os.listdir(self.base)), os.listdir(self.bert.output_directory)), before)

    def test_refuses_names_that_nobody_records_and_the_gates_own_folder(self):
        os.makedirs(os.path.join(self.anna.output_directory, ".gatehouse/removed"))
        os.symlink(os.path.join(self.anna.output_directory, ".gatehouse"), os.path.join(self.anna.output_directory, "way"))
        before = sorted(os.walk(self.anna.output_directory))
        names = [".gatehouse/q/x", "a/.gatehouse/x", ".gatehouse", "way/removed/x", ".GATEHOUSE/x", ".gatehouse. /x"]
        names += ["gateho~1/x", ".gate\u200bhouse/x", ".gatehou\u017fe/x", ".gatehouse::$INDEX_ALLOCATION/x", "%date%/../.gatehouse/x"]
        names += ["a\\b", "a\tb", "a\x7fb", "a\nb/x", "d/" * 40 + "x", f"{self.anna.output_directory}/.gatehouse/x"]
        for prefix in names:
            with self.assertRaises(ValueError, msg=prefix) as refusal:
                self.save(prefix, self.anna.output_directory)
            self.assertNotIn(self.base, str(refusal.exception))
        self.assertEqual(sorted(os.walk(self.anna.output_directory)), before)
        self.save("my.gatehouse/x", self.anna.output_directory)

    def test_changes_nothing_for_the_owner(self):
        with as_user(self.owner):
            self.assertEqual(self.paths.get_save_image_path("x", self.comfyui)[0].rstrip("/"), self.comfyui)


class UserData(WithFolders):
    class Manager:
        def get_request_user_id(self, request):
            return request.headers.get("comfy-user", "default")

        def get_request_user_filepath(self, request, file, type="userdata", create_dir=True):
            return f"/comfyui/user/{self.get_request_user_id(request)}/{file}"

    def setUp(self):
        super().setUp()
        self.manager_class = type("Manager", (UserData.Manager,), {})
        userdata.install(self.manager_class)

    def find(self, user, file, **options):
        request = types.SimpleNamespace(headers={"comfy-user": "someone-else"})
        with as_user(user):
            return self.manager_class().get_request_user_filepath(request, file, **options)

    def test_lies_in_the_users_folder_whatever_the_header_says(self):
        root = self.anna.userdata_directory
        self.assertEqual(self.find(self.anna, None), root)
        self.assertEqual(self.find(self.anna, "comfy.settings.json"), os.path.join(root, "comfy.settings.json"))
        self.assertEqual(self.find(self.anna, "workflows%2Fa.json"), os.path.join(root, "workflows/a.json"))
        self.assertTrue(os.path.isdir(os.path.join(root, "workflows")))

    def test_never_leaves_it(self):
        os.symlink(self.bert.userdata_directory, os.path.join(self.anna.userdata_directory, "link"))
        for file in ("../x", "..%2F..%2Fusers.json", "%2Fetc%2Fpasswd", "/etc/passwd", "link/x", "a/../../b", "a%00b"):
            self.assertIsNone(self.find(self.anna, file), file)

    def test_makes_no_folder_that_is_gone(self):
        os.rmdir(self.anna.userdata_directory)
        self.find(self.anna, "workflows/a.json")
        self.assertFalse(os.path.exists(self.anna.userdata_directory))

    def test_stays_comfyuis_own_for_the_owner(self):
        self.assertEqual(self.find(self.owner, "a"), "/comfyui/user/someone-else/a")


class WhatTheGateTells(WithFolders):
    def body(self, **changes):
        user = self.anna
        values = (user.input_directory, user.output_directory, user.temp_directory, user.userdata_directory)
        return {**dict(zip(users.FOLDERS, values)), **changes}

    def refused(self, **changes):
        with self.assertRaises(users.FolderRefused) as refusal:
            users.parse_user(ANNA, self.body(**changes))
        return str(refusal.exception)

    def test_is_taken_as_it_is(self):
        self.assertEqual(users.parse_user(ANNA, self.body()), self.anna)
        nothing = dict.fromkeys(users.FOLDERS)
        self.assertFalse(users.parse_user(ANNA, nothing).has_own_folders)

    def test_is_made_real_and_normal(self):
        os.symlink(self.anna.output_directory, os.path.join(self.base, "link"))
        user = users.parse_user(ANNA, self.body(outputDirectory=os.path.join(self.base, "link") + "/"))
        self.assertEqual(user.output_directory, self.anna.output_directory)

    def test_is_refused_in_words(self):
        file = self.write(self.base, "file")
        self.assertIn("absolute", self.refused(inputDirectory="input"))
        self.assertIn("absolute", self.refused(inputDirectory=""))
        self.assertIn("absolute", self.refused(outputDirectory=5))
        self.assertIn("absolute", self.refused(userdataDirectory="/a\0b"))
        self.assertIn("absolute", self.refused(userdataDirectory="/" + "a" * 5000))
        self.assertIn("not there", self.refused(outputDirectory="/no/such/folder"))
        self.assertIn("not a folder", self.refused(outputDirectory=file))
        self.assertIn("not a folder", self.refused(tempDirectory=file))
        for body in ([], None, "x", {}, {**self.body(), "more": None}):
            with self.assertRaises(users.FolderRefused):
                users.parse_user(ANNA, body)

    def test_never_gives_two_users_one_folder(self):
        known = users.Users()
        known.put(self.anna, ())
        below = os.path.join(self.anna.output_directory, "below")
        for folder in (self.anna.output_directory, below, os.path.dirname(self.anna.output_directory)):
            with self.assertRaises(users.FolderRefused):
                known.put(self.bert._replace(input_directory=folder), ())
        self.assertIsNone(known.find(self.bert.id))
        known.put(self.anna._replace(output_directory=below), ())
        self.assertEqual(known.find(ANNA).output_directory, below)

    def test_never_gives_a_user_comfyui_itself(self):
        known = users.Users()
        for folder in (self.base, self.comfyui, os.path.join(self.comfyui, "output")):
            with self.assertRaises(users.FolderRefused):
                known.put(self.anna._replace(output_directory=folder), [os.path.join(self.comfyui, "output")])
        self.assertIsNone(known.find(ANNA))

    def test_knows_whether_anybody_but_the_owner_works_here(self):
        known = users.Users()
        known.put(self.owner, ())
        self.assertFalse(known.has_others())
        known.put(self.anna, ())
        self.assertTrue(known.has_others())
        known.forget(ANNA)
        self.assertFalse(known.has_others())


if __name__ == "__main__":
    unittest.main()

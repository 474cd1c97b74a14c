"""Which models and which classes of nodes a person may use: run by companion.test.ts."""

from __future__ import annotations

import asyncio
import os
import sys
import types
import unittest

from companionParts import ANNA, WithFolders, as_user, identity, part

cache_keys = part("isolation.cache_keys")
companion_routes = part("isolation.companion_routes")
file_access = part("isolation.file_access")
guards = part("guards")
jobs = part("isolation.jobs")
model_access = part("isolation.model_access")
model_rules = part("isolation.model_rules")
node_rules = part("isolation.node_rules")
object_info = part("isolation.object_info")
rules = part("isolation.rules")
users = part("isolation.users")

MODELS = {".safetensors", ".ckpt"}


def make_rules(models=None, nodes=None):
    return rules.parse_rules({"models": models or {}, "nodes": nodes})


class TheRules(WithFolders):
    def test_are_taken_in_one_shape_only(self):
        for value in (
            None,
            [],
            {},
            {"models": {}},
            {"nodes": None},
            {"models": {}, "nodes": None, "more": 1},
            {"models": [], "nodes": None},
            {"models": {"loras": "a"}, "nodes": None},
            {"models": {"loras": [1]}, "nodes": None},
            {"models": {"loras": [""]}, "nodes": None},
            {"models": {"loras": ["a\0"]}, "nodes": None},
            {"models": {}, "nodes": "KSampler"},
            {"models": {}, "nodes": [["KSampler"]]},
        ):
            with self.assertRaises(rules.RulesRefused, msg=repr(value)):
                rules.parse_rules(value)

    def test_come_with_the_user_or_not_at_all(self):
        folders = dict(zip(users.FOLDERS, (None, None, None, None)))
        self.assertIsNone(users.parse_user(ANNA, folders).rules)
        taken = users.parse_user(ANNA, {**folders, "rules": {"models": {"loras": []}, "nodes": ["A"]}})
        self.assertEqual((list(taken.rules.models), taken.rules.nodes), (["loras"], frozenset("A")))
        self.assertFalse(taken.has_own_folders)
        for value in (None, {"models": {}}):
            with self.assertRaises(rules.RulesRefused):
                users.parse_user(ANNA, {**folders, "rules": value})

    def test_of_another_shape_leave_what_was_told_before(self):
        known = users.Users()
        known.put(self.anna, ())
        web = types.SimpleNamespace(json_response=lambda body, status, headers: (status, body["error"]))
        routes = companion_routes.CompanionRoutes(web, known, None, None, list, list, {})

        async def read():
            return {**dict(zip(users.FOLDERS, self.anna[1:5])), "rules": {"models": {}}}

        request = types.SimpleNamespace(path=f"/gatehouse/companion/users/{ANNA}", method="PUT", json=read)
        self.assertEqual(asyncio.run(routes.answer_for_gate(request)), (400, "bad_rules"))
        self.assertEqual(known.find(ANNA), self.anna)

    def test_list_names_folders_and_what_lies_beside_a_model(self):
        names = rules.Names(["a.safetensors", "set", "deep/b.ckpt"])
        for name in ("a.safetensors", "./a.safetensors", "set/x.bin", "set/deep/y", "deep/b.ckpt", "a.png", "a.preview.PNG", "a.safetensors.json", "deep/b.yaml"):
            self.assertTrue(names.covers(name, frozenset()), name)
        for name in ("b.safetensors", "a.ckpt", "A/a.safetensors", "deep/a.safetensors", "deep/c.ckpt", "b.yaml", "settle", "../a.safetensors", "/a.safetensors", "", ".", "ab.png"):
            self.assertFalse(names.covers(name, frozenset()), name)


    def test_a_side_file_belongs_to_the_model_with_the_longest_name(self):
        names, stems = rules.Names(["flux.safetensors", "flux.b.ckpt"]), rules.stems_of(["flux.safetensors", "./flux.secret.ckpt", "flux.b.ckpt"])
        for name in ("flux.png", "flux.preview.png", "flux.safetensors.json", "flux.b.png", "flux.b.preview.png"):
            self.assertTrue(names.covers(name, stems), name)
        for name in ("flux.secret.png", "flux.secret.preview.png", "flux.secret.ckpt.json"):
            self.assertFalse(names.covers(name, stems), name)


class WithModels(WithFolders):
    def setUp(self):
        super().setUp()
        self.paths = self.folder_paths()
        self.checkpoints, self.loras = (os.path.join(self.comfyui, "models", kind) for kind in ("checkpoints", "loras"))
        self.paths.folder_names_and_paths.update(
            {"checkpoints": ([self.checkpoints], MODELS), "loras": ([self.loras], MODELS), "empty": ([self.base], {".nothing"})}
        )
        self.mine = self.write(self.checkpoints, "mine.safetensors")
        self.secret = self.write(self.checkpoints, "secret.safetensors")
        self.lora = self.write(self.loras, "style.safetensors")
        self.users = users.Users()
        self.users.put(self.bert, ())
        self.models = model_access.ModelAccess(self.users, self.paths)
        model_rules.install_names(self.paths, self.models)
        self.access = file_access.FileAccess(self.users, self.paths, [], self.models)
        self.limit({"checkpoints": ["mine.safetensors"]})

    def limit(self, models=None, nodes=None):
        self.users.put(self.anna._replace(rules=make_rules(models, nodes)), ())

    def is_open_to(self, user, path):
        with as_user(user):
            try:
                self.access.check(path)
            except (model_access.ModelRefused, file_access.NotYourFolder):
                return False
        return True


class Models(WithModels):
    def test_that_are_not_listed_are_as_if_they_were_not_there(self):
        with as_user(self.anna):
            self.assertEqual(self.paths.get_filename_list("checkpoints"), ["mine.safetensors"])
            self.assertEqual(self.paths.get_filename_list_("checkpoints")[0], ["mine.safetensors"])
            self.assertEqual(self.paths.cached_filename_list_("checkpoints")[0], ["mine.safetensors"])
            self.assertIsNone(self.paths.get_full_path("checkpoints", "secret.safetensors"))
            with self.assertRaises(FileNotFoundError):
                self.paths.get_full_path_or_raise("checkpoints", "secret.safetensors")
            self.assertEqual(self.paths.get_full_path("checkpoints", "mine.safetensors"), self.mine)
            self.assertEqual(self.paths.get_filename_list("loras"), ["style.safetensors"])

    def test_are_all_there_for_others_also_after_somebody_limited_has_asked(self):
        both = ["mine.safetensors", "secret.safetensors"]
        for user in (self.anna, self.bert, self.owner, None, self.anna):
            with as_user(user):
                self.assertEqual(self.paths.get_filename_list("checkpoints"), both[:1] if user is self.anna else both)
        with as_user(self.bert):
            self.assertEqual(self.paths.get_full_path("checkpoints", "secret.safetensors"), self.secret)

    def test_are_refused_to_code_that_opens_them_by_an_absolute_path(self):
        for path in (self.secret, os.path.relpath(self.secret), os.path.join(self.loras, "..", "checkpoints", "secret.safetensors")):
            self.assertFalse(self.is_open_to(self.anna, path), path)
            self.assertTrue(self.is_open_to(self.bert, path), path)
        for path in (self.mine, self.lora, __file__):
            self.assertTrue(self.is_open_to(self.anna, path), path)

    def test_are_refused_in_other_spellings_that_the_folder_hides(self):
        for name in ("secret.safetensors.bak", "new.safetensors", "notes.txt", "secret.png"):
            self.assertFalse(self.is_open_to(self.anna, self.write(self.checkpoints, name)), name)
        self.assertTrue(self.is_open_to(self.anna, self.write(self.checkpoints, "mine.png")))

    def test_are_not_shown_by_a_picture_that_also_begins_like_an_allowed_one(self):
        self.write(self.checkpoints, "mine.secret.ckpt")
        for name in ("mine.secret.png", "mine.secret.preview.png"):
            self.assertFalse(self.is_open_to(self.anna, self.write(self.checkpoints, name)), name)
            self.assertTrue(self.is_open_to(self.bert, os.path.join(self.checkpoints, name)), name)
            with as_user(self.anna):
                self.assertIsNone(self.paths.get_full_path("checkpoints", name))
        self.assertTrue(self.is_open_to(self.anna, self.write(self.checkpoints, "mine.preview.png")))

    def test_are_not_reached_as_the_same_file_under_another_kind(self):
        self.paths.folder_names_and_paths["loras"][0].append(self.checkpoints)
        with as_user(self.anna):
            self.assertEqual(self.paths.get_filename_list("loras"), ["mine.safetensors", "style.safetensors"])
            self.assertIsNone(self.paths.get_full_path("loras", "secret.safetensors"))

    def test_are_not_reached_over_a_link_made_to_a_forbidden_model(self):
        for make in (os.symlink, os.link):
            for folder in (self.loras, self.anna.input_directory):
                link = os.path.join(folder, f"{make.__name__}.safetensors")
                make(self.secret, link)
                self.assertFalse(self.is_open_to(self.anna, link), link)
                self.assertTrue(self.is_open_to(self.bert if folder is self.loras else self.owner, link), link)
        with as_user(self.anna):
            self.assertEqual(self.paths.get_filename_list("loras"), ["style.safetensors"])

    def test_that_are_links_themselves_are_known_by_what_they_lead_to(self):
        store = self.write(self.base, "store", "big.bin")
        link = os.path.join(self.checkpoints, "linked.safetensors")
        os.symlink(store, link)
        self.assertFalse(self.is_open_to(self.anna, link))
        self.assertFalse(self.is_open_to(self.anna, store))
        self.limit({"checkpoints": ["linked.safetensors"]})
        self.assertTrue(self.is_open_to(self.anna, link))
        self.assertTrue(self.is_open_to(self.anna, store))
        self.assertFalse(self.is_open_to(self.anna, self.mine))

    def test_are_not_reached_by_a_way_whose_text_is_a_listed_name(self):
        elsewhere = self.write(self.checkpoints, "deep", "mine.safetensors")
        os.makedirs(os.path.join(self.checkpoints, "deep", "below"))
        os.symlink(os.path.join(self.checkpoints, "deep", "below"), os.path.join(self.checkpoints, "link"))
        way = os.path.join(self.checkpoints, "link", "..", "mine.safetensors")
        self.assertTrue(os.path.samefile(way, elsewhere))
        self.assertFalse(self.is_open_to(self.anna, way))

    def test_in_folders_of_two_limited_kinds_are_allowed_by_either_list(self):
        self.paths.folder_names_and_paths["loras"][0].append(self.checkpoints)
        self.limit({"checkpoints": [], "loras": ["secret.safetensors"]})
        self.assertTrue(self.is_open_to(self.anna, self.secret))
        self.assertFalse(self.is_open_to(self.anna, self.mine))
        with as_user(self.anna):
            self.assertEqual(self.paths.get_filename_list("loras"), ["secret.safetensors"])
            self.assertEqual(self.paths.get_filename_list("checkpoints"), [])

    def test_are_limited_by_the_older_name_of_a_kind_too(self):
        folder = os.path.join(self.comfyui, "models", "unet")
        self.paths.folder_names_and_paths["diffusion_models"] = ([folder], MODELS)
        path = self.write(folder, "big.safetensors")
        self.limit({"unet": []})
        with as_user(self.anna):
            for kind in ("unet", "diffusion_models"):
                self.assertEqual(self.paths.get_filename_list(kind), [])
                self.assertIsNone(self.paths.get_full_path(kind, "big.safetensors"))
        self.assertFalse(self.is_open_to(self.anna, path))

    def test_that_come_later_are_not_listed(self):
        self.assertTrue(self.is_open_to(self.anna, self.mine))
        late = self.write(self.checkpoints, "late.safetensors")
        link = os.path.join(self.loras, "late.safetensors")
        os.link(late, link)
        self.assertFalse(self.is_open_to(self.anna, link))

    def test_replaced_by_a_link_to_a_forbidden_one_leave_the_list(self):
        for _ in range(2):
            with as_user(self.anna):
                self.assertEqual(self.paths.get_filename_list("loras"), ["style.safetensors"])
        os.remove(self.lora)
        os.symlink(self.secret, self.lora)
        with as_user(self.anna):
            self.assertEqual(self.paths.get_filename_list("loras"), [])
        with as_user(self.bert):
            self.assertEqual(self.paths.get_filename_list("loras"), ["style.safetensors"])

    def test_change_for_a_job_that_is_running(self):
        with as_user(self.users.find(ANNA), identity.Job({})):
            self.assertIsNone(self.paths.get_full_path("checkpoints", "secret.safetensors"))
            self.limit({"checkpoints": ["secret.safetensors"]})
            self.assertEqual(self.paths.get_full_path("checkpoints", "secret.safetensors"), self.secret)
            self.assertIsNone(self.paths.get_full_path("checkpoints", "mine.safetensors"))

    def test_do_not_hide_in_the_texts_of_prompts(self):
        deep = self.write(self.checkpoints, "deep", "hidden.pt")
        with open(deep) as file:
            file.read()
        loaded = []
        encoder = types.ModuleType("encoder_stand_in")
        exec("def load_embed(embedding_name, embedding_directory, size): return seen(embedding_name)", encoder.__dict__)
        encoder.__dict__["seen"] = lambda name: loaded.append(name) or name
        sys.modules[encoder.__name__] = encoder
        self.addCleanup(sys.modules.pop, encoder.__name__)

        class Manager:
            def get_model_file_list(self, folder_name):
                return [{"name": "mine.safetensors", "pathIndex": 0}, {"name": "secret.safetensors", "pathIndex": 0}]

            def get_model_previews(self, filepath):
                if "*" in filepath:
                    raise model_access.ModelRefused()
                return [filepath]

        known = {"comfy.sd1_clip": encoder, "app.model_manager": types.SimpleNamespace(ModelFileManager=Manager)}
        model_rules.install_loading(known.__getitem__, self.models)
        with as_user(self.anna):
            for name in ("secret", "secret.safetensors", "hidden", "deep/hidden", "../checkpoints/secret"):
                self.assertIsNone(encoder.load_embed(name, [self.checkpoints], 1), name)
            self.assertEqual(encoder.load_embed("mine", self.checkpoints, 1), "mine")
            self.assertEqual([file["name"] for file in Manager().get_model_file_list("checkpoints")], ["mine.safetensors"])
            self.assertEqual(Manager().get_model_previews(self.secret[: -len("safetensors")] + "x"), [])
            self.assertEqual(Manager().get_model_previews(self.mine), [self.mine])
            # A pattern, and what it finds is forbidden.
            self.assertEqual(Manager().get_model_previews(os.path.join(self.checkpoints, "mine.*.png")), [])
        with as_user(self.bert):
            self.assertEqual(encoder.load_embed("secret", [self.checkpoints], 1), "secret")
            self.assertEqual(len(Manager().get_model_file_list("checkpoints")), 2)
        self.assertEqual(loaded, ["mine", "secret"])

    def test_cached_by_somebody_who_may_are_not_handed_to_one_who_may_not(self):
        def mark(user, **values):
            with as_user(user):
                return self.models.loader_mark(values)

        for user in (self.bert, self.owner, None):
            self.assertEqual(mark(user, ckpt_name="secret.safetensors"), "")
        self.assertEqual(mark(self.anna, ckpt_name="mine.safetensors"), "")
        self.assertEqual(mark(self.anna, lora_name="style.safetensors", strength_model=1.0, model=["1", 0]), "")
        self.assertEqual(mark(self.anna, clip_name="mine.safetensors", type="sdxl", device="default"), "")
        for name in ("secret.safetensors", "taesd", "../secret.safetensors", {"__value__": "secret.safetensors"}):
            self.assertNotEqual(mark(self.anna, ckpt_name=name), "", name)

    def test_leave_no_result_of_ones_own_behind_when_they_are_forbidden(self):
        with as_user(self.anna):
            before = cache_keys.current_mark(self.models)
            self.limit({"checkpoints": []})
            self.assertNotEqual(cache_keys.current_mark(self.models), before)
            self.limit({"checkpoints": ["mine.safetensors"]}, ["A"])
            self.assertEqual(cache_keys.current_mark(self.models), before)


class Allowed:
    pass


class Denied:
    pass


PROMPT = {"1": {"class_type": "Allowed", "inputs": {}}, "2": {"class_type": "Denied", "inputs": {}}}


def execution_stand_in():
    execution = types.ModuleType("execution_stand_in")
    exec(
        """
async def validate_prompt(prompt_id, prompt, partial_execution_list):
    return (True, None, list(prompt), {})

def get_input_data(inputs, class_def, unique_id, outputs=None):
    return inputs

class PromptExecutor:
    def execute(self, prompt, prompt_id, extra_data={}, execute_outputs=[]):
        ran.append(prompt_id)
""",
        execution.__dict__,
    )
    execution.ran = []
    return execution


class Server:
    def trigger_on_prompt(self, json_data):
        # A pack that takes out what it does not know.
        return {**json_data, "extra_data": {}}


class Graph:
    class DynamicPrompt:
        def __init__(self):
            self.nodes = {}

        def add_ephemeral_node(self, node_id, node_info, parent_id, display_id):
            self.nodes[node_id] = node_info


class Nodes(WithFolders):
    def setUp(self):
        super().setUp()
        self.execution = execution_stand_in()
        sys.modules[self.execution.__name__] = self.execution
        self.addCleanup(sys.modules.pop, self.execution.__name__)
        self.classes = {"Allowed": Allowed, "Denied": Denied}
        self.users = users.Users()
        self.limit(["Allowed"])
        self.rules = node_rules.NodeRules(self.users, lambda: self.classes)
        self.server = type("Server", (Server,), {"trigger_on_prompt": Server.trigger_on_prompt})
        self.prompt_class = type("DynamicPrompt", (Graph.DynamicPrompt,), {})
        node_rules.install(self.execution, types.SimpleNamespace(DynamicPrompt=self.prompt_class), self.server, self.rules)
        self.rules.remember_classes()

    def limit(self, nodes):
        self.users.put(self.anna._replace(rules=make_rules({}, nodes)), ())

    def validate(self, prompt, user=None):
        with as_user(user or self.anna):
            return asyncio.run(self.execution.validate_prompt("id", prompt, None))

    def test_of_denied_classes_are_refused_with_their_number_and_class(self):
        valid, error, outputs, node_errors = self.validate(PROMPT)
        self.assertEqual((valid, error["type"], outputs), (False, "not_allowed", []))
        self.assertEqual(set(error), {"type", "message", "details", "extra_info"})
        self.assertIn("#2 (Denied)", error["message"])
        self.assertEqual(list(node_errors), ["2"])
        self.assertEqual(node_errors["2"]["class_type"], "Denied")
        self.assertTrue(self.validate({"1": PROMPT["1"]})[0])
        self.assertTrue(self.validate({"3": {"class_type": "Unknown", "inputs": {}}})[0])  # ComfyUI's own words
        self.assertTrue(self.validate(PROMPT, self.bert)[0])
        self.limit(None)
        self.assertTrue(self.validate(PROMPT)[0])

    def test_of_denied_classes_do_not_run_when_the_rule_came_after_the_check(self):
        executor = self.execution.PromptExecutor()
        with as_user(self.anna, identity.Job(PROMPT)):
            with self.assertRaises(node_rules.NodeRefused) as caught:
                executor.execute(PROMPT, "refused", {})
            executor.execute({"1": PROMPT["1"]}, "allowed", {})
        self.assertEqual(self.execution.ran, ["allowed"])
        failure = guards.describe_failure(PROMPT, "refused", caught.exception)
        self.assertEqual((failure["node_id"], failure["node_type"]), ("2", "Denied"))

    def test_expanded_of_a_denied_class_are_refused(self):
        prompt = self.prompt_class()
        with as_user(self.anna, identity.Job({})):
            prompt.add_ephemeral_node("1.1", PROMPT["1"], "1", "1")
            with self.assertRaises(node_rules.NodeRefused):
                prompt.add_ephemeral_node("1.2", PROMPT["2"], "1", "1")
        self.assertEqual(list(prompt.nodes), ["1.1"])

    def test_are_asked_by_the_class_that_is_about_to_run(self):
        with as_user(self.anna, identity.Job({})):
            self.assertEqual(self.execution.get_input_data({"a": 1}, Allowed, "1"), {"a": 1})
            for node_class in (Denied, type("Stranger", (), {})):
                with self.assertRaises(node_rules.NodeRefused):
                    self.execution.get_input_data({}, node_class, "2")
        with as_user(self.bert, identity.Job({})):
            self.assertEqual(self.execution.get_input_data({}, Denied, "2"), {})

    def test_whose_class_was_taken_over_by_another_pack_are_refused(self):
        self.classes["Allowed"] = type("Allowed", (), {})
        self.classes["Late"] = Allowed
        self.limit(["Allowed", "Late"])
        self.assertEqual(list(self.validate(PROMPT)[3]), ["1", "2"])
        self.assertFalse(self.validate({"1": {"class_type": "Late", "inputs": {}}})[0])
        with as_user(self.anna, identity.Job({})), self.assertRaises(node_rules.NodeRefused):
            self.execution.get_input_data({}, self.classes["Allowed"], "1")

    def test_of_published_workflows_are_not_asked_about(self):
        with as_user(self.anna):
            self.server().trigger_on_prompt({"extra_data": {"gatehouse_published": True}})
            self.assertTrue(asyncio.run(self.execution.validate_prompt("id", PROMPT, None))[0])
        with as_user(self.anna):  # the next request of the same connection
            self.assertFalse(asyncio.run(self.execution.validate_prompt("id", PROMPT, None))[0])
        with identity.acting_as(identity.Identity(self.anna, identity.Job(PROMPT), True)):
            self.execution.PromptExecutor().execute(PROMPT, "published", {})
        self.assertEqual(self.execution.ran, ["published"])

    def test_count_as_published_by_nothing_but_true(self):
        for value in (1, "true", [True], None, False):
            with as_user(self.anna):
                self.server().trigger_on_prompt({"extra_data": {"gatehouse_published": value}})
                self.assertFalse(asyncio.run(self.execution.validate_prompt("id", PROMPT, None))[0], value)
        seen = []

        def execute(self, prompt, prompt_id, extra_data, execute_outputs):
            seen.append(identity.current().is_published)

        run = jobs.run_as_owner(execute, self.users)
        for value in (True, 1, "true"):
            run(None, {}, "id", {"gatehouse_user": ANNA, "gatehouse_published": value}, [])
        self.assertEqual(seen, [True, False, False])


class ObjectInfo(unittest.TestCase):
    def setUp(self):
        self.web = types.SimpleNamespace(json_response=lambda body, status=200: (status, body))

    def cut(self, text, limits, status=200):
        return object_info.cut(self.web, types.SimpleNamespace(status=status, text=text), limits)

    def test_shows_what_may_be_used(self):
        self.assertEqual(self.cut('{"A":{"x":1},"B":{}}', frozenset("A")), (200, {"A": {"x": 1}}))
        self.assertEqual(self.cut("{}", frozenset("A")), (200, {}))

    def test_shows_nothing_that_it_cannot_read(self):
        for text in ("", "[1", "[1]", None, "[" * 100_000):
            self.assertEqual(self.cut(text, frozenset("A"))[0], 502)
        self.assertEqual(self.cut("failed", frozenset("A"), 500).status, 500)

    def test_is_known_by_its_route_under_both_prefixes(self):
        def request(pattern):
            return types.SimpleNamespace(match_info=types.SimpleNamespace(route=types.SimpleNamespace(resource=types.SimpleNamespace(canonical=pattern))))

        for pattern in ("/object_info", "/api/object_info", "/object_info/{node_class}", "/api/object_info/{node_class}"):
            self.assertTrue(object_info.shows_classes(request(pattern)), pattern)
        self.assertFalse(object_info.shows_classes(request("/prompt")))


if __name__ == "__main__":
    unittest.main()

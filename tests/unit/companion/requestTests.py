"""For whom a request is, and the companion's own routes: run by companion.test.ts."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import types
import unittest

from companionParts import ANNA, BERT, WithFolders, identity, part

companion_routes = part("isolation.companion_routes")
folders = part("isolation.folders")
request_paths = part("isolation.request_paths")
requests = part("isolation.requests")
shared_loaders = part("isolation.shared_loaders")
users = part("isolation.users")
validation = part("isolation.validation")


class Response:
    def __init__(self, status=200, body=None, headers=None):
        self.status, self.body = status, body


class FakeWeb:
    """As much of aiohttp.web as the companion uses."""

    Response = Response

    @staticmethod
    def json_response(body, status=200, headers=None):
        return Response(status, body, headers)


class Headers:
    def __init__(self, pairs):
        self.pairs = pairs

    def getall(self, name, default):
        return [value for key, value in self.pairs if key.lower() == name.lower()] or default


class Request:
    def __init__(self, method, path, *, user=None, headers=(), body="", pattern=None, query=(), match=(), fields=()):
        pairs = [*headers, *([("X-Gatehouse-User", user)] if user is not None else [])]
        self.method, self.path, self.headers, self.body = method, path, Headers(pairs), body
        self.rel_url = types.SimpleNamespace(query=dict(query))
        resource = types.SimpleNamespace(canonical=path if pattern is None else pattern)
        self.match_info = Match(match)
        self.match_info.route = types.SimpleNamespace(resource=resource)
        self.fields = dict(fields)

    async def json(self):
        return json.loads(self.body)

    async def post(self):
        return self.fields


class Match(dict):
    pass


class PromptServer:
    """Of ComfyUI's server, what validation asks."""

    def __init__(self, handler=lambda body: body):
        self.handler = handler

    def trigger_on_prompt(self, body):
        return self.handler(body)


class Execution:
    def __init__(self, answer=(True, None, ["1"], {})):
        self.answer, self.asked = answer, []

    async def validate_prompt(self, prompt_id, prompt, partial_execution_list):
        self.asked.append((prompt, partial_execution_list, identity.current_user()))
        return self.answer


class WithCompanion(WithFolders):
    def setUp(self):
        super().setUp()
        self.users, self.missing, self.execution = users.Users(), [], Execution()
        self.users.put(self.anna, ())
        self.memory = shared_loaders.LoaderMemory()
        self.server = PromptServer()
        validator = validation.Validator(self.execution, self.server)
        routes = companion_routes.CompanionRoutes(
            FakeWeb, self.users, self.memory, validator, lambda: self.missing, lambda: [self.comfyui], {"/gatehouse/companion/nodes": self.find}
        )
        self.requests = requests.RequestUsers(FakeWeb, self.users, routes)
        self.reached, self.found = [], []

    def find(self):
        self.found.append(identity.current_user())
        if len(self.found) == 1:
            raise OSError("not yet")
        return {"nodes": len(self.found)}

    def ask(self, method, path, **options):
        async def handler(_request):
            self.reached.append(identity.current_user())
            return Response(200, "ComfyUI")

        return asyncio.run(self.requests.answer(Request(method, path, **options), handler))

    def assert_refused(self, expected, method, path, **options):
        response = self.ask(method, path, **options)
        self.assertEqual((response.status, response.body["error"]), expected, (method, path, options))
        self.assertEqual(self.reached, [])


class RequestsOfPeople(WithCompanion):
    def test_run_as_their_user(self):
        self.assertEqual(self.ask("GET", "/object_info", user=ANNA).status, 200)
        self.assertEqual(self.reached, [self.anna])

    def test_leave_no_trace_for_the_next_one_of_the_connection(self):
        async def two():
            async def handler(_request):
                self.reached.append(identity.current_user())

            await self.requests.answer(Request("GET", "/view", user=ANNA, pattern=""), handler)
            await self.requests.answer(Request("GET", "/queue"), handler)

        asyncio.run(two())
        self.assertEqual(self.reached, [self.anna, None])

    def test_need_a_user_except_for_the_gates_errands(self):
        for method, path in (
            ("GET", "/"),
            ("GET", "/view"),
            ("POST", "/prompt"),
            ("GET", "/history"),
            ("GET", "/history/a/b"),
            ("POST", "/history/a"),
            ("POST", "/api/history"),
            ("GET", "/prompt"),
            ("GET", "/system_stats"),
            ("GET", "/features"),
            ("GET", "/api/queue"),
            ("GET", "/queue/"),
            ("HEAD", "/queue"),
            ("DELETE", "/history/a"),
            ("GET", "/settings"),
            ("GET", "/internal/logs"),
            ("POST", "/gatehouse/companion/validate"),
        ):
            self.assert_refused((403, "user_required"), method, path)

    def test_are_not_needed_for_the_gates_errands(self):
        errands = [("GET", "/ws"), ("GET", "/queue"), ("GET", "/history/a-b")]
        errands += [("POST", "/history"), ("POST", "/interrupt"), ("POST", "/queue"), ("POST", "/free")]
        for method, path in errands:
            self.assertEqual(self.ask(method, path).status, 200, path)
        self.assertEqual(self.reached, [None] * len(errands))

    def test_of_an_unknown_user_are_told_so(self):
        self.assert_refused((409, "unknown_user"), "GET", "/view", user=BERT)
        self.assert_refused((409, "unknown_user"), "GET", "/queue", user=BERT)

    def test_with_a_malformed_user_or_two_are_refused(self):
        for user in ("", "anna", ANNA.upper(), ANNA + "a", ANNA + "\n", "../" + ANNA[3:]):
            self.assert_refused((400, "bad_user"), "GET", "/queue", user=user)
        twice = [("X-Gatehouse-User", ANNA), ("x-gatehouse-user", ANNA)]
        self.assert_refused((400, "bad_user"), "GET", "/view", headers=twice)


class Facts(WithCompanion):
    PATH = "/gatehouse/companion/nodes"

    def test_are_found_once_for_the_gate_alone_and_again_after_a_failure(self):
        async def ask_all():
            async def handler(_request):
                self.reached.append(identity.current_user())
                return Response(404)

            def answer(**options):
                return self.requests.answer(Request("GET", self.PATH, **options), handler)

            first = await answer()
            again = await asyncio.gather(*(answer() for _ in range(3)))
            return first, again, await answer(user=ANNA)

        first, again, hers = asyncio.run(ask_all())
        self.assertEqual((first.status, first.body["error"]), (500, "facts_unavailable"))
        self.assertEqual([response.body for response in again], [{"nodes": 2}] * 3)
        self.assertEqual(self.found, [None, None])
        self.assertEqual((hers.status, self.reached), (404, [self.anna]))

    def test_are_only_read(self):
        for method in ("POST", "PUT", "DELETE"):
            self.assert_refused((405, "method_not_allowed"), method, self.PATH)
        self.assertEqual(self.found, [])


class UsersRoute(WithCompanion):
    def body(self, user, **changes):
        return json.dumps({**dict(zip(users.FOLDERS, user[1:])), **changes})

    def put(self, user, **changes):
        return self.ask("PUT", f"/gatehouse/companion/users/{user.id}", body=self.body(user, **changes))

    def test_takes_a_user_again_and_again_and_forgets(self):
        for _ in range(2):
            self.assertEqual(self.put(self.bert).status, 204)
        self.assertEqual(self.users.find(BERT), self.bert)
        for _ in range(2):
            self.assertEqual(self.ask("DELETE", f"/gatehouse/companion/users/{BERT}").status, 204)
        self.assertIsNone(self.users.find(BERT))

    def test_an_older_telling_that_was_given_up_does_not_undo_a_later_one(self):
        narrow, wide = ({"models": {}, "nodes": nodes} for nodes in (["A"], None))
        self.assertEqual(self.put(self.bert, order=5, rules=narrow).status, 204)
        response = self.put(self.bert, order=4, rules=wide)
        self.assertEqual((response.status, response.body["error"], response.body["last"]), (409, "old_rules", 5))
        self.assertEqual(self.users.find(BERT).rules.nodes, frozenset("A"))
        # The same one twice, because its connection broke.
        self.assertEqual(self.put(self.bert, order=5, rules=narrow).status, 204)
        self.assertEqual(self.put(self.anna, order=1).status, 204)

    def test_an_older_telling_does_not_bring_back_who_was_forgotten(self):
        self.put(self.bert, order=5)
        self.ask("DELETE", f"/gatehouse/companion/users/{BERT}")
        self.assertEqual(self.put(self.bert, order=4).status, 409)
        self.assertIsNone(self.users.find(BERT))

    def test_an_older_telling_is_refused_also_after_a_later_one_that_could_not_be_taken(self):
        self.assertEqual(self.put(self.bert, order=5, outputDirectory="output").status, 400)
        self.assertEqual(self.put(self.bert, order=4).status, 409)

    def test_numbers_of_tellings_are_whole_and_positive(self):
        for order in (None, True, "1", 1.0, 0, -1, 2**53, [1]):
            response = self.put(self.bert, order=order)
            self.assertEqual((response.status, response.body["error"]), (400, "bad_order"), order)
        self.assertIsNone(self.users.find(BERT))

    def test_forgets_what_a_user_had_loaded(self):
        prompt = {"1": {"class_type": "VAELoader", "inputs": {}}}
        classes = {"VAELoader": object}
        self.memory.remember(ANNA, prompt, classes)
        self.ask("DELETE", f"/gatehouse/companion/users/{ANNA}")
        self.assertEqual(self.memory.keep_known(ANNA, ["1"], prompt, classes), [])

    def test_says_in_words_what_is_wrong_and_keeps_what_was_known(self):
        response = self.put(self.anna, outputDirectory="output")
        self.assertEqual((response.status, response.body["error"]), (400, "bad_folder"))
        self.assertIn("outputDirectory", response.body["message"])
        self.assertEqual(self.put(self.bert, outputDirectory=self.anna.output_directory).status, 400)
        self.assertEqual(self.put(self.bert, outputDirectory=self.base).status, 400)
        response = self.ask("PUT", f"/gatehouse/companion/users/{BERT}", body="{")
        self.assertEqual((response.status, response.body["error"]), (400, "bad_json"))
        self.assertEqual((self.users.find(ANNA), self.users.find(BERT)), (self.anna, None))

    def test_takes_nobody_but_the_owner_where_isolation_is_incomplete(self):
        self.missing = ["nodeObjects"]
        response = self.put(self.bert)
        self.assertEqual((response.status, response.body["error"]), (503, "isolation_unavailable"))
        self.assertIn("nodeObjects", response.body["message"])
        self.assertIsNone(self.users.find(BERT))
        self.assertEqual(self.put(self.owner).status, 204)

    def test_has_no_other_spelling(self):
        for path in (f"/gatehouse/companion/users/{BERT}/", "/gatehouse/companion/users/x", "/gatehouse/companion/users/"):
            self.assert_refused((400, "bad_user"), "PUT", path, body=self.body(self.bert))
        self.assert_refused((405, "method_not_allowed"), "POST", f"/gatehouse/companion/users/{BERT}")
        self.assert_refused((403, "user_required"), "PUT", f"/api/gatehouse/companion/users/{BERT}")
        self.assertIsNone(self.users.find(BERT))


PROMPT = {"1": {"class_type": "SaveImage", "inputs": {}}}


class Validation(WithCompanion):
    def validate(self, body):
        text = body if isinstance(body, str) else json.dumps(body)
        response = self.ask("POST", "/gatehouse/companion/validate", user=ANNA, body=text)
        self.assertEqual(self.reached, [])
        return response

    def test_asks_comfyui_as_the_user_and_answers_in_its_shape(self):
        self.execution.answer = (True, None, ["1"], {"2": {"errors": []}})
        response = self.validate({"prompt": PROMPT, "partial_execution_targets": ["1"]})
        self.assertEqual((response.status, response.body), (200, {"node_errors": {"2": {"errors": []}}, "outputs": ["1"]}))
        self.assertEqual(self.execution.asked, [(PROMPT, ["1"], self.anna)])
        self.execution.answer = (False, {"type": "prompt_no_outputs"}, [], {})
        response = self.validate({"prompt": PROMPT})
        self.assertEqual((response.status, response.body["error"]), (400, {"type": "prompt_no_outputs"}))

    def test_asks_the_handlers_of_packs_first_and_the_replacements_after_them(self):
        self.server.handler = lambda body: {**body, "prompt": {**body["prompt"], "2": {"class_type": "Old", "inputs": {}}}}

        def replace(prompt):
            prompt["2"]["class_type"] = "New"

        self.server.node_replace_manager = types.SimpleNamespace(apply_replacements=replace)
        self.validate({"prompt": PROMPT})
        self.assertEqual(self.execution.asked[0][0]["2"]["class_type"], "New")

    def test_tells_the_handlers_whose_prompt_it_is(self):
        seen = []
        self.server.handler = lambda body: seen.append(body["extra_data"]) or body
        self.validate({"prompt": PROMPT, "extra_data": {"gatehouse_user": BERT, "api_key_comfy_org": "secret"}})
        self.assertEqual(seen, [{"gatehouse_user": ANNA}])

    def test_refuses_in_comfyuis_shape_what_would_end_its_worker(self):
        for prompt in ([], 5, None, {"1": []}, {"1": {"class_type": "x"}}, {"1": {"class_type": [], "inputs": {}}}):
            response = self.validate({"prompt": prompt})
            self.assertEqual((response.status, response.body["error"]["type"]), (400, "invalid_prompt"), prompt)
        for body in ({}, [], 5):
            self.assertEqual(self.validate(body).body["error"]["type"], "no_prompt")
        self.assertEqual(self.validate({"prompt": PROMPT, "partial_execution_targets": 5}).status, 400)
        self.assertEqual(self.validate("{").status, 400)
        self.assertEqual(self.validate('{"prompt":' + "[" * 100_000 + "]" * 100_000 + "}").status, 400)
        self.assertEqual(self.execution.asked, [])

    def test_refuses_when_a_handler_answers_nonsense(self):
        for nonsense in (None, {}, 5):
            self.server.handler = lambda _body, answer=nonsense: answer
            self.assertEqual(self.validate({"prompt": PROMPT}).status, 400)
        self.assertEqual(self.execution.asked, [])

    def test_knows_the_older_shape_of_comfyuis_function(self):
        self.execution.validate_prompt = lambda prompt: (True, None, [], {})
        self.assertEqual(self.validate({"prompt": PROMPT}).status, 200)


class PathsOfRequests(WithCompanion):
    def setUp(self):
        super().setUp()
        paths = self.folder_paths()
        folders.install(paths)
        sys.modules["folder_paths"] = paths
        self.addCleanup(sys.modules.pop, "folder_paths")
        self.write(self.anna.output_directory, "mine.png")
        self.foreign = self.write(self.bert.output_directory, "theirs.png")
        os.symlink(self.foreign, os.path.join(self.anna.output_directory, "link.png"))
        os.symlink(self.bert.output_directory, os.path.join(self.anna.output_directory, "folder"))
        os.symlink(self.bert.input_directory, os.path.join(self.anna.input_directory, "folder"))

    def view(self, user=ANNA, **query):
        return self.ask("GET", "/api/view", user=user, pattern="/api/view", query=query).status

    def test_views_show_own_files(self):
        for query in ({"filename": "mine.png"}, {"filename": "mine.png [output]"}, {"filename": "a.png", "type": "input"}):
            self.assertEqual(self.view(**query), 200)

    def test_views_follow_no_link_out_of_the_folder(self):
        relative = os.path.relpath(self.bert.output_directory, self.anna.output_directory)
        for query in (
            {"filename": "link.png"},
            {"filename": "link.png [output]"},
            {"filename": "theirs.png", "subfolder": "folder"},
            {"filename": "theirs.png", "subfolder": relative},
            {"filename": "theirs.png", "subfolder": self.bert.output_directory},
            {"filename": "../x", "subfolder": ""},
            {"filename": "a\0b"},
            {"filename": "blake3:" + "0" * 64},
        ):
            self.assertEqual(self.view(**query), 404, query)
        self.assertEqual(self.reached, [])

    def test_views_show_nothing_of_the_gates_own_folder(self):
        self.write(self.anna.output_directory, ".gatehouse/account.json")
        self.write(self.anna.output_directory, ".gatehouse/removed/x")
        for query in (
            {"filename": "account.json", "subfolder": ".gatehouse"},
            {"filename": "x", "subfolder": "./.Gatehouse/removed"},
            {"filename": "x [output]", "subfolder": ".gatehouse/removed", "type": "input"},
        ):
            self.assertEqual(self.view(**query), 404, query)
        self.assertEqual(self.upload("/upload/image", subfolder=".gatehouse/removed"), 400)
        self.assertEqual(self.reached, [])

    def test_views_of_the_owner_are_comfyuis_affair(self):
        self.users.put(self.owner, ())
        os.symlink(self.foreign, os.path.join(self.comfyui, "output", "link.png"))
        self.assertEqual(self.view(user=self.owner.id, filename="link.png"), 200)

    def upload(self, path, **fields):
        image = types.SimpleNamespace(filename=fields.pop("filename", "a.png"))
        return self.ask("POST", path, user=ANNA, fields={"image": image, **fields}).status

    def test_uploads_stay_in_the_users_folder(self):
        self.assertEqual(self.upload("/upload/image"), 200)
        self.assertEqual(self.upload("/upload/image", subfolder="a/b", type="input"), 200)
        self.reached.clear()
        for fields in (
            {"subfolder": "folder"},
            {"subfolder": "../../x"},
            {"subfolder": self.bert.input_directory},
            {"filename": "../x.png"},
            {"filename": "..\\x.png"},
            {"filename": None},
            {"filename": "folder/x.png"},
            {"type": "foo"},
        ):
            self.assertEqual(self.upload("/upload/image", **fields), 400, fields)
        self.assertEqual(self.reached, [])

    def test_masks_are_made_of_own_pictures(self):
        own, link = json.dumps({"filename": "mine.png"}), json.dumps({"filename": "link.png"})
        self.assertEqual(self.upload("/upload/mask", original_ref=own), 200)
        self.reached.clear()
        through = json.dumps({"filename": "folder/theirs.png"})
        for reference in (link, through, json.dumps({"filename": "x.png", "subfolder": "folder"}), "[]", "{", "{}", '{"filename":5}'):
            self.assertEqual(self.upload("/upload/mask", original_ref=reference), 400, reference)
        self.assertEqual(self.upload("/upload/mask", original_ref=own, subfolder="folder"), 400)
        self.assertEqual(self.reached, [])

    def test_moves_of_user_data_stay_inside(self):
        pattern = "/userdata/{file}/move/{dest}"
        for dest, status in (("b.json", 200), ("../x", 403), (f"..%2F..%2F{BERT}%2Fuserdata%2Fx", 403), ("/etc/x", 403)):
            match = {"file": "a.json", "dest": dest}
            response = self.ask("POST", f"/userdata/a.json/move/{dest}", user=ANNA, pattern=pattern, match=match)
            self.assertEqual(response.status, status, dest)

    def test_previews_of_models_show_models_only(self):
        pattern = "/experiment/models/preview/{folder}/{path_index}/{filename}"
        for name, status in (("a/b.safetensors", 200), ("../../input/x.png", 404), ("/etc/x.png", 404), ("..\\x", 404)):
            match = {"folder": "checkpoints", "path_index": "0", "filename": name}
            response = self.ask("GET", "/experiment/models/preview", user=ANNA, pattern=pattern, match=match)
            self.assertEqual(response.status, status, name)


if __name__ == "__main__":
    unittest.main()

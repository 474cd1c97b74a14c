"""What the gate is told of classes and routes: run by companion.test.ts."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tempfile
import textwrap
import types
import unittest

from companionParts import part

comfyui_risks = part("facts.comfyui_risks")
engine_facts = part("facts.engine_facts")
origins = part("facts.origins")

IMPORTED = re.compile(r"\W")


class WithPacks(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.base = os.path.realpath(holder.name)
        self.packs = os.path.join(self.base, "custom_nodes")
        os.makedirs(self.packs)

    def write(self, name, text):
        path = os.path.join(self.base, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(textwrap.dedent(text))
        return path

    def load(self, path, name=None):
        """As ComfyUI loads a pack: under a name of its own."""
        name = name or IMPORTED.sub("_", path)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        self.addCleanup(sys.modules.pop, name, None)
        spec.loader.exec_module(module)
        return module

    def facts(self):
        return engine_facts.NodeFacts(origins.Homes(self.base, [self.packs]), {"Node": "A node"})

    def fact(self, source, more=(), pack="pack"):
        """Of the class `Node` of a pack with this source, and with further files."""
        for name, text in dict(more).items():
            self.write(f"custom_nodes/{pack}/{name}", text)
        module = self.load(self.write(f"custom_nodes/{pack}/__init__.py", source))
        module.Node.RELATIVE_PYTHON_MODULE = f"custom_nodes.{pack}"
        return self.facts().of_class("Node", module.Node)

    def risks(self, source, more=()):
        return self.fact(source, more)["risks"]

    def risks_of_run(self, body, head=""):
        lines = [head, "class Node:", "    def run(self, text, image):", *(f"        {line}" for line in body.splitlines())]
        return self.risks("\n".join(lines))


class Risks(WithPacks):
    def test_of_code_that_somebody_types_in(self):
        for body, head in (
            ("return eval(text)", ""),
            ("exec(text)", ""),
            ("return compile(text, '', 'exec')", ""),
            ("return pickle.loads(text)", "import pickle"),
            ("return load(text)", "from pickle import load"),
            ("return torch.load(find())", "import types\ntorch = None\ndef find(): pass\nif False:\n    import torch"),
            ("return importlib.import_module(text)", "import importlib"),
            ("return __import__(text)", ""),
            ("return yaml.load('x')", "yaml = None\nif False:\n    import yaml"),
            ("return numpy.load('x', allow_pickle=True)", "numpy = None\nif False:\n    import numpy"),
            ("return AutoModel.from_config(1, trust_remote_code=True)", "AutoModel = None"),
        ):
            self.assertIn("runsCode", self.risks_of_run(body, head), body)

    def test_of_programs_and_the_network(self):
        for body, head, risk in (
            ("subprocess.run(['ls'])", "import subprocess", "startsPrograms"),
            ("return subprocess.run(text, shell=True).returncode", "import subprocess", "startsPrograms"),
            ("return str(subprocess.check_output('ls').decode()).strip()[0]", "import subprocess", "startsPrograms"),
            ("sp.Popen(text)", "import subprocess as sp", "startsPrograms"),
            ("os.system('ls')", "import os", "startsPrograms"),
            ("os.execvp('a', [])", "import os", "startsPrograms"),
            ("getattr(os, 'system')('ls')", "import os", "startsPrograms"),
            ("__import__('subprocess').run('ls')", "", "startsPrograms"),
            ("import subprocess\nsubprocess.run('ls')", "", "startsPrograms"),
            ("RUN('ls')", "import subprocess\nRUN = subprocess.run", "startsPrograms"),
            ("return urllib.request.urlopen('https://a')", "import urllib.request", "usesNetwork"),
            ("return socket.socket()", "import socket", "usesNetwork"),
            ("return Model.from_pretrained('name')", "Model = None", "usesNetwork"),
            ("return http.client.HTTPConnection('a')", "import http.client", "usesNetwork"),
        ):
            self.assertEqual(self.risks_of_run(body, head), [risk], body)

    def test_of_paths_that_somebody_types_in(self):
        head = "import os, shutil, glob\nfrom pathlib import Path\nimport types\nfolder_paths = types.SimpleNamespace()\n"
        for body, risk in (
            ("return open(text).read()", "readsAnyFile"),
            ("return open(os.path.join('/models', text), 'rb')", "readsAnyFile"),
            ("path = f'{text}.txt'\nwith open(path) as file:\n    return file.read()", "readsAnyFile"),
            ("return Path(text).read_text()", "readsAnyFile"),
            ("return os.listdir(text)", "readsAnyFile"),
            ("return glob.glob(text + '/*')", "readsAnyFile"),
            ("with open(text, 'w') as file:\n    file.write('x')", "writesAnyFile"),
            ("open(file=text, mode='ab')", "writesAnyFile"),
            ("os.remove(text)", "writesAnyFile"),
            ("shutil.rmtree(text)", "writesAnyFile"),
            ("Path(text).unlink()", "writesAnyFile"),
            ("image.save(os.path.join(folder_paths.get_output_directory(), text))", "writesAnyFile"),
            ("self.path = text\nreturn self.go()\n", None),
        ):
            self.assertEqual(self.risks_of_run(body, head), [risk] if risk else [], body)

    def test_do_not_lie_in_paths_of_ones_own_folders(self):
        head = "import os, json, re\nimport types\nfolder_paths = types.SimpleNamespace()\nHERE = os.path.dirname(__file__)"
        for body in (
            "return open(folder_paths.get_full_path('loras', text), 'rb')",
            "return open(folder_paths.get_annotated_filepath(text), 'rb')",
            "return open(os.path.join(HERE, 'words.json'))",
            "re.compile('x')\nself.eval()\nreturn json.loads(text)",
            "full, name, count, sub, text = folder_paths.get_save_image_path(text, folder_paths.get_output_directory())\n"
            "for number, one in enumerate(image):\n"
            "    file = f'{name}_{count + number:05}_.png'\n"
            "    one.save(os.path.join(full, file))\n"
            "    with open(os.path.join(full, f'{file}.json'), 'w') as out:\n"
            "        out.write('x')",
        ):
            self.assertEqual(self.risks_of_run(body, head), [], body)

    def test_are_found_in_what_the_class_uses_in_its_pack(self):
        helpers = {"tools.py": "import os\ndef start(x):\n    return deep(x)\ndef deep(x):\n    return os.system(x)\ndef calm(x):\n    return x\n"}
        for source in (
            "from .tools import start\nclass Node:\n    def run(self, x):\n        return start(x)",
            "from . import tools\nclass Node:\n    def run(self, x):\n        return tools.start(x)",
            "from .tools import *\nclass Node:\n    def run(self, x):\n        return start(x)",
            "from .tools import start as go\nTABLE = {'a': go}\nclass Node:\n    def run(self, x):\n        return TABLE['a'](x)",
            "from . import tools\nclass Base:\n    def help(self, x):\n        return tools.deep(x)\nclass Node(Base):\n    def run(self, x):\n        return self.help(x)",
            "def lazy(x):\n    from .tools import start\n    return start(x)\nclass Node:\n    run = staticmethod(lazy)",
        ):
            self.assertEqual(self.risks(source, helpers), ["startsPrograms"], source)
        calm = "from .tools import calm\nimport subprocess\nclass Other:\n    run = subprocess.run\nclass Node:\n    def run(self, x):\n        return calm(x)"
        self.assertEqual(self.risks(calm, helpers), [])

    def test_of_what_nobody_can_read_are_unknown(self):
        self.assertEqual(self.risks("Node = type('Node', (), {})"), ["unknownSource"])
        self.assertEqual(self.risks("class Node:\n    def run(self):\n        from .native import go\n        return go()"), ["unknownSource"])
        self.assertEqual(self.risks("exec('class Node: pass')"), ["unknownSource"])
        broken = {"old.py": "print 'x'\n"}
        self.assertEqual(self.risks("class Node:\n    def run(self):\n        from .old import go\n        return go()", broken), ["unknownSource"])

    def test_end_in_circles(self):
        source = "def a():\n    return b()\ndef b():\n    return a()\nclass Node:\n    def run(self):\n        return a()"
        self.assertEqual(self.risks(source), [])


class Origins(WithPacks):
    def test_name_the_pack_its_place_and_its_source(self):
        fact = self.fact("class Node:\n    CATEGORY = 'words'\n")
        self.assertEqual((fact["name"], fact["title"], fact["category"], fact["pack"]), ("Node", "A node", "words", "pack"))
        self.assertEqual(fact["packPath"], os.path.join(self.packs, "pack"))
        self.assertRegex(fact["sourceHash"], r"^[0-9a-f]{64}$")

    def test_change_with_any_file_of_the_pack_and_with_its_name(self):
        seen = set()
        for more in ({}, {"a.py": "x = 1\n"}, {"a.py": "x = 2\n"}, {"a.py": "x = 2\n", "deep/b.py": ""}, {"deep/c.py": ""}):
            seen.add(self.fact("class Node:\n    pass\n", more)["sourceHash"])
        self.assertEqual(len(seen), 5)
        before = self.fact("class Node:\n    pass\n")["sourceHash"]
        self.write("custom_nodes/pack/notes.txt", "not source")
        self.assertEqual(self.fact("class Node:\n    pass\n")["sourceHash"], before)

    def test_of_a_pack_of_one_file_are_that_file(self):
        path = self.write("custom_nodes/single.py", "import os\nclass Node:\n    def run(self, x):\n        os.system(x)\n")
        module = self.load(path)
        module.Node.RELATIVE_PYTHON_MODULE = "custom_nodes.single"
        fact = self.facts().of_class("Node", module.Node)
        self.assertEqual((fact["pack"], fact["packPath"], fact["risks"]), ("single.py", path, ["startsPrograms"]))

    def test_follow_links_to_where_a_pack_really_is(self):
        real = self.write("work/mine/__init__.py", "class Node:\n    pass\n")
        os.symlink(os.path.dirname(real), os.path.join(self.packs, "mine"))
        module = self.load(os.path.join(self.packs, "mine", "__init__.py"))
        fact = self.facts().of_class("Node", module.Node)
        self.assertEqual((fact["pack"], fact["packPath"], fact["risks"]), ("mine", os.path.dirname(real), []))

    def test_class_taken_over_by_another_pack_is_that_packs(self):
        mine = self.fact("class Node:\n    pass\n", pack="mine")
        other = self.fact("class Node:\n    pass\n", pack="other")
        self.assertEqual([fact["pack"] for fact in (mine, other)], ["mine", "other"])
        self.assertNotEqual(mine["packPath"], other["packPath"])

    def test_of_a_class_from_elsewhere_are_unknown(self):
        borrowed = type("Borrowed", (unittest.TestCase,), {"RELATIVE_PYTHON_MODULE": "custom_nodes.pack"})
        self.write("custom_nodes/pack/__init__.py", "")
        fact = self.facts().of_class("Node", borrowed)
        self.assertEqual((fact["pack"], fact["risks"]), ("pack", ["unknownSource"]))
        stranger = self.facts().of_class("Node", type("Stranger", (), {}))
        self.assertEqual((stranger["sourceHash"], stranger["risks"]), ("", ["unknownSource"]))

    def test_of_comfyuis_own_are_the_file_and_its_known_dangers(self):
        module = self.load(self.write("comfy_extras/nodes_string.py", "import os\nclass Node:\n    def run(self, x):\n        os.system(x)\n"))
        facts = self.facts()
        fact = facts.of_class("RegexMatch", module.Node)
        self.assertEqual((fact["pack"], fact["packPath"], fact["risks"]), ("comfyui", self.base, ["canHang"]))
        self.assertEqual(facts.of_class("Node", module.Node)["risks"], [])


class OfComfyui(unittest.TestCase):
    def risks(self, name, module="nodes", **said):
        return comfyui_risks.find_risks(name, module, type(name, (), said))

    def test_are_known_by_what_they_say_of_themselves(self):
        for name, module, said, risk in (
            ("RegexReplace", "comfy_extras.nodes_string", {}, "canHang"),
            ("StringRegexSplit", "comfy_extras.nodes_string", {}, "canHang"),
            ("TextEncodeAceStepAudio", "comfy_extras.nodes_ace", {}, "canHang"),
            ("TorchCompileModel", "comfy_extras.nodes_torch_compile", {}, "startsPrograms"),
            ("TrainLoraNode", "comfy_extras.nodes_train", {"CATEGORY": "training"}, "trains"),
            ("SaveTrainingDataset", "comfy_extras.nodes_dataset", {"CATEGORY": "dataset"}, "trains"),
            ("CheckpointSave", "comfy_extras.nodes_model_merging", {"OUTPUT_NODE": True}, "savesModels"),
            ("SaveLoRANode", "comfy_extras.nodes_train", {"OUTPUT_NODE": True}, "savesModels"),
            ("Keep", "nodes", {"OUTPUT_NODE": True, "INPUT_TYPES": lambda: {"required": {"vae": ("VAE",)}}}, "savesModels"),
            ("Load3DAnimation", "comfy_extras.nodes_load_3d", {}, "load3d"),
            ("OpenAIDalle3", "comfy_api_nodes.nodes_openai", {}, "paid"),
            ("Anything", "comfy_extras.nodes_x", {"API_NODE": True}, "paid"),
        ):
            self.assertEqual(self.risks(name, module, **said), {risk}, name)

    def test_are_left_alone_otherwise(self):
        for name, said in (
            ("KSampler", {}),
            ("CLIPTextEncode", {}),
            ("LoadImage", {}),
            ("SaveImage", {"OUTPUT_NODE": True, "INPUT_TYPES": lambda: {"required": {"images": ("IMAGE",)}}}),
            ("SaveGLB", {"OUTPUT_NODE": True}),
            ("Preview3D", {"OUTPUT_NODE": True}),
            ("ModelSamplingFlux", {}),
            ("ImageTransform", {}),
            ("Broken", {"OUTPUT_NODE": True, "INPUT_TYPES": lambda: 1 / 0}),
        ):
            self.assertEqual(self.risks(name, **said), set(), name)


class Routes(WithPacks):
    def test_name_what_answers_them(self):
        pack = self.load(self.write("custom_nodes/pack/__init__.py", "def handler(request):\n    pass\n"))
        own = self.load(self.write("server.py", "def handler(request):\n    pass\nclass View:\n    pass\n"))

        def route(method, path, handler, directory=None):
            resource = types.SimpleNamespace(canonical=path, get_info=lambda: {"directory": directory} if directory else {})
            return types.SimpleNamespace(method=method, handler=handler, resource=resource)

        web = os.path.join(self.packs, "pack", "js")
        os.makedirs(web)
        router = types.SimpleNamespace(
            routes=lambda: [
                route("GET", "/view", own.handler),
                route("*", "/any/{name}", own.View),
                route("POST", "/pack/do", pack.handler),
                route("GET", "/extensions/pack", pack.handler, web),
                route("GET", "/", own.handler, self.base),
                route("GET", "/library", textwrap.dedent),
                types.SimpleNamespace(method="GET", handler=own.handler, resource=None),
            ]
        )
        found = engine_facts.list_routes(router, origins.Homes(self.base, [self.packs]))
        self.assertEqual(
            [(item["method"], item["path"], item["pack"]) for item in found],
            [
                ("GET", "/view", "comfyui"),
                ("*", "/any/{name}", "comfyui"),
                ("POST", "/pack/do", "pack"),
                ("GET", "/extensions/pack/*", "pack"),
                ("GET", "/*", "comfyui"),
                ("GET", "/library", "textwrap"),
            ],
        )


if __name__ == "__main__":
    unittest.main()

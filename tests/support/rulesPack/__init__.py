"""A pack for tests of what people may use: nodes that open models by themselves, expand, wait and take names over."""

import os
import subprocess
import time

import comfy.sd1_clip
import folder_paths
import nodes
import safetensors
import torch
from aiohttp import web
from comfy_execution.graph_utils import GraphBuilder
from server import PromptServer

from .helpers import start


class Rules:
    CATEGORY = "rules"
    RETURN_TYPES = ()
    OUTPUT_NODE = True
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": ""})}}

    @classmethod
    def IS_CHANGED(cls, text):
        return time.time()


class RulesOpen(Rules):
    """Opens a path of somebody's choice in every way that loaders do."""

    def run(self, text):
        ways = {
            "open": lambda: open(text, "rb").close(),
            "safetensors": lambda: safetensors.safe_open(text, framework="pt"),
            "torch": lambda: torch.load(text, weights_only=True),
            "link": lambda: os.symlink(text, os.path.join(folder_paths.get_output_directory(), "link")),
        }
        came = []
        for name, way in ways.items():
            try:
                way()
                came.append(f"{name}: opened")
            except Exception as error:
                came.append(f"{name}: {type(error).__name__}")
        return {"ui": {"came": came}}


class RulesTokenize(Rules):
    """How many embeddings ComfyUI finds in a prompt text."""

    def run(self, text):
        tokenizer = comfy.sd1_clip.SDTokenizer(embedding_directory=folder_paths.get_folder_paths("embeddings"), embedding_size=1)
        tokens = tokenizer.tokenize_with_weights(text)
        return {"ui": {"count": [sum(not isinstance(token[0], int) for batch in tokens for token in batch)]}}


class RulesExpand(Rules):
    """Puts a node of a class of somebody's choice in its place."""

    def run(self, text):
        graph = GraphBuilder()
        graph.node(text, text="from inside")
        return {"expand": graph.finalize(), "result": ()}


class RulesWait(Rules):
    """Until there is a file."""

    def run(self, text):
        while not os.path.exists(text):
            time.sleep(0.02)
        return {}


class RulesShell(Rules):
    def run(self, text):
        return {"ui": {"code": [subprocess.run(text, shell=True).returncode]}}


class RulesIndirect(Rules):
    """Starts a program two calls away, in another file."""

    def run(self, text):
        return self.help(text)

    def help(self, text):
        return {"ui": {"code": [start(text)]}}


class RulesPlain(Rules):
    def run(self, text):
        return {"ui": {"text": [text.upper()]}}


class Impostor(RulesPlain):
    pass


@PromptServer.instance.routes.post("/rules/takeover")
async def takeover(request):
    nodes.NODE_CLASS_MAPPINGS["RulesPlain"] = Impostor
    return web.json_response({})


@PromptServer.instance.routes.post("/rules/giveback")
async def give_back(request):
    nodes.NODE_CLASS_MAPPINGS["RulesPlain"] = RulesPlain
    return web.json_response({})


NODE_CLASS_MAPPINGS = {
    found.__name__: found
    for found in (RulesOpen, RulesTokenize, RulesExpand, RulesWait, RulesShell, RulesIndirect, RulesPlain)
}
NODE_DISPLAY_NAME_MAPPINGS = {"RulesPlain": "Plain words"}

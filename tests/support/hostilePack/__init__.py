"""A pack for tests: gives nodes values that no list and no limit has seen, and something of every kind that they ask for."""

from types import SimpleNamespace

import torch


class AnyKind(str):
    """Fits every input, as the wildcard types of packs do."""

    def __ne__(self, other):
        return False


class HostileText:
    CATEGORY = "probe"
    RETURN_TYPES = (AnyKind("*"),)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": ""})}}

    def run(self, text):
        return (text,)


def make_video():
    from fractions import Fraction

    from comfy_api.latest import InputImpl, Types

    components = Types.VideoComponents(images=torch.full((2, 16, 16, 3), 0.5), frame_rate=Fraction(8))
    return InputImpl.VideoFromComponents(components)


def make_svg():
    from io import BytesIO

    from comfy_extras.nodes_images import SVG

    return SVG([BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>")])


SAMPLES = {
    "IMAGE": lambda: torch.full((1, 16, 16, 3), 0.5),
    "MASK": lambda: torch.full((1, 16, 16), 0.5),
    "LATENT": lambda: {"samples": torch.zeros(1, 4, 2, 2)},
    "VIDEO": make_video,
    "SVG": make_svg,
    "MESH": lambda: SimpleNamespace(vertices=torch.zeros(1, 3, 3), faces=torch.zeros(1, 1, 3, dtype=torch.int64)),
    "LORA_MODEL": lambda: {"lora": torch.zeros(2, 2)},
    "LOSS_MAP": lambda: {"loss": [3.0, 2.0, 1.0]},
}


class SampleOf(HostileText):
    """Of a kind without a sample there is an object that can do nothing."""

    def run(self, text):
        return (SAMPLES.get(text, object)(),)


NODE_CLASS_MAPPINGS = {"HostileText": HostileText, "SampleOf": SampleOf}

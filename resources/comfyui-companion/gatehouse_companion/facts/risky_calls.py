"""Functions that the source of a class is searched for, by the full name that they are imported under.

A list of what packs commonly use, and advice: code that wants to hide what it calls can.
"""

from __future__ import annotations

import functools
from typing import Dict, FrozenSet, NamedTuple, Optional, Tuple

RUNS_CODE, STARTS_PROGRAMS, USES_NETWORK = "runsCode", "startsPrograms", "usesNetwork"
READS, WRITES, UNKNOWN = "readsAnyFile", "writesAnyFile", "unknownSource"

def _words(text: str) -> Tuple[str, ...]:
    return tuple(text.split())


# A name that ends in a dot stands for everything below it, one that ends in a star for all that begin so.
_BY_NAME: Dict[str, Tuple[str, ...]] = {
    RUNS_CODE: _words(
        "eval exec compile builtins.eval builtins.exec builtins.compile "
        "importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader imp. runpy. code.Interactive* "
        "pickle.load pickle.loads pickle.Unpickler _pickle. cPickle. dill. cloudpickle. joblib.load marshal.load marshal.loads "
        "shelve. pandas.read_pickle yaml.unsafe_load yaml.full_load yaml.UnsafeLoader numexpr. sympy.sympify "
        "sympy.parsing. asteval. RestrictedPython. jinja2. mako. ctypes. cffi. types.FunctionType types.CodeType "
        "torch.hub. torch.ops.load_library torch.utils.cpp_extension. execjs. js2py. pip."
    ),
    STARTS_PROGRAMS: _words(
        "subprocess. os.system os.popen os.exec* os.spawn* os.posix_spawn* os.startfile os.fork pty. pexpect. sh. plumbum. "
        "asyncio.create_subprocess_exec asyncio.create_subprocess_shell git. ffmpeg. webbrowser. invoke. fabric. winreg."
    ),
    USES_NETWORK: _words(
        "requests. urllib.request. urllib2. urllib3. httpx. aiohttp. socket. http.client. http.server. ftplib. smtplib. "
        "imaplib. poplib. telnetlib. xmlrpc. websocket. websockets. paramiko. huggingface_hub. gradio_client. openai. "
        "anthropic. ollama. google.generativeai. google.genai. google.cloud. boto3. botocore. wget. gdown. yt_dlp. pytube. "
        "selenium. playwright. telegram. discord. pycurl. tornado. twisted. torch.hub. grpc. zmq. paho. redis. pymongo. "
        "psycopg2. mysql. modelscope. replicate. fal_client. asyncio.open_connection asyncio.start_server fsspec. s3fs. "
        "trafilatura. feedparser."
    ),
}
# Methods that mean this on whatever they are called.
_BY_METHOD: Dict[str, str] = {
    "from_pretrained": USES_NETWORK,
    "from_single_file": USES_NETWORK,
    "download_url_to_file": USES_NETWORK,
    "load_file_from_url": USES_NETWORK,
    "load_state_dict_from_url": USES_NETWORK,
    "urlopen": USES_NETWORK,
    "urlretrieve": USES_NETWORK,
    "hf_hub_download": USES_NETWORK,
    "snapshot_download": USES_NETWORK,
    "create_subprocess_exec": STARTS_PROGRAMS,
    "create_subprocess_shell": STARTS_PROGRAMS,
}


class FileCall(NamedTuple):
    """Which arguments of a call are paths that are read or written: by position, and by their names."""

    reads: Tuple[int, ...] = ()
    writes: Tuple[int, ...] = ()


_READ = FileCall(reads=(0,))
_WRITE = FileCall(writes=(0,))
_FILES: Dict[str, FileCall] = {
    **dict.fromkeys(
        (
            "os.listdir os.scandir os.walk os.fwalk os.readlink glob.glob glob.iglob PIL.Image.open Image.open cv2.imread cv2.imreadmulti "
            "cv2.VideoCapture imageio.imread imageio.get_reader imageio.v2.imread imageio.v3.imread imageio.v3.imiter "
            "numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap torch.load safetensors.torch.load_file safetensors.safe_open "
            "torchaudio.load torchaudio.info torchvision.io.read_image torchvision.io.read_video soundfile.read librosa.load "
            "pandas.read_csv pandas.read_json pandas.read_excel pandas.read_parquet av.open comfy.utils.load_torch_file "
            "comfy.utils.safetensors_header comfy.sd.load_checkpoint_guess_config comfy.sd.load_diffusion_model comfy.sd.load_clip "
            "zipfile.ZipFile tarfile.open linecache.getlines fileinput.input configparser.read decord.VideoReader "
            "moviepy.editor.VideoFileClip onnxruntime.InferenceSession insightface.model_zoo.get_model trimesh.load"
        ).split(),
        _READ,
    ),
    **dict.fromkeys(
        (
            "os.remove os.unlink os.rmdir os.removedirs os.makedirs os.mkdir os.truncate os.chmod os.chown os.utime os.mkfifo shutil.rmtree "
            "cv2.imwrite cv2.VideoWriter imageio.imwrite imageio.mimsave imageio.get_writer imageio.v2.imwrite imageio.v3.imwrite "
            "numpy.save numpy.savez numpy.savez_compressed numpy.savetxt soundfile.write sqlite3.connect torchaudio.save "
            "torchvision.io.write_video torchvision.utils.save_image dbm.open pathlib.Path.mkdir"
        ).split(),
        _WRITE,
    ),
    **dict.fromkeys("torch.save safetensors.torch.save_file comfy.utils.save_torch_file".split(), FileCall(writes=(1,))),
    **dict.fromkeys("os.rename os.renames os.replace os.link os.symlink shutil.move".split(), FileCall(writes=(0, 1))),
    **dict.fromkeys("shutil.copy shutil.copy2 shutil.copyfile shutil.copytree".split(), FileCall(reads=(0,), writes=(1,))),
    **dict.fromkeys("shutil.unpack_archive shutil.make_archive".split(), FileCall(reads=(0, 1, 2), writes=(0, 1))),
}
# Of an object that was made of a path, such as pathlib's; and those whose first argument is one.
READING_METHODS: FrozenSet[str] = frozenset("read_text read_bytes iterdir glob rglob".split())
WRITING_METHODS: FrozenSet[str] = frozenset("write_text write_bytes unlink rmdir touch mkdir symlink_to hardlink_to".split())
SAVING_METHODS: FrozenSet[str] = frozenset("save savefig to_csv to_json export extractall extract save_pretrained export_to_file".split())
# They make a path of a name that is below one of ComfyUI's folders, or nothing that could be one.
SAFE_MAKERS: FrozenSet[str] = frozenset(
    (
        "get_full_path get_full_path_or_raise get_annotated_filepath get_save_image_path get_output_directory get_temp_directory "
        "get_input_directory get_folder_paths get_filename_list basename hexdigest int float bool len range "
        "isinstance hash id uuid4 uuid1 time strftime now ord sum numel"
    ).split()
)


@functools.lru_cache(maxsize=100_000)
def risks_of_name(name: str) -> FrozenSet[str]:
    """What the use of something with this full name means."""
    parts = name.split(".")
    ways = {name, *(".".join(parts[:count]) + "." for count in range(1, len(parts) + 1))}
    found = {risk for risk, entries in _ENTRIES.items() if ways & entries}
    return frozenset(found | {risk for start, risk in _STARTS if name.startswith(start)})


_ENTRIES = {risk: frozenset(names) for risk, names in _BY_NAME.items()}
_STARTS = tuple((name[:-1], risk) for risk, names in _BY_NAME.items() for name in names if name.endswith("*"))


def risk_of_method(name: str) -> Optional[str]:
    return _BY_METHOD.get(name)


def file_call(name: str) -> Optional[FileCall]:
    return _FILES.get(name)

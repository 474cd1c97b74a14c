"""Puts the isolation into ComfyUI when its modules are there, and tries it out when the last pack was loaded."""

from __future__ import annotations

import importlib
import logging
import os
from typing import Any, Callable, Dict, List, Optional

from . import cache_keys, early, file_access, jobs, model_rules, node_inputs, node_rules, sockets, userdata
from ..facts.engine_facts import NodeFacts, list_routes
from ..facts.origins import Homes
from .companion_routes import NODES_PATH, ROUTES_PATH, CompanionRoutes
from .patching import patches
from .requests import RequestUsers
from .self_test import SelfTest
from .shared_loaders import LoaderMemory
from .users import Users
from .validation import Validator


def comfyui(name: str) -> Any:
    """One of ComfyUI's own modules."""
    return importlib.import_module(name)


def install_isolation(web: Any, server_class: Any, private_folders: str) -> RequestUsers:
    """Never raises for a ComfyUI that cannot be patched. `server_class` is PromptServer; `private_folders` a JSON list."""
    users, memory = early.users, LoaderMemory()
    early.patch_early()
    patches.attempt("modelRules", lambda: model_rules.install_loading(comfyui, early.models()))
    # Before "execution", so that it stands inside of what runs a job as its owner.
    rules = node_rules.NodeRules(users, _node_classes)
    patches.attempt("nodeRules", lambda: _install_node_rules(server_class, rules))
    patches.attempt("execution", lambda: _install_jobs(users, memory))
    patches.attempt("cacheKeys", lambda: cache_keys.install_cache_keys(_caching(), _node_classes(), early.models()))
    patches.attempt("nodeObjects", lambda: cache_keys.install_node_objects(_caching(), early.models()))
    patches.attempt("userdata", lambda: userdata.install(comfyui("app.user_manager").UserManager))
    patches.attempt("socketTarget", lambda: sockets.install(server_class))
    patches.attempt("nodeInputs", lambda: node_inputs.install(comfyui("execution"), comfyui("folder_paths"), _free_bytes))
    patches.attempt("fileAccess", lambda: _install_file_access(server_class, users, private_folders))
    _when_packs_are_loaded(server_class, lambda: _try_out(users))
    validator = Validator(_Lazy("execution"), server_class.instance)
    facts = {NODES_PATH: lambda: _nodes(rules), ROUTES_PATH: lambda: _routes(server_class)}
    routes = CompanionRoutes(web, users, memory, validator, patches.missing, _comfyui_folders, facts)
    return RequestUsers(web, users, routes)


def _install_node_rules(server_class: Any, rules: node_rules.NodeRules) -> None:
    node_rules.install(comfyui("execution"), comfyui("comfy_execution.graph"), server_class, rules)
    _when_packs_are_loaded(server_class, rules.remember_classes)


def _install_jobs(users: Users, memory: LoaderMemory) -> None:
    execution = comfyui("execution")
    executor, queue = execution.PromptExecutor, execution.PromptQueue
    run, put = jobs.run_as_owner(executor.execute, users), jobs.claim_on_put(queue.put, users)
    executor.add_message = jobs.hide_foreign_results(executor.add_message, memory, _node_classes())
    executor.execute, queue.put = run, put


def _install_file_access(server_class: Any, users: Users, private_folders: str) -> None:
    private = file_access.parse_private_folders(private_folders)
    access = file_access.FileAccess(users, comfyui("folder_paths"), private, early.models())
    file_access.install(access)
    _when_packs_are_loaded(server_class, lambda: patches.attempt("fileAccess", lambda: file_access.wrap_native(access)))


def _when_packs_are_loaded(server_class: Any, act: Callable[[], None]) -> None:
    """ComfyUI 0.3.64 (main.py start_comfyui) adds its routes after the last pack, before it opens the port."""
    original = server_class.add_routes

    def add_routes(self: Any, *args: Any, **kwargs: Any) -> Any:
        act()
        return original(self, *args, **kwargs)

    server_class.add_routes = add_routes


def _try_out(users: Users) -> None:
    SelfTest(comfyui, users).run(patches)
    missing = patches.missing()
    if missing:
        logging.error("[gatehouse] this ComfyUI cannot keep users apart (%s): nobody but its owner is let in.", ", ".join(missing))
    else:
        logging.info("[gatehouse] users are kept apart.")


def _nodes(rules: node_rules.NodeRules) -> Dict[str, Any]:
    titles = getattr(comfyui("nodes"), "NODE_DISPLAY_NAME_MAPPINGS", {})
    return {"nodes": NodeFacts(_homes(), titles).of_all(rules.told_classes())}


def _routes(server_class: Any) -> Dict[str, Any]:
    return {"routes": list_routes(server_class.instance.app.router, _homes())}


def _homes() -> Homes:
    # Not `folder_paths.base_path`: with --base-directory ComfyUI's source lies elsewhere.
    source = os.path.dirname(os.path.realpath(str(comfyui("nodes").__file__)))
    return Homes(source, comfyui("folder_paths").get_folder_paths("custom_nodes"))


def _caching() -> Any:
    return comfyui("comfy_execution.caching")


def _free_bytes() -> Optional[int]:
    try:
        return int(importlib.import_module("psutil").virtual_memory().available)
    except Exception:  # ComfyUI brings it along; without it nobody knows
        return None


def _node_classes() -> Any:
    return comfyui("nodes").NODE_CLASS_MAPPINGS


def _comfyui_folders() -> List[str]:
    folder_paths = comfyui("folder_paths")
    own = [folder_paths.__dict__[f"{kind}_directory"] for kind in ("input", "output", "temp", "user")]
    return [*own, folder_paths.base_path]


class _Lazy:
    """A module that is imported at its first use, so that a missing one costs one route and not the whole pack."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(comfyui(self._name), name)

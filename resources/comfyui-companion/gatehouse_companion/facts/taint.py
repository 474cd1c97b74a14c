"""Whether a path could be a text that somebody typed in: what comes from the parameters of a function and went through
nothing that makes a name below ComfyUI's folders of it."""

from __future__ import annotations

import ast
from typing import Iterable, Iterator, List, Optional, Set, Tuple, Union

from .risky_calls import SAFE_MAKERS

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
MAX_ROUNDS = 6


class Taint:
    """The names of one definition that could hold such a text. A class shares `self.…` between its methods."""

    def __init__(self, definition: ast.AST) -> None:
        self._names: Set[str] = set()
        for node in ast.walk(definition):
            if isinstance(node, FUNCTIONS):
                self._names.update(_parameters(node))
        self._spread(definition)

    def is_tainted(self, expression: Optional[ast.AST]) -> bool:
        if expression is None or isinstance(expression, (ast.Constant, ast.Compare)):
            return False
        if isinstance(expression, ast.Call):
            if _last_name(expression.func) in SAFE_MAKERS:
                return False
            values: List[ast.AST] = [*expression.args, *(keyword.value for keyword in expression.keywords)]
            receiver = expression.func.value if isinstance(expression.func, ast.Attribute) else None
            return any(self.is_tainted(value) for value in (*values, receiver))
        if isinstance(expression, (ast.Name, ast.Attribute)):
            name = _spelled(expression)
            return name in self._names or (isinstance(expression, ast.Attribute) and self.is_tainted(expression.value))
        if isinstance(expression, ast.Subscript):
            return self.is_tainted(expression.value)
        return any(self.is_tainted(child) for child in ast.iter_child_nodes(expression))

    def _spread(self, definition: ast.AST) -> None:
        flows = list(_flows(definition))
        for _ in range(MAX_ROUNDS):
            before = len(self._names)
            for target, value in flows:
                if self.is_tainted(value):
                    self._names.update(_targets(target))
            if len(self._names) == before:
                return


def _flows(definition: ast.AST) -> Iterator[Tuple[ast.AST, ast.AST]]:
    for node in ast.walk(definition):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _paired(target, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            yield from _counted(node.target, node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield node.optional_vars, node.context_expr


def _paired(target: ast.AST, value: ast.AST) -> Iterator[Tuple[ast.AST, ast.AST]]:
    """`a, b = x, y` one by one."""
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)) and len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts)
    else:
        yield target, value


def _counted(target: ast.AST, source: ast.AST) -> Iterator[Tuple[ast.AST, ast.AST]]:
    """The number that `enumerate` gives is no text."""
    is_counted = isinstance(source, ast.Call) and _last_name(source.func) == "enumerate"
    if is_counted and isinstance(target, ast.Tuple) and len(target.elts) == 2:
        yield target.elts[1], source
    else:
        yield target, source


def _targets(target: ast.AST) -> Iterator[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _targets(element)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value)
    elif isinstance(target, ast.Subscript):
        yield from _targets(target.value)
    else:
        name = _spelled(target)
        if name is not None:
            yield name


def _parameters(function: Function) -> Iterable[str]:
    taken = function.args
    every = [*getattr(taken, "posonlyargs", []), *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg]
    return [argument.arg for argument in every if argument is not None and argument.arg not in ("self", "cls", "s")]


def _spelled(expression: ast.AST) -> Optional[str]:
    if isinstance(expression, ast.Name):
        return expression.id
    if isinstance(expression, ast.Attribute):
        below = _spelled(expression.value)
        return None if below is None else f"{below}.{expression.attr}"
    return None


def _last_name(function: ast.AST) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""

"""Which classes of a room implement a Protocol, read from its source, so that a new one without tests is noticed."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType


def implementations(room: ModuleType, *members: str) -> set[str]:
    """Names of the room's public classes that have all these methods or assigned names."""
    assert room.__file__ is not None
    trees = [ast.parse(file.read_text()) for file in Path(room.__file__).parent.rglob("*.py")]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    return {each.name for each in classes if _members(each) >= set(members)}


def _members(kind: ast.ClassDef) -> set[str]:
    assigned = [each for each in kind.body if isinstance(each, ast.Assign)]
    names = {target.id for each in assigned for target in each.targets if isinstance(target, ast.Name)}
    return names | {each.name for each in kind.body if isinstance(each, ast.FunctionDef)}

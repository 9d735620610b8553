"""Puts a bug into fibcore. Python imports this module at start if its folder is on PYTHONPATH.

The bug is put in as soon as its module of fibcore has been imported. Until then nothing may be
imported that imports ssl, urllib3 or boto3, because gevent has to patch first.
"""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from tests.faults.bug import Bug, put_in
from tests.faults.bugs import BUGS


class _AfterImport(MetaPathFinder):
    """Lets a bug be put in right after its module was executed, before others import from it."""

    def __init__(self, bug: Bug) -> None:
        self._bug = bug

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        """Return the module's own spec, with the bug put in after the module's own code."""
        if name != self._bug.module:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        loader: Any = spec and spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            put_in(self._bug, module)

        loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _AfterImport(BUGS[os.environ["FIB_TESTS_BUG"]]))

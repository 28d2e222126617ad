"""The names of a package, each imported when it is first asked for: to open a room costs nothing.

    HOMES = {"Host": "host", "programs": "programs"}     # a name, and the module of the package it lives in
    __getattr__ = names(__name__, HOMES)                 # a name that lives in itself is the module
"""

from collections.abc import Callable, Mapping
from importlib import import_module


def names(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of a package (PEP 562). AttributeError for any other name, with those there are."""

    def __getattr__(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"{package} has no {name!r}; it has {', '.join(homes)}")
        module = import_module(f"{package}.{homes[name]}")
        return module if homes[name] == name else getattr(module, name)

    return __getattr__

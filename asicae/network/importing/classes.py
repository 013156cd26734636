"""Names of classes in a model file, and whether they are those of Keras and QKeras.

Nothing is looked up: a name is text, and a foreign class of the same name may do anything else.
"""

from typing import Any

from asicae.foundation.validation import short

# Public conditional autoencoders for ECON-T define this layer: one row below, one column right.
KERAS_PAD = "keras_pad"
PACKAGES = ("", "keras", "qkeras")
"""Packages that a class may be registered in, "" for none: built in, or of QKeras 0.9."""
HGQ = "hgq"
"""Package of the classes of HGQ2, and first word of their modules."""
ROOTS = ("keras", "tf_keras", "tensorflow", "qkeras", "builtins")
"""First words of the modules of Keras and QKeras; functions are of builtins."""


def class_of(entry: dict[str, Any]) -> str:
    """The class that Keras' dictionary names, without its package; empty where it names none."""
    name = entry.get("class_name")
    bare = name.rpartition(">")[2] if isinstance(name, str) else ""
    return bare if bare.isidentifier() else ""


def foreign(entry: dict[str, Any]) -> str:
    """What says that the class is not one of Keras or QKeras, quoted and short; empty if nothing.

    Looked at are the package in ``class_name`` and ``registered_name``, and ``module``.
    """
    own = class_of(entry) == KERAS_PAD
    packages = ("", "Custom") if own else PACKAGES
    for key in ("class_name", "registered_name"):
        name = entry.get(key)
        if name is None:
            continue
        package, _, bare = name.rpartition(">") if isinstance(name, str) else ("?", "", "")
        if package not in packages or bare != class_of(entry):
            return f"{key}={short(name)}"
    module = entry.get("module")
    if module is None or own:
        return ""
    is_known = isinstance(module, str) and module.split(".")[0] in ROOTS
    return "" if is_known else f"module={short(module)}"


def of_hgq(entry: dict[str, Any]) -> bool:
    """Whether all that says whose class it is says that it is one of HGQ2."""
    packages = [str(entry.get(key) or "") for key in ("class_name", "registered_name")]
    own = (class_of(entry), f"{HGQ}>{class_of(entry)}")
    module = str(entry.get("module", HGQ)).split(".")[0]
    return own[1] in packages and all(name in (*own, "") for name in packages) and module == HGQ

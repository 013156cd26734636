"""Options that several commands share, as one value: a dataclass with an option a field."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any

Command = Callable[..., None]


def with_group(argument: str, group: type) -> Callable[[Command], Command]:
    """A decorator: the command has an option for each field of its argument of that name.

    ``group`` is the dataclass that the argument is of; its fields are annotated for typer.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_options(**values: Any) -> None:
            chosen = {field.name: values.pop(field.name) for field in fields(group)}
            command(**values, **{argument: group(**chosen)})

        keyword = inspect.Parameter.KEYWORD_ONLY
        own = inspect.signature(command).parameters.values()
        parameters = [p.replace(kind=keyword) for p in own if p.name != argument]
        parameters += [
            inspect.Parameter(field.name, keyword, default=field.default, annotation=field.type)
            for field in fields(group)
        ]
        with_options.__annotations__ = {p.name: p.annotation for p in parameters}
        # What the parser of the command line looks at.
        with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return with_options

    return decorate

"""Jinja templates of the generated files, and the one function that fills them."""

from typing import Any

import jinja2

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("asicae.export", "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=jinja2.select_autoescape(enabled_extensions=("html.j2",)),
    keep_trailing_newline=True,
)


def render(template: str, **values: Any) -> str:
    """Text of a template; a value that the template wants but does not get is an error."""
    return _ENVIRONMENT.get_template(template).render(**values)

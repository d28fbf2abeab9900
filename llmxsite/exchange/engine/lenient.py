"""Reading JSON of a shape that is almost the known one: a newer server's, or a stranger's.

What can be read is kept, a field that cannot be is left at its default, an element of a list that cannot be is left out.
"""

from __future__ import annotations

import types
from typing import Any, Union, get_args, get_origin

import msgspec


def shaped(type_: Any, value: object) -> tuple[Any, bool]:
    """`value`, as JSON gave it, as `type_`; and whether all of it was read.

    Raises `ValueError` where it is of another kind altogether, or lacks a field that the type cannot do without.
    """
    try:
        return msgspec.convert(value, type=type_, strict=False), True
    except (msgspec.ValidationError, RecursionError):
        return _read(type_, value), False


def _read(type_: Any, value: object) -> Any:
    try:
        return msgspec.convert(value, type=type_, strict=False)
    except (msgspec.ValidationError, RecursionError):
        pass
    origin = get_origin(type_)
    if origin in (Union, types.UnionType):
        for arm in get_args(type_):
            try:
                return _read(arm, value)
            except ValueError:
                continue
    elif origin is list and isinstance(value, list):
        return list(_elements(get_args(type_)[0], value))
    elif isinstance(type_, type) and issubclass(type_, msgspec.Struct) and isinstance(value, dict):
        return _record(type_, value)
    raise ValueError("of another shape")


def _elements(type_: Any, values: list[Any]) -> Any:
    for value in values:
        try:
            yield _read(type_, value)
        except ValueError:
            continue


def _record(type_: type[msgspec.Struct], value: dict[str, Any]) -> msgspec.Struct:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(type_):
        if field.encode_name in value:
            try:
                found[field.name] = _read(field.type, value[field.encode_name])
            except ValueError:
                if field.required:
                    raise
        elif field.required:
            raise ValueError(f"without {field.encode_name}")
    return type_(**found)

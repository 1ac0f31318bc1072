"""Any Python value, any text and any TOML as settings: values within their range, or a SettingsError of one line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebg.core.errors import SettingsError
from livebg.core.settings import OPTIONS, TYPES, Settings, change
from livebg.core.settings_file import load_file

LONGEST_LINE = 1200  # characters of a message; the list of all settings is the longest part of any
AT_REST = settings(max_examples=300, deadline=None, derandomize=True)

texts = st.text(max_size=30) | st.text(st.characters(categories=["Cc", "Cs", "Nd", "Zs"]), max_size=8)
numbers = (
    st.integers(-(10**30), 10**30)
    | st.floats()
    | st.builds(lambda: 10**5000)
    | st.just(-(10**400))
    | st.complex_numbers()
)
simple = st.none() | st.booleans() | numbers | texts | st.binary(max_size=8) | st.datetimes()
values = st.recursive(
    simple,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2) | st.tuples(inner, st.just("a.mp4"))
    ),
    max_leaves=6,
)


def refused(failure: SettingsError) -> None:
    told = str(failure)
    assert told.isprintable()
    assert len(told) < LONGEST_LINE


@pytest.mark.slow
@AT_REST
@given(st.sampled_from(sorted(OPTIONS)), values)
def test_any_value_of_any_knob(name: str, value: Any) -> None:
    try:
        taken = getattr(change(Settings(), {name: value}), name)
    except SettingsError as failure:
        refused(failure)
        return
    spec, kind = OPTIONS[name], TYPES[name]
    assert isinstance(taken, tuple if kind == tuple[str, ...] else kind)
    assert not spec.choices or taken in spec.choices
    if spec.low is not None and spec.high is not None:
        assert spec.low <= taken <= spec.high or (spec.zero and taken == 0)
        assert math.isfinite(taken)


@pytest.mark.parametrize("size", ["9" * 5000 + "x720", "1280x720\n", "٣٢٠x٢٤٠", "0032x0032", "-640x480", "640X480"])
def test_sizes_that_only_look_like_one(size: str) -> None:
    try:
        assert Settings(size=size).frame_size == (32, 32)
    except SettingsError as failure:
        refused(failure)


@pytest.mark.parametrize("name", ["source", "background", "weights", "matte_to", "plate", "background_folder"])
@pytest.mark.parametrize("text", ["\0", "a\ud800", "~no-such-user/a.mp4"])
def test_names_that_no_file_can_have_are_refused_before_any_room_sees_them(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        change(Settings(), {name: text})
    refused(raised.value)
    with pytest.raises(SettingsError):
        Settings(to=("window", text))


written = (
    st.integers(-(10**30), 10**30).map(str)
    | st.floats().map(repr)
    | st.text(max_size=12).map(lambda text: f'"{text}"')
    | st.sampled_from(
        ["9" * 3000, "0x" + "f" * 3900, "1e400", "inf", "nan", "1979-05-27T07:32:00Z", "{a = 1}", '"\\u0000"', '"\\n"']
    )
    | st.sampled_from(
        ["[" * 1900, "[" * 900 + "]" * 900, "{a=" * 1000, "[" + "1," * 1900 + "]", '"""', "true", "''", '["a"]']
    )
)
keys = st.sampled_from([*sorted(OPTIONS), "a." * 1900 + "a", '"a\\nb"', "[fps]", "fps.x"]) | st.text(max_size=6)
documents = st.lists(st.tuples(keys, written), max_size=4).map(
    lambda lines: "\n".join(f"{key} = {value}" for key, value in lines).encode("utf-8", "surrogatepass")
)


@pytest.mark.slow
@AT_REST
@given(content=st.binary(max_size=200) | documents)
def test_any_settings_file(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.toml"
    path.write_bytes(content)
    try:
        change(Settings(), load_file(path))
    except SettingsError as failure:
        refused(failure)


def test_a_settings_file_named_like_nothing_on_earth(tmp_path: Path) -> None:
    for name in ("x" * 5000, "a\nb\x1b[31m.toml", "a\udcff.toml"):
        with pytest.raises(SettingsError, match=r"cannot be read") as raised:
            load_file(tmp_path / name)
        assert str(raised.value).isprintable()

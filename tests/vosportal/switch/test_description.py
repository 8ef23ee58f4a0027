"""docs/switch/openapi.yaml says what can be asked, no more and no less, and answers fit it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from billing.calls.records import COLUMNS
from tests.factories.switches import ask
from vosportal.switch.endpoints import ENDPOINTS
from vosportal.switch.reading import MOST_RECORDS

FILE = Path("docs/switch/openapi.yaml")
README = Path("docs/switch/README.md")
_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
    "number": (int, float),
}  # fmt: skip


@pytest.fixture(scope="module")
def described() -> Any:
    return yaml.safe_load(FILE.read_text())


def parts(node: Any) -> Iterator[Any]:
    yield node
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for one in inside:
        yield from parts(one)


def resolved(described: Any, node: Any) -> Any:
    if not isinstance(node, dict) or "$ref" not in node:
        return node
    found = described
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return {**found, **{key: value for key, value in node.items() if key != "$ref"}}


def fits(described: Any, schema: Any, value: Any) -> bool:
    """Whether a value is what a schema says, as far as ours say anything."""
    schema = resolved(described, schema)
    if "oneOf" in schema and "properties" not in schema:
        return sum(fits(described, one, value) for one in schema["oneOf"]) == 1
    if "const" in schema:
        return bool(value is schema["const"])
    if "enum" in schema:
        return value in schema["enum"]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, _TYPES[one]) for one in kinds):
        return False
    if isinstance(value, list):
        return all(fits(described, schema.get("items", {}), one) for one in value)
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    return set(schema.get("required", ())) <= set(value) and all(
        fits(described, known[name], one) if name in known
        else schema.get("additionalProperties", True)
        for name, one in value.items()
    )  # fmt: skip


def test_it_names_what_can_be_asked(described: Any) -> None:
    assert {one.removeprefix("/") for one in described["paths"]} == set(ENDPOINTS)
    for name, path in described["paths"].items():
        assert list(path) == ["post"]
        assert path["post"]["operationId"] == name.removeprefix("/")
        assert {"200", "default"} == set(path["post"]["responses"])


def test_it_is_a_description_that_programs_read(described: Any) -> None:
    assert described["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(described["info"])
    assert described["security"] == [{"key": []}]
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    refs = [one["$ref"] for one in parts(described) if isinstance(one, dict) and "$ref" in one]
    assert len(refs) > 30
    for one in refs:
        resolved(described, {"$ref": one})


def test_records_have_the_columns_that_are_read(described: Any) -> None:
    record = described["components"]["schemas"]["Record"]["properties"]
    assert list(record) == list(COLUMNS)
    for name, most in COLUMNS.items():
        told = resolved(described, record[name]).get("maxLength")
        assert told in (None, most), name
    many = described["paths"]["/cdr"]["post"]["requestBody"]["content"]["application/json"]
    assert many["schema"]["oneOf"][1]["maxItems"] == MOST_RECORDS


def test_its_examples_are_what_it_says(described: Any) -> None:
    found = [one for one in parts(described) if isinstance(one, dict) and "example" in one]
    assert len(found) >= 6
    for one in found:
        assert fits(described, one.get("schema", one), one["example"]), one["example"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("wrong", [False, True])
def test_answers_to_its_examples_are_as_it_says(
    key: str, described: Any, name: str, wrong: bool
) -> None:
    path = described["paths"][f"/{name}"]["post"]
    content = path["requestBody"]["content"]["application/json"]
    body = content.get("example") or described["components"]["schemas"]["Record"]["example"]
    answer = ask("" if wrong else key, name, body)
    assert answer.status_code == (401 if wrong else 200), answer.content
    told = resolved(described, path["responses"]["default" if wrong else "200"])
    schema = told["content"]["application/json"]["schema"]
    assert fits(described, schema, json.loads(answer.content)), answer.content


def test_the_page_about_it_names_the_same() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", README.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(ENDPOINTS)

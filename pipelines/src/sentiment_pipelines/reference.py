"""The page about all components, ``docs/components.md``, from what each of them declares.

What is typed comes from the committed ``component.yaml``, what it means from the command line, what
lies inside an artifact from the words beside its kind in ``sentiment_common.artifacts``.
"""

import ast
import inspect
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from sentiment_common import artifacts
from sentiment_pipelines import interfaces
from sentiment_pipelines.environments import ROOT

PAGE = ROOT / "docs" / "components.md"
SIZES = ROOT / "components" / "images.json"
"""``{room: {"version": ..., "bytes": ...}}``: what the images weighed when they were recorded."""
SHOWN_BY_KUBEFLOW = "figures that Kubeflow's interface draws"
TYPES = {"STRING": "str", "NUMBER_INTEGER": "int", "NUMBER_DOUBLE": "float", "BOOLEAN": "bool"}


@dataclass(frozen=True)
class Port:
    """An input, output, result or parameter of a component.

    Attributes:
        name: Its name in a pipeline.
        role: ``input``, ``optional input``, ``output``, ``result`` or ``parameter``.
        type: ``SentimentExamples``, ``HTML``, ``str``, ...
        default: Default of a parameter as JSON, else empty.
        meaning: One line.
    """

    name: str
    role: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Component:
    """What another team needs to know of a component.

    Attributes:
        stage: Its folder below ``components/``.
        summary: What it does, one sentence.
        image: Name and tag of its image, without a registry.
        ports: Inputs first, then outputs, results and parameters.
    """

    stage: str
    summary: str
    image: str
    ports: tuple[Port, ...]

    def having(self, *roles: str) -> list[Port]:
        """Returns the ports of some roles."""
        return [port for port in self.ports if port.role in roles]


@dataclass(frozen=True)
class Kind:
    """A kind of artifact: its name, the version of its layout, and what lies inside."""

    name: str
    schema_version: int
    content: str

    @property
    def type(self) -> str:
        """Its type in a pipeline: ``pushed_model`` is ``SentimentPushedModel``."""
        return "Sentiment" + "".join(part.capitalize() for part in self.name.split("_"))


def page(components: Sequence[Component], text: str, sizes: Mapping[str, Any]) -> str:
    """Returns the page with its generated sections replaced.

    Args:
        components: All of them.
        text: The page as it is.
        sizes: Content of ``components/images.json``.

    Raises:
        ValueError: The page lacks a section's markers.
    """
    sections = {
        "components": overview(components, sizes),
        "artifacts": artifact_table(kinds(), components),
        "interfaces": "\n\n".join(interface(component) for component in components),
    }
    for name, content in sections.items():
        text = interfaces.with_section(text, name, content)
    return text


def recorded_sizes() -> dict[str, Any]:
    """Returns what the images weighed when they were recorded; empty before that."""
    if not SIZES.is_file():
        return {}
    sizes: dict[str, Any] = json.loads(SIZES.read_text(encoding="utf-8"))
    return sizes


def describe(stage: str, rows: Sequence[Mapping[str, Any]]) -> Component:
    """Describes a component from its committed ``component.yaml`` and its command line.

    Args:
        stage: Its folder below ``components/``.
        rows: What its command answers to ``--interface``.
    """
    path = ROOT / "components" / stage / "component.yaml"
    head, _, _ = (text := path.read_text(encoding="utf-8")).partition("\n# Inputs")
    specification = yaml.safe_load(text)
    (component,) = specification["components"].values()
    (executor,) = specification["deploymentSpec"]["executors"].values()
    return Component(
        stage,
        " ".join(head.partition("# Description:")[2].replace("\n#", " ").split()),
        executor["container"]["image"],
        tuple(_ports(component, {interfaces.port(row): row["help"] for row in rows})),
    )


def _ports(component: Mapping[str, Any], meanings: Mapping[str, str]) -> Iterator[Port]:
    inputs, outputs = (component.get(f"{side}Definitions", {}) for side in ("input", "output"))
    for name, it in inputs.get("artifacts", {}).items():
        role = "optional input" if it.get("isOptional") else "input"
        yield Port(name, role, _title(it), "", meanings[name])
    for name, it in outputs.get("artifacts", {}).items():
        yield Port(name, "output", _title(it), "", meanings.get(name, SHOWN_BY_KUBEFLOW))
    for name, it in outputs.get("parameters", {}).items():
        yield Port(name, "result", TYPES[it["parameterType"]], "", meanings[name])
    for name, it in inputs.get("parameters", {}).items():
        kind, default = TYPES[it["parameterType"]], it["defaultValue"]
        shown = json.dumps(int(default) if kind == "int" else default)
        yield Port(name, "parameter", kind, shown, meanings[name])


def _title(definition: Mapping[str, Any]) -> str:
    return str(definition["artifactType"]["schemaTitle"]).removeprefix("system.")


def kinds() -> list[Kind]:
    """Returns every kind of artifact with the words that stand beside it in the code."""
    body = ast.parse(inspect.getsource(artifacts)).body
    return [
        Kind(it.name, it.schema_version, " ".join(words.split()).replace("``", "`"))
        for name, words in _documented(body)
        if isinstance(it := getattr(artifacts, name), artifacts.Kind)
    ]


def _documented(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yields the names that are assigned once and explained by the string that follows."""
    for assigned, words in pairwise(body):
        match assigned, words:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(ast.Constant(str(text))):
                yield name, text


def overview(components: Sequence[Component], sizes: Mapping[str, Any]) -> str:
    """Renders the table of all components."""
    lines = [
        "| component | what it does | takes | gives | results | image | size |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for it in components:
        takes = _names(it.having("input"))
        takes += [f"{name}?" for name in _names(it.having("optional input"))]
        gives, results = _names(it.having("output")), _names(it.having("result"))
        weight = sizes.get(it.stage, {}).get("bytes")
        size = f"{weight / 1e6:.0f} MB" if weight else "-"
        lines.append(
            f"| [{it.stage}](#{it.stage}) | {it.summary} | {', '.join(takes)} | {', '.join(gives)} "
            f"| {', '.join(results)} | `{it.image}` | {size} |"
        )
    return "\n".join(lines)


def _names(ports: Iterable[Port]) -> list[str]:
    return [port.name for port in ports]


def artifact_table(known: Sequence[Kind], components: Sequence[Component]) -> str:
    """Renders what lies inside each kind of artifact, who makes it and who takes it."""
    lines = [
        "| type | kind in `artifact.json` | what lies inside | made by | taken by |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in known:
        makers = _stages(components, kind, "output")
        takers = _stages(components, kind, "input", "optional input")
        lines.append(
            f"| `{kind.type}` | {kind.name}, schema {kind.schema_version} | {_cell(kind.content)} "
            f"| {makers} | {takers} |"
        )
    return "\n".join(lines)


def _stages(components: Sequence[Component], kind: Kind, *roles: str) -> str:
    found = [it.stage for it in components if kind.type in {p.type for p in it.having(*roles)}]
    return ", ".join(f"[{stage}](#{stage})" for stage in found)


def interface(component: Component) -> str:
    """Renders a component's typed interface under a heading of its own."""
    lines = [
        f"### {component.stage}",
        "",
        f"{component.summary} [README](../components/{component.stage}/README.md)",
        "",
        "| name | role | type | default | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for port in component.ports:
        default = f"`{_cell(port.default)}`" if port.default else ""
        lines.append(
            f"| `{port.name}` | {port.role} | {port.type} | {default} | {_cell(port.meaning)} |"
        )
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

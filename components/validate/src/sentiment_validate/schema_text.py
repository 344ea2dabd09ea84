"""Writes a changed schema into the text it was read from, so that its comments survive."""

from collections.abc import Iterator, Mapping, MutableSequence
from dataclasses import dataclass

from google.protobuf import text_format
from google.protobuf.message import Message
from tensorflow_metadata.proto.v0 import schema_pb2

Feature = schema_pb2.Feature


@dataclass(frozen=True)
class _Piece:
    """Whole lines of a schema's text: a statement, or what lies between two statements."""

    lines: tuple[str, ...]
    statement: bool

    @property
    def text(self) -> str:
        return "".join(self.lines)

    @property
    def schema(self) -> schema_pb2.Schema:
        return text_format.Parse(self.text, schema_pb2.Schema())


def rewritten(text: str, wanted: schema_pb2.Schema) -> str:
    """Returns the text of a schema, changed so that it says what is wanted.

    Columns that stay as they are keep their lines; of a column that changes, the lines that do not
    and the comments are kept, if it is written one field per line. New columns come last.

    Args:
        text: The schema as protobuf text.
        wanted: What it shall say; columns are neither removed nor put in another order.
    """
    features = {feature.name: feature for feature in wanted.feature}
    made, last = [], 0
    for piece in _pieces(text):
        if piece.statement and piece.schema.feature:
            made.append("".join(_features(piece, features)))
            last = len(made)
        elif piece.statement and piece.schema.HasField("dataset_constraints"):
            same = piece.schema.dataset_constraints == wanted.dataset_constraints
            made.append(piece.text if same else _constraints(wanted))
        else:
            made.append(piece.text)
    before = text_format.Parse(text, schema_pb2.Schema())
    known = {feature.name for feature in before.feature}
    made[last:last] = [written(item) for item in wanted.feature if item.name not in known]
    if wanted.HasField("dataset_constraints") and not before.HasField("dataset_constraints"):
        made.append(_constraints(wanted))
    result = "".join(made)
    # Domains outside their columns and other rare things are not patched but written anew.
    same = text_format.Parse(result, schema_pb2.Schema()) == wanted
    return result if same else text_format.MessageToString(wanted)


def written(feature: Feature) -> str:
    """Returns a column as a block of text with one field per line."""
    lines = (f"  {line}\n" for lines in _fields(feature).values() for line in lines)
    return f"feature {{\n{''.join(lines)}}}\n"


def _features(piece: _Piece, wanted: Mapping[str, Feature]) -> Iterator[str]:
    before = list(piece.schema.feature)
    if all(item == wanted[item.name] for item in before):
        yield piece.text
    elif len(before) == 1 and (patched := _patched(piece, before[0], wanted[before[0].name])):
        yield patched
    else:
        yield from (written(wanted[item.name]) for item in before)


def _patched(piece: _Piece, before: Feature, after: Feature) -> str:
    """Returns a block with the lines of changed fields replaced; empty if it has other lines."""
    first, inner, last = piece.lines[0], piece.lines[1:-1], piece.lines[-1]
    if first.strip() != "feature {" or last.strip() != "}":
        return ""
    old, new = _fields(before), _fields(after)
    pending, made = dict(new), [first]
    for line in inner:
        said = line.strip()
        if not said or said.startswith("#"):
            made.append(line)
            continue
        name = _field_of(said)
        if name is None:
            return ""
        if old[name] == new.get(name):
            made.append(line)
        else:
            made += [f"  {item}\n" for item in pending.get(name, ())]
        pending.pop(name, None)
    made += [f"  {item}\n" for items in pending.values() for item in items]
    return "".join([*made, last])


def _field_of(line: str) -> str | None:
    """Returns the one field that a line of a column's block sets; None if it is not one field."""
    try:
        fields = text_format.Parse(line, Feature()).ListFields()
    except text_format.ParseError:
        return None
    return fields[0][0].name if len(fields) == 1 else None


def _fields(message: Message) -> dict[str, list[str]]:
    """Returns the fields of a message as lines of text, by name."""
    lines = {}
    for field, value in message.ListFields():
        repeated = isinstance(value, MutableSequence)
        lines[field.name] = []
        for item in value if repeated else [value]:
            alone = type(message)()
            if repeated:
                getattr(alone, field.name).append(item)
            elif isinstance(item, Message):
                getattr(alone, field.name).CopyFrom(item)
            else:
                setattr(alone, field.name, item)
            lines[field.name].append(text_format.MessageToString(alone, as_one_line=True))
    return lines


def _constraints(wanted: schema_pb2.Schema) -> str:
    inner = text_format.MessageToString(wanted.dataset_constraints, as_one_line=True)
    return f"dataset_constraints {{ {inner} }}\n"


def _pieces(text: str) -> Iterator[_Piece]:
    """Cuts a text into statements, as whole lines, and the comments and spaces between them."""
    lines: list[str] = []
    depth = 0
    for line in text.splitlines(keepends=True):
        code = _without_comment_and_strings(line)
        if depth == 0 and not code.strip():
            yield _Piece((line,), statement=False)
            continue
        lines.append(line)
        depth += code.count("{") + code.count("<") - code.count("}") - code.count(">")
        if depth == 0 and _parses("".join(lines)):
            yield _Piece(tuple(lines), statement=True)
            lines = []


def _parses(text: str) -> bool:
    """Tells whether text is whole: a brace may stand on the line after its name."""
    try:
        text_format.Parse(text, schema_pb2.Schema())
    except text_format.ParseError:
        return False
    return True


def _without_comment_and_strings(line: str) -> str:
    code, quote, escaped = [], "", False
    for character in line:
        if quote:
            if escaped or character == "\\":
                escaped = not escaped
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "#":
            break
        else:
            code.append(character)
    return "".join(code)

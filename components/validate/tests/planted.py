"""Clean examples, and one fault at a time planted in them, with the rule that must find it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

WORDS = {
    "negative": (
        "broke", "leaks", "went missing", "disappoints", "is too loud", "stopped working",
    ),
    "neutral": ("arrived", "is blue", "came boxed", "has two parts", "is as described", "fits"),
    "positive": ("works well", "is great", "made my day", "is a bargain", "looks lovely", "rocks"),
}  # fmt: skip
THINGS = (
    "kettle", "charger", "novel", "tent", "toaster", "lamp", "keyboard", "backpack", "router",
    "blender", "watch", "sofa", "mattress", "camera", "drill", "printer", "phone", "bike",
)  # fmt: skip
WHEN = (
    "today", "at once", "after a week", "again", "for now", "in the rain", "as always", "once more",
    "at home", "on the first day",
)  # fmt: skip
RATINGS = {"negative": -2.5, "neutral": 0.1, "positive": 2.75}
SHARES = {"train": 5, "validation": 1, "test": 2}
LONG = "We bought two of these for the office kitchen and nobody misses the old ones"
FOUR = 'name: "label" unique_constraints { min: 4 max: 4 }'
Frames = dict[str, pd.DataFrame]


def feedback():
    """Every verb with every thing and time: 3,240 different texts, a third of each class."""
    for at, (when, thing, place) in enumerate(itertools.product(WHEN, THINGS, range(6))):
        for label in WORDS:
            yield {
                "id": f"{label}-{at}",
                "text": f"The {thing} {WORDS[label][place]} {when}.",
                "label": label,
                "rating": RATINGS[label] + (at % 10) / 10,
                "source": "amazon" if at % 2 else "tweets",
                "group": f"group-{at}",
                "created_at": None,
            }


def clean() -> Frames:
    """Returns sound examples: three splits of one distribution that share nothing."""
    every = pd.DataFrame(feedback())
    groups = every["group"].drop_duplicates().sample(frac=1, random_state=1)
    split_of, start = {}, 0
    for split, share in SHARES.items():
        stop = start + len(groups) * share // sum(SHARES.values())
        split_of |= dict.fromkeys(groups.iloc[start:stop], split)
        start = stop
    splits = every["group"].map(split_of)
    return {split: every[splits == split].reset_index(drop=True) for split in SHARES}


@dataclass(frozen=True)
class Fault:
    """A fault, and what must be said of it.

    Attributes:
        name: What is planted.
        rule: The rule that must fire.
        column: The column it must name.
        plant: Changes the examples, or the earlier train where ``earlier`` is set.
        warning: Whether it must not refuse.
        earlier: Whether the examples are compared with earlier data.
        schema: Name of the schema and rules to judge by.
        alter: Changes the text of the schema.
    """

    name: str
    rule: str
    column: str
    plant: Callable[[Frames], None]
    warning: bool = False
    earlier: bool = False
    schema: str = "default-corpus"
    alter: Callable[[str], str] = str


def put(split: str, rows: int | list[int] | slice, column: str, value: object):
    """Returns a plant that writes a value, or the result of a function of the frames."""

    def plant(frames: Frames) -> None:
        found = value(frames) if callable(value) else value
        frames[split].loc[rows, column] = found

    return plant


def of(split: str, row: int, column: str):
    return lambda frames: frames[split].loc[row, column]


def change(split: str, function):
    """Returns a plant that replaces the rows of one split, or of all for an empty name."""

    def plant(frames: Frames) -> None:
        for name in [split] if split else list(frames):
            frames[name] = function(frames[name]).reset_index(drop=True)

    return plant


def both(*plants):
    def plant(frames: Frames) -> None:
        for one in plants:
            one(frames)

    return plant


def loud(frames: Frames) -> str:
    return frames["train"].loc[7, "text"].upper().replace(".", "!!! @shop https://t.co/x")


def german(frame: pd.DataFrame) -> pd.DataFrame:
    texts = [f"Der {thing} ist leider kaputt." for thing in THINGS]
    return frame.assign(text=texts + frame["text"].to_list()[len(texts) :])


def few_of_each(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby("label").head(4)


def hardly_neutral(frame: pd.DataFrame) -> pd.DataFrame:
    neutral = frame[frame["label"] == "neutral"]
    return frame.drop(neutral.index[max(6, len(neutral) // 30) :])


def unhappy(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(frame[frame["label"] == "positive"].index[::2])


def longer(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(text=frame["text"] + " So much for that, and thank you.")


def milder(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(rating=frame["rating"] / 5)


def one_shop(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(source="amazon")


FAULTS = (
    Fault("a column left out", "missing_column", "group",
          change("test", lambda frame: frame.drop(columns="group"))),
    Fault("a column whose every value is null", "missing_column", "source",
          change("validation", lambda frame: frame.assign(source=None))),
    Fault("a column nobody reads", "unknown_column", "stars",
          change("test", lambda frame: frame.assign(stars=3)), warning=True),
    Fault("ratings in words", "wrong_type", "rating",
          change("", lambda frame: frame.assign(rating="five"))),
    Fault("dates as timestamps", "wrong_type", "created_at",
          change("test", lambda frame: frame.assign(created_at=pd.Timestamp("2026-01-02")))),
    Fault("a row without a source", "missing_value", "source", put("test", 3, "source", None)),
    Fault("a row without a label", "missing_value", "label", put("train", 3, "label", None)),
    Fault("an unknown label", "unknown_value", "label", put("train", 3, "label", "angry")),
    Fault("an unknown source", "unknown_value", "source", put("test", 3, "source", "ebay")),
    Fault("a rating above the scale", "out_of_range", "rating", put("test", 3, "rating", 4.5)),
    Fault("a rating below the scale", "out_of_range", "rating", put("test", 3, "rating", -9.0)),
    Fault("an infinite rating", "out_of_range", "rating", put("test", 3, "rating", np.inf),
          schema="feedback"),
    Fault("a small test split", "too_few_rows", "",
          change("test", lambda frame: frame.sample(299, random_state=1))),
    Fault("an empty text", "empty_text", "is_empty", put("test", 3, "text", " \u00a0")),
    Fault("an endless text", "text_length", "n_words", put("test", 3, "text", "so " * 250)),
    Fault("a text of letters without a space", "text_length", "n_chars",
          put("test", 3, "text", "o" * 2000)),
    Fault("UTF-8 read as cp1252", "garbled_text", "mojibake",
          put("test", 3, "text", "Nice cafÃ©, itâ€™s lovely")),
    Fault("German texts", "foreign_text", "foreign", change("test", german)),
    Fault("the same text twice in a split", "repeated_text", "repeated",
          put("test", 3, "text", of("test", 4, "text"))),
    Fault("the same id twice in a split", "repeated_id", "id",
          put("test", 3, "id", of("test", 4, "id"))),
    Fault("an id of train in test", "shared_id", "id", put("test", 3, "id", of("train", 4, "id"))),
    Fault("a group of train in test", "shared_group", "group",
          put("test", 3, "group", of("train", 4, "group"))),
    Fault("a text of train in test", "shared_text", "text",
          put("test", 3, "text", of("train", 4, "text"))),
    Fault("a text of train in test, in other cases and spaces", "shared_text", "text",
          put("test", 3, "text", lambda frames: f"  {frames['train'].loc[4, 'text'].upper()}")),
    Fault("a text of train in test, shouted at a shop", "near_duplicate", "text",
          put("test", 3, "text", loud)),
    Fault("a text of train in test with another word", "near_duplicate", "text",
          both(put("train", 3, "text", LONG), put("test", 3, "text", LONG.replace("two", "ten")))),
    Fault("four rows of each class to test on", "too_few_of_class", "label",
          change("test", few_of_each), schema="feedback"),
    Fault("hardly any neutral feedback", "class_imbalance", "label", change("", hardly_neutral),
          warning=True, schema="feedback"),
    Fault("a test split with few happy customers", "skew", "label", change("test", unhappy),
          warning=True),
    Fault("a test split with milder ratings", "skew", "rating", change("test", milder),
          warning=True),
    Fault("a test split with longer texts", "skew", "length", change("test", longer),
          warning=True),
    Fault("a test split from one shop", "skew", "source", change("test", one_shop), warning=True),
    Fault("earlier data with few happy customers", "drift", "label", change("train", unhappy),
          earlier=True),
    Fault("earlier data with milder ratings", "drift", "rating", change("train", milder),
          warning=True, earlier=True),
    Fault("earlier data with longer texts", "drift", "length", change("train", longer),
          warning=True, earlier=True),
    Fault("earlier data from one shop", "drift", "source", change("train", one_shop),
          warning=True, earlier=True),
    Fault("fewer classes than the schema wants", "schema_violation", "label", lambda frames: None,
          schema="feedback", alter=lambda text: text.replace('name: "label"', FOUR)),
)  # fmt: skip


def judge(fault: Fault | None):
    """Judges clean examples with one fault planted, or with none."""
    from sentiment_validate import judgement, rules, schema, statistics
    from sentiment_validate.examples import derive

    name = fault.schema if fault else "default-corpus"
    judged_by = schema.choose(name, {})
    if fault:
        judged_by = schema.parse(name, fault.alter(judged_by.text))
    frames, other = clean(), clean()
    if fault:
        fault.plant(other if fault.earlier else frames)
    earlier = None
    if not fault or fault.earlier:
        earlier = statistics.compute(derive(other["train"]), judged_by.proto)
    return judgement.judge(frames, judged_by, rules.choose(name, name), earlier=earlier)

"""How much of generated personal data is found, how much else is taken for it, and how fast."""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator

from sentiment_common.iban import LENGTHS
from sentiment_common.redaction import RULES, redact, redact_counting

SENTENCES = (
    "Please write to {} about my refund.", "{} never answered", "I gave you {}, twice!",
    "Contact: {}.", "(see {})", "Der Kundendienst ({}) war sehr freundlich",
    "Great shop\n{}\nthanks",
)  # fmt: skip
ADVERSARIES = {
    "digits": "1", "digits with spaces": "1 ", "pairs of digits": "41 ", "letters": "a",
    "dots": "a.", "at signs": "@", "half addresses": "a@", "half account numbers": "DE89 ",
    "colons": "fe80:", "links": "http://a?",
    "brackets": "+(", "plain words": "the parcel came late and was wet ",
}  # fmt: skip


def main() -> None:
    """Prints a table a question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2_000, help="generated cases a kind")
    parser.add_argument("--seed", type=int, default=13)
    arguments, _ = parser.parse_known_args()
    rng = random.Random(arguments.seed)
    _show_recall(rng, arguments.cases)
    _show_precision(rng, arguments.cases)
    _show_speed()


def _show_recall(rng: random.Random, cases: int) -> None:
    print("| personal data | cases | taken out | taken for another kind |\n|---|---|---|---|")
    for kind, make in PERSONAL.items():
        found = other = 0
        for _ in range(cases):
            written = make(rng)
            redacted, counts = redact_counting(rng.choice(SENTENCES).format(written))
            gone = written not in redacted
            found += gone
            other += gone and kind.partition(",")[0] not in counts
        print(f"| {kind} | {cases:,} | {found / cases:.2%} | {other / cases:.2%} |")


def _show_precision(rng: random.Random, cases: int) -> None:
    kinds = [rule.kind for rule in RULES]
    print(f"\n| nobody's data | cases | left alone | taken for {', '.join(kinds)} |")
    print("|---|---|---|---|")
    for name, make in HARMLESS.items():
        wrong = dict.fromkeys(kinds, 0)
        left = 0
        for _ in range(cases):
            counts = redact_counting(rng.choice(SENTENCES).format(make(rng)))[1]
            left += not counts
            for kind in counts:
                wrong[kind] += 1
        shown = ", ".join(f"{count / cases:.1%}" for count in wrong.values())
        print(f"| {name} | {cases:,} | {left / cases:.2%} | {shown} |")


def _show_speed() -> None:
    print("\n| a million characters of | CPU seconds: min / median / max | against a tenth |")
    print("|---|---|---|")
    for name, part in ADVERSARIES.items():
        long, short = (_seconds(part * (size // len(part))) for size in (10**6, 10**5))
        middle = statistics.median(long)
        times = f"{min(long):.2f} / {middle:.2f} / {max(long):.2f}"
        print(f"| {name} | {times} | {middle / statistics.median(short):.1f} times |")


def _seconds(text: str, repeats: int = 3) -> list[float]:
    def once() -> Iterator[float]:
        for _ in range(repeats):
            started = time.process_time()
            redact(text)
            yield time.process_time() - started

    return list(once())


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _name(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10)))


def _url(rng: random.Random) -> str:
    query = rng.choice(("?token=", "?id=", "#", "/reset/0", "?q=a&mail="))
    return f"https://{_name(rng)}.example/{_name(rng)}{query}{_digits(rng, 20)}"


def _email(rng: random.Random) -> str:
    local = rng.choice((".", "_", "+", "-", "")).join((_name(rng), _name(rng)))
    return f"{local}{rng.choice(('', '99'))}@{_name(rng)}.{rng.choice(('com', 'co.uk', 'de'))}"


def _iban(rng: random.Random) -> str:
    country = rng.choice(sorted(LENGTHS))
    rest = _digits(rng, LENGTHS[country] - 4)
    remainder = int("".join(str(int(character, 36)) for character in f"{rest}{country}00")) % 97
    return _grouped(rng, f"{country}{98 - remainder:02d}{rest}")


def _card(rng: random.Random) -> str:
    start, length = rng.choice((("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16)))
    body = start + _digits(rng, length - len(start) - 1)
    total = sum(sum(divmod(2 * int(digit), 10)) for digit in body[::-2])
    total += sum(map(int, body[-2::-2]))
    return _grouped(rng, f"{body}{-total % 10}")


def _grouped(rng: random.Random, number: str) -> str:
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    return rng.choice(("", " ", "-")).join(groups)


def _ip(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return ".".join(str(rng.randint(0, 255)) for _ in range(4))
    return ":".join(["2001", "db8", *(f"{rng.randint(0, 65_535):x}" for _ in range(6))])


def _phone(rng: random.Random) -> str:
    a, b, c = _digits(rng, 3), _digits(rng, 3), _digits(rng, 4)
    country = rng.choice(("1", "44", "49", "33", "91", "86"))
    shapes = (
        f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"+{country} {a} {b}{c}",
        f"+{country}{a}{b}{c}", f"00{country} {a} {b} {c}", f"0{a} {b}{c}", f"0{a}/{b}{c}",
        f"0{a}{b}{c}", f"1-{a}-{b}-{c}", f"+{country} (0) {a} {b}-{c}", f"phone {a}{b}{c}",
    )  # fmt: skip
    return rng.choice(shapes)


def _phone_of(*patterns: str) -> "Make":
    """Returns a maker of telephone numbers: ``9`` in a pattern stands for any digit but 0."""

    def make(rng: random.Random) -> str:
        drawn = (rng.choice("123456789") if it == "9" else it for it in rng.choice(patterns))
        return "".join(drawn)

    return make


def _account(rng: random.Random) -> str:
    return f"@{_name(rng)}{rng.choice(('', '_', '99'))}"


Make = Callable[[random.Random], str]
PERSONAL: dict[str, Make] = {
    "url": _url, "email": _email, "iban": _iban, "card": _card, "ip": _ip, "phone": _phone,
    "account": _account,
    "phone, North America": _phone_of("(999) 999-9999", "999-999-9999", "+1 999 999 9999"),
    "phone, Britain": _phone_of("020 7999 9999", "07999 999999", "+44 20 7999 9999"),
    "phone, Germany": _phone_of("030 9999999", "0171/9999999", "+49 (0) 89 999999-99"),
    "phone, France": _phone_of("01 99 99 99 99", "06.99.99.99.99", "+33 6 99 99 99 99"),
    "phone, Spain and Italy": _phone_of("+34 699 999 999", "+39 06 9999 9999", "06 9999 9999"),
    "phone, India": _phone_of("+91 99999 99999", "099999 99999", "+91-99-9999-9999"),
    "phone, Japan": _phone_of("03-9999-9999", "090-9999-9999", "+81 90 9999 9999"),
    "phone, Brazil": _phone_of("(11) 99999-9999", "+55 11 99999-9999", "(21) 9999-9999"),
    "phone, Australia": _phone_of("(02) 9999 9999", "0499 999 999", "+61 499 999 999"),
}  # fmt: skip
HARMLESS: dict[str, Make] = {
    "order of 8 to 12 digits": lambda rng: f"order {rng.randint(10**7, 10**12)}",
    "number of 16 digits": lambda rng: str(rng.randint(10**15, 10**16)),
    "parcel number": lambda rng: f"1Z{_digits(rng, 3)}AA{_digits(rng, 10)}",
    "ISBN": lambda rng: (
        f"978-{_digits(rng, 1)}-{_digits(rng, 3)}-{_digits(rng, 5)}-{_digits(rng, 1)}"
    ),
    "date": lambda rng: (
        f"{rng.randint(1990, 2030)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    ),
    "time": lambda rng: f"{rng.randint(0, 23)}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d}",
    "price": lambda rng: f"${rng.randint(1, 9999):,}.{rng.randint(0, 99):02d}",
    "version": lambda rng: ".".join(str(rng.randint(0, 30)) for _ in range(rng.choice((2, 3)))),
    "page to read": lambda rng: f"https://{_name(rng)}.example/{_name(rng)}",
    "dates of Europe": lambda rng: (
        f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(1990, 2030)}"
    ),
    "price of Europe": lambda rng: f"{rng.randint(1, 999)}.{_digits(rng, 3)},{_digits(rng, 2)} €",
    "order with letters": lambda rng: f"#{_digits(rng, 3)}-{_digits(rng, 7)}-{_digits(rng, 7)}",
    "size": lambda rng: f"{rng.randint(10, 300)} x {rng.randint(10, 300)} x {rng.randint(1, 300)}",
    "score": lambda rng: f"{rng.randint(0, 10)}/10",
    "words": lambda rng: " ".join(_name(rng) for _ in range(8)),
}


if __name__ == "__main__":
    main()

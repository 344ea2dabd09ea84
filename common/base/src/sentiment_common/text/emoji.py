"""Which emoji say something good, and which something bad.

Where the Emoji Sentiment Ranking (Kralj Novak et al. 2015) or the emoji's own name leaves a doubt,
an emoji is in neither list: it is then one that says something, but not what.
"""

POSITIVE = frozenset(
    map(
        ord,
        "☺☻♡♥❣❤👌👍👏💋💌💏💑💓💕💖💗💘💙💚💛💜💝💞💟💪💯🔥🖤🤍🤎🧡🎉🎊🏆🥇🌟✨✅✔✓✌🙌🙏"
        "😀😁😂😃😄😅😆😇😈😉😊😋😌😍😎😗😘😙😚😛😜😝😸😹😺😻😼😽🙂🤗🤘🤝🤞🤟🤣🤩🥰🥳🫶",
    )
)
NEGATIVE = frozenset(
    map(
        ord,
        "☹❌✗✘👎💔💩🖕🚫😐😑😒😓😔😕😖😞😟😠😡😢😣😤😥😦😧😨😩😪😫😭😰😱😵😾😿🙁🙄🤒🤕🤢🤦🤬🤮",
    )
)
ANY = r"[\x{2600}-\x{27BF}\x{2B50}-\x{2B55}\x{1F000}-\x{1FAFF}]"
"""RE2 character class that holds all emoji."""


def one_of(points: frozenset[int]) -> str:
    """Returns the RE2 character class of code points."""
    return "[" + "".join(rf"\x{{{point:X}}}" for point in sorted(points)) + "]"


def entity_of(points: frozenset[int], *names: str) -> str:
    """Returns an RE2 pattern for code points as numeric HTML entities, and for named ones."""
    numbers = "|".join(f"x{point:x}|{point}" for point in sorted(points))
    return f"&(?:{'|'.join([*names, f'#(?:{numbers})'])});"

"""Texts on which two engines of one specification would differ first, if they ever did."""

from collections.abc import Iterator

from sentiment_common.text.characters import CharacterTable
from sentiment_common.text.specification import TextSpecification

SURROGATES = range(0xD800, 0xE000)
CHARACTERS_OF_A_TEXT = 16
AWKWARD = (
    "",
    " \t\r\n\x85\xa0\u2028\u200b",
    "...",
    "The batteries DON’T last &amp; it’s “sooooo” bad :( http://x.y/z 👍🏽",
    "&amp;amp;lt;br&amp;gt; caf&eacute; don&#8217;t &#039; &hearts; &#128512; &#x1f44e; &#128640;",
    "&lt;b&gt;good&lt;/b&gt; &nbsp;&frac12;&bogus; &;&#; &#99999999;",
    "<style>b{a:b}</style><script>x='<'</script><p class='a'>x<y and y>z<br/></p><!-- no --><",
    "mail a.b_c@mail.example.com, www.x.com/?q=a amazon.co.uk/x ebay.com. @who_is @ #not_good #",
    "<3 <333 </3 <3<3<3 <30 min <3.5 <3... <3",
    ":) :-D;-P =] :'( :-/ =[ >:( :) :) :) (-: (: thanks:) home:( 8:p http:/ ^_^ -_- >.< T_T ;_;",
    "😀😀❤️👩‍❤️‍👨 💔😭👎 🚀☕🇩🇪👨‍👩‍👧🏴󠁧󠁢󠁥󠁮󠁧󠁿1️⃣",
    "goood gooood aaaaaa bbbbbbbb aab " + "z" * 3000,
    "can't can't CANNOT cant won't wont shan't shan't ain't ain't isn´t n't n't",
    "don't dont dont don t do n't don ' t don ’t",
    "i'm you're it's she'd we'll they've wouldn't've o'clock 'tis rock'n'roll w/o w/out w/ it",
    "wow!!! why?? what?!?! ! ! ! ? ? !?",
    "$200, (really) 50% off_it _positive_ __ ~ ^ ` | \\ { } [ ] \x00\x07\x1b[31m",
    "ﬁne Ünïcödé ÅÅ ß ẞ İı ǅ Ⓐ① ＡＢ ª ٣ e\u0301e\u0301\u0302 ﷽ ㎏ ½ ™ €",
    "東京 ไทย தமிழ் हिन्दी العربية עברית очень хорошо",
    "\u202egood\u202c go\u200eod go\xadod a\ufeffb a\u2060b \ufffd \U0010ffff \ue000",
    "the best batteries are better than the worst cleaner, it was broken and left me disappointed",
    "good bad ugly " * 700,
)


def probes(specification: TextSpecification) -> list[str]:
    """Returns awkward texts, and every place at which the character table changes its mind.

    Args:
        specification: The one whose engines are to be compared; its table decides the characters.

    Returns:
        About 600 texts without surrogates, which UTF-8 cannot hold.
    """
    points = sorted(set(_turning_points(specification.characters)))
    # The characters of a text lie far apart, so that no rule takes two for one.
    step = -(-len(points) // CHARACTERS_OF_A_TEXT)
    lines = (points[first::step] for first in range(step))
    return [*AWKWARD, *(" ".join(f"a{chr(point)}b" for point in line) for line in lines)]


def _turning_points(table: CharacterTable) -> Iterator[int]:
    around = (point for first, last in table.kept for point in (first - 1, first, last, last + 1))
    for point in (*around, *map(ord, table.folded)):
        if 0 <= point <= 0x10FFFF and point not in SURROGATES:
            yield point

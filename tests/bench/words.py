"""Khmer cut into words by others, to compare with: khmercut, and ICU as Lucene's analysis-icu uses it."""

import json
import subprocess
from collections.abc import Sequence

from khmercut import tokenize

_ICU = """
import json, sys, icu
cutter = icu.BreakIterator.createWordInstance(icu.Locale("km"))
for text in json.load(sys.stdin):
    cutter.setText(text)
    edges = [0, *cutter]
    # ICU counts in UTF-16, in which all that is cut here has one unit a character.
    print(json.dumps([text[a:b] for a, b in zip(edges, edges[1:])]))
"""


def by_khmercut(texts: Sequence[str]) -> list[str]:
    """Return the texts with their words parted by spaces."""
    return [_parted(tokenize(text)) for text in texts]


def by_icu(texts: Sequence[str]) -> list[str]:
    """Return the texts with their words parted by spaces. ICU comes with Debian's own Python."""
    done = subprocess.run(
        ["/usr/bin/python3", "-c", _ICU], input=json.dumps(list(texts)), capture_output=True, text=True, check=True
    )
    return [_parted(json.loads(line)) for line in done.stdout.splitlines()]


def _parted(words: Sequence[str]) -> str:
    return " ".join(word for word in (one.strip() for one in words) if any(sign.isalnum() for sign in word))

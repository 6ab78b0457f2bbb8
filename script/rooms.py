"""Draws which room imports from which, as an SVG, from the imports themselves and the layers in pyproject.toml."""

import tomllib
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("cli", "config", "models", "pipeline", "web")
# All rooms may import these: arrows to them would hide the others.
COMMON = {"models", "pipeline.logs"}
WIDTH, HEIGHT, ACROSS, DOWN, EDGE = 118, 38, 140, 84, 24
STYLE = """
rect { fill: #f6f3ea; stroke: #6b5b3e } .common { fill: #e8eef2; stroke: #54707f }
text { font: 14px sans-serif; fill: #222; text-anchor: middle }
path { fill: none; stroke: #8a7a5c; stroke-width: 1.3; marker-end: url(#end) }
"""


class Place(NamedTuple):
    """Where the middle of a room's box is, in pixels, and in which row, from the top."""

    x: float
    row: int


def drawing() -> str:
    """Return the SVG."""
    shown = without_what_follows(rooms())
    places = arranged(layers(), shown)
    width = max(place.x for place in places.values()) + WIDTH / 2 + EDGE
    height = (max(place.row for place in places.values()) + 1) * DOWN - DOWN + HEIGHT + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">',
        "<title>The rooms of Bannasar, and which imports from which</title>",
        f"<style>{STYLE}</style>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" style="fill:#8a7a5c;stroke:none;marker-end:none"/></marker></defs>',
        f'<rect x="0" y="0" width="{width:.0f}" height="{height}" style="fill:#fff;stroke:none"/>',
    ]
    for room in sorted(shown):
        there = sorted(shown[room], key=lambda other: places[other].x)
        for number, other in enumerate(there, 1):
            start = places[room].x - WIDTH / 2 + WIDTH * number / (len(there) + 1)
            parts.append(_arrow(start, places[room].row, places[other]))
    parts += [_box(room, place) for room, place in sorted(places.items())]
    return "\n".join([*parts, "</svg>"]) + "\n"


def rooms() -> dict[str, set[str]]:
    """Return from which rooms each room imports."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports: dict[str, set[str]] = defaultdict(set)
    for module in graph.modules - {"pipeline"}:
        imports[_room(module)] |= {_room(other) for other in graph.find_modules_directly_imported_by(module)}
    return {room: others - {room, "pipeline", *COMMON} for room, others in imports.items()}


def without_what_follows(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports, without those from a room that another imported room also leads to."""

    def reached(room: str) -> set[str]:
        return {far for other in imports[room] for far in {other, *reached(other)}}

    direct = {}
    for room, there in imports.items():
        further = {far for other in there for far in reached(other)}
        direct[room] = there - further
    return direct


def layers() -> list[list[str]]:
    """Return the rooms of each layer, from the top."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    rows = [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]
    return [[*row, "config"] if "pipeline.services" in row else row for row in rows]


def arranged(rows: list[list[str]], shown: dict[str, set[str]]) -> dict[str, Place]:
    """Return the place of each room: the fullest row side by side, others between the rooms they are linked to."""
    widest = max(range(len(rows)), key=lambda row: len(rows[row]))
    places = {room: Place(EDGE + WIDTH / 2 + ACROSS * at, widest) for at, room in enumerate(rows[widest])}
    middle = EDGE + WIDTH / 2 + ACROSS * (len(rows[widest]) - 1) / 2
    for row in [*range(widest - 1, -1, -1), *range(widest + 1, len(rows))]:
        for at, room in enumerate(rows[row]):
            near = [places[one].x for one in places if one in shown[room] or room in shown[one]]
            x = sum(near) / len(near) if near else middle
            places[room] = Place(x + ACROSS * at, row)
    return places


def _room(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "pipeline" else parts[0]


def _arrow(start: float, row: int, end: Place) -> str:
    top, bottom = EDGE + row * DOWN + HEIGHT, EDGE + end.row * DOWN
    if row == end.row:  # side by side
        level = top - HEIGHT / 2
        return f'<path d="M{end.x - ACROSS + WIDTH / 2:.0f} {level:.0f} H{end.x - WIDTH / 2 - 2:.0f}"/>'
    return f'<path d="M{start:.0f} {top} L{end.x:.0f} {bottom - 2}"/>'


def _box(room: str, place: Place) -> str:
    left, top = place.x - WIDTH / 2, EDGE + place.row * DOWN
    common = ' class="common"' if room in COMMON else ""
    return (
        f'<rect x="{left:.0f}" y="{top}" width="{WIDTH}" height="{HEIGHT}" rx="5"{common}/>'
        f'<text x="{place.x:.0f}" y="{top + 24}">{escape(room.removeprefix("pipeline."))}</text>'
    )

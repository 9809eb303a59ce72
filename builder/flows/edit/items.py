"""Splices list items: inserts, removes, reorders them, and carries them from list to list with their comments."""

from itertools import pairwise

from builder.errors import InvalidInput, Path, dotted
from builder.flows.document import Document
from builder.flows.edit.intent import Insert, Move, number
from builder.flows.edit.keys import cut_flow, cut_lines, put_entry, replace, replace_holder, set_value
from builder.flows.edit.layout import Chunk, NotSpliceable, Page, Place, shift
from builder.flows.edit.write import after_dash, inline, key
from builder.flows.nodes import Node, Shape
from builder.flows.nodes import Style as Written


def _list_at(page: Page, path: Path) -> Place | None:
    place = page.find(path)
    if place is not None and place.node.shape is Shape.ALIAS:
        raise InvalidInput(
            f"{dotted(path)} is an alias (*name) of a list that is written elsewhere; change it in the YAML."
        )
    return place if place is not None and place.node.items else None


def insert(page: Page, edit: Insert) -> str:
    place = _list_at(page, edit.path)
    if place is None:
        return set_value(page, edit.path, [edit.value])
    node = place.node
    if node.style is Written.FLOW:
        return _insert_flow(page, node, edit.index, inline(edit.value, page.style, flow=True))
    column = page.column(node.content)
    written = " " * column + "-" + after_dash(edit.value, column, page.style)
    return _insert_lines(page, page.chunks(node), edit.index, written)


def _insert_flow(page: Page, node: Node, index: int, written: str) -> str:
    if index < len(node.items):
        at = node.items[index].start
        return page.text[:at] + written + ", " + page.text[at:]
    at = node.items[-1].end
    return page.text[:at] + ", " + written + page.text[at:]


def _insert_lines(page: Page, chunks: list[Chunk], index: int, written: str) -> str:
    text = page.text
    gaps = [text[left.end : right.start] for left, right in pairwise(chunks)]
    near = gaps[min(max(index - 1, 0), len(gaps) - 1)] if gaps else ""
    blank = "\n" if near.startswith("\n\n") else ""
    if index == 0:
        at = chunks[0].start
        return text[:at] + written + "\n" + blank + text[at:]
    at = chunks[index - 1].end
    return text[:at] + "\n" + blank + written + text[at:]


def remove(page: Page, path: Path) -> str:
    place = page.find(path)
    if place is None or place.parent is None:
        raise NotSpliceable
    if len(place.parent.items) == 1:
        return replace_holder(page, path, "[]")
    if place.flow:
        return cut_flow(page, [(item.start, item.end) for item in place.parent.items], place.index)
    chunks = page.chunks(place.parent)
    _stand_alone(page, chunks)
    own, text = chunks[place.index], page.text
    if place.index + 1 == len(chunks):
        gap = text[chunks[-2].end : own.start]
        return (
            text[: own.start].rstrip("\n") + text[own.end :] if "#" in gap else text[: chunks[-2].end] + text[own.end :]
        )
    following = chunks[place.index + 1].start
    if "#" in text[own.end : following]:
        return cut_lines(page, own.start, own.end)
    return text[: own.start] + text[following:]


def _stand_alone(page: Page, chunks: list[Chunk]) -> None:
    """Refuse items that begin in the middle of a line, such as `- - a`."""
    if any(page.text[page.line_start(chunk.dash) : chunk.dash].strip() for chunk in chunks):
        raise NotSpliceable


def move(page: Page, edit: Move) -> str:
    """Reorder the items of one list; the gaps between items stay where they are."""
    place = page.find(edit.path)
    if place is None or place.parent is None or edit.path[:-1] != edit.to_path:
        raise NotSpliceable
    if place.flow:
        pieces = [(item.start, item.end) for item in place.parent.items]
    else:
        chunks = page.chunks(place.parent)
        _stand_alone(page, chunks)
        pieces = [(chunk.start, chunk.end) for chunk in chunks]
    order = list(range(len(pieces)))
    order.insert(edit.to_index, order.pop(number(edit.path)))
    out = page.text[: pieces[0][0]]
    for position, (_, end) in enumerate(pieces):
        start, stop = pieces[order[position]]
        following = pieces[position + 1][0] if position + 1 < len(pieces) else len(page.text)
        out += page.text[start:stop] + page.text[end:following]
    return out


def item_text(document: Document, path: Path, *, comments: bool) -> tuple[str, int]:
    """A block list item as it is written, dash at the margin's column given, with or without the comments above it."""
    page = Page(document)
    place = page.find(path)
    if place is None or place.parent is None or place.flow:
        raise NotSpliceable
    chunks = page.chunks(place.parent)
    _stand_alone(page, chunks)
    own = chunks[place.index]
    start = own.start if comments else page.line_start(own.dash)
    return page.text[start : own.end], page.column(own.dash)


def moved_text(document: Document, edit: Move) -> tuple[str, int]:
    """An item with its comments as it is to be written elsewhere: as it is, without the key around it, or below one."""
    written, column = item_text(document, edit.path, comments=True)
    if edit.take:
        written = _without_key(Page(document), edit, written, column)
    return (_below_key(written, column, edit.put) if edit.put else written), column


def _without_key(page: Page, edit: Move, written: str, column: int) -> str:
    place = page.find((*edit.path, edit.take))
    if place is None or place.key is None:
        raise NotSpliceable
    comments = "".join(line + "\n" for line in _above_dash(written, column))
    if place.node.style is Written.FLOW:
        return f"{comments}{' ' * column}- {page.text[place.node.start : place.node.end]}{page.rest(place.node.end)}"
    start = page.line_start(place.node.content)
    above = page.text[page.comments_above(start, page.line_end(place.key.end) + 1) : start]
    body = page.text[start : page.tail(place.node.end, page.column(place.key.start))]
    body = shift(body, column + 2 - page.column(place.node.content))
    above = shift(above, column - page.column(place.node.content))
    return f"{comments}{above}{' ' * column}- {body.lstrip(' ')}"


def _below_key(written: str, column: int, name: str) -> str:
    above = _above_dash(written, column)
    first, *rest = written.split("\n")[len(above) :]
    value = first[column + 1 :].lstrip(" ")
    if not value or value.startswith("#"):
        raise NotSpliceable
    deeper = column + 4 - (len(first) - len(value))
    if value.startswith("{"):
        head = [f"{' ' * column}- {key(name)}: {value}"]
    else:
        head = [f"{' ' * column}- {key(name)}:", " " * (column + 4) + value]
    return "\n".join([*above, *head, *(shift(line, deeper) for line in rest)])


def _above_dash(written: str, column: int) -> list[str]:
    """The lines of comments that an item begins with."""
    lines = written.split("\n")
    return lines[: next(place for place, line in enumerate(lines) if line[column : column + 1] == "-")]


def insert_text(document: Document, path: Path, index: int, written: str, column: int) -> str:
    """Put an item that is already written into a block list, or make that list, at the right indent."""
    page = Page(document)
    place = _list_at(page, path)
    if place is not None:
        if place.node.style is Written.FLOW or place.flow:
            raise NotSpliceable
        to = page.column(place.node.content)
        return _insert_lines(page, page.chunks(place.node), index, shift(written, to - column))
    place, holder = page.find(path), page.find(path[:-1])
    if place is not None and place.key is not None and not place.flow:
        to = page.column(place.key.start) + page.style.dash
        return replace(page, place, "\n" + shift(written, to - column))
    if holder is None or not holder.node.entries or holder.flow or holder.node.style is Written.FLOW:
        raise NotSpliceable
    to = page.column(holder.node.entries[0][0].start) + page.style.dash
    return put_entry(page, path, holder.node, f"{key(path[-1])}:\n{shift(written, to - column)}")

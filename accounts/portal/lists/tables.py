"""The rows of a list as HTML. Written here and not by a template, which takes ten times as long."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.safestring import SafeString

from accounts.kit.markup import escaped
from accounts.portal.lists.columns import Column


@dataclass(frozen=True)
class Head:
    """The head of a column. `order` is "ascending" or "descending" where the list stands in it,
    `url` the address of the list sorted by it.
    """

    name: str
    label: Any = ""
    css: str = ""
    url: str = ""
    order: str = ""
    is_label_hidden: bool = False
    # The zone its times are told in.
    zone: str = ""


@dataclass(frozen=True)
class Line:
    """A row that is ready: the key it is ticked by, what it was made of, its cells by column."""

    key: str
    row: Any
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class RowStyle:
    """What the rows of a list have beside their cells: attributes, a box with its words, actions,
    the heading they stand under.
    """

    key: Callable[[Any], str]
    attributes: Callable[[Any], Mapping[str, str]]
    actions: Callable[[Any], Any] | None = None
    group: Callable[[Any], Any] | None = None
    tick_name: str = ""
    tick_words: Any = ""
    bulk_id: str = ""


@dataclass(frozen=True)
class Table:
    """One page of a list, ready for accounts/portal/lists/_table.html."""

    columns: Sequence[Head]
    lines: Sequence[Line]
    body: SafeString
    caption: Any
    pager: Mapping[str, Any] | None = None
    bulk_id: str = ""
    css: str = ""
    # The list scrolls inside the window, its head stays.
    is_page: bool = False
    # A heading of its own, where the list is a part of a page.
    title: Any = ""
    groups: Sequence[tuple[Any, Sequence[Any]]] = field(default_factory=list)


def write_table(
    rows: Sequence[Any],
    columns: Sequence[Column],
    style: RowStyle,
    *,
    order: tuple[str, bool],
    sort_url: Callable[[str], str],
    **more: Any,
) -> Table:
    """The table of these rows. `order` is the column the list stands in and whether it descends."""
    lead = next((one.name for one in columns if one.is_lead), columns[0].name)
    heads = [_head(one, one.name == lead, order, sort_url) for one in columns]
    if style.tick_name:
        heads.insert(0, Head("tick", css="tick"))
    if style.actions:
        heads.append(Head("acts", css="acts"))
    lines = [
        Line(
            style.key(row),
            row,
            {one.name: one.cell(row) for one in columns if one.cell is not None},
        )
        for row in rows
    ]
    if style.group is None:
        groups: list[tuple[Any, list[Line]]] = [("", lines)]
    else:
        of = style.group
        groups = [(name, list(some)) for name, some in groupby(lines, lambda line: of(line.row))]
    write = _Rows(columns, lead, style).write
    body = "".join(_group(name, some, write, len(heads)) for name, some in groups)
    return Table(
        heads,
        lines,
        SafeString(body),
        bulk_id=style.bulk_id if style.tick_name else "",
        groups=[(name, [line.row for line in some]) for name, some in groups if some],
        **more,
    )


def _head(
    column: Column, is_lead: bool, order: tuple[str, bool], sort_url: Callable[[str], str]
) -> Head:
    name, is_descending = order
    is_sorted = name == column.name
    css = f"{'lead-col ' if is_lead else ''}{column.kind}"
    turned = f"-{column.name}" if is_sorted and not is_descending else column.name
    return Head(
        column.name,
        column.label,
        css.strip(),
        sort_url(turned) if column.sort is not None else "",
        ("descending" if is_descending else "ascending") if is_sorted else "",
        column.is_label_hidden,
        column.zone_label,
    )


def _group(
    name: Any,
    lines: Iterable[Line],
    write: "Callable[[Line], str]",
    width: int,
) -> str:
    rows = "".join(map(write, lines))
    if not name:
        return f"<tbody>{rows}</tbody>"
    heading = f'<tr class="day"><th scope="rowgroup" colspan="{width}">{escaped(name)}</th></tr>'
    return f"<tbody>{heading}{rows}</tbody>"


class _Rows:
    """Writes rows. What is the same in each of them is written once."""

    def __init__(self, columns: Sequence[Column], lead: str, style: RowStyle) -> None:
        self._style = style
        self._tick = (
            f'<td class="tick"><input class="form-check-input" type="checkbox" '
            f'name="{escaped(style.tick_name)}" value="'
        )
        self._form = f'" form="{escaped(style.bulk_id)}" aria-label="'
        self._tick_words = str(style.tick_words)
        self._cells = [_Cell(one, is_lead=one.name == lead) for one in columns]

    def write(self, line: Line) -> str:
        style = self._style
        parts = ["<tr"]
        parts += [
            f' {name}="{escaped(value)}"' for name, value in style.attributes(line.row).items()
        ]
        parts.append(">")
        if style.tick_name:
            words = escaped(self._tick_words % {"row": line.key})
            parts.append(f'{self._tick}{escaped(line.key)}{self._form}{words}"></td>')
        parts += [cell.written(line) for cell in self._cells]
        if style.actions:
            parts.append(f'<td class="acts">{escaped(style.actions(line.row))}</td>')
        parts.append("</tr>")
        return "".join(parts)


class _Cell:
    """A column as its cells have it."""

    def __init__(self, column: Column, *, is_lead: bool) -> None:
        self._name = column.name
        self._start, self._end = ('<th scope="row"', "</th>") if is_lead else ("<td", "</td>")
        label = escaped(column.label) if column.is_labelled else ""
        self._label = f' data-label="{label}">' if label else ">"
        # Told for each row where rows differ.
        self._classes = column.classes if callable(column.css) else None
        self._opening = "" if self._classes else self._opened(column.classes(None))

    def _opened(self, css: str) -> str:
        classes = f' class="{escaped(css)}"' if css else ""
        return f"{self._start}{classes}{self._label}"

    def written(self, line: Line) -> str:
        opening = self._opened(self._classes(line.row)) if self._classes else self._opening
        return f"{opening}{escaped(line.cells[self._name])}{self._end}"

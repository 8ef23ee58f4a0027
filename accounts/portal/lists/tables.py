"""The rows of a list as HTML. Written here and not by a template, which takes ten times as long."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.portal.lists.cells import joined
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
    body = joined(_group(name, some, columns, lead, style, len(heads)) for name, some in groups)
    return Table(
        heads,
        lines,
        body,
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
    columns: Sequence[Column],
    lead: str,
    style: RowStyle,
    width: int,
) -> SafeString:
    rows = joined(_row(line, columns, lead, style) for line in lines)
    if not name:
        return format_html("<tbody>{}</tbody>", rows)
    return format_html(
        '<tbody><tr class="day"><th scope="rowgroup" colspan="{}">{}</th></tr>{}</tbody>',
        width,
        name,
        rows,
    )


def _row(line: Line, columns: Sequence[Column], lead: str, style: RowStyle) -> SafeString:
    cells = []
    if style.tick_name:
        cells.append(
            format_html(
                '<td class="tick"><input class="form-check-input" type="checkbox" name="{}" '
                'value="{}" form="{}" aria-label="{}"></td>',
                style.tick_name,
                line.key,
                style.bulk_id,
                style.tick_words % {"row": line.key},
            )
        )
    for column in columns:
        cells.append(_cell(column, line, is_lead=column.name == lead))
    if style.actions:
        cells.append(format_html('<td class="acts">{}</td>', style.actions(line.row)))
    attributes = format_html_join("", ' {}="{}"', style.attributes(line.row).items())
    return format_html("<tr{}>{}</tr>", attributes, joined(cells))


def _cell(column: Column, line: Line, *, is_lead: bool) -> SafeString:
    css, cell = column.classes(line.row), line.cells[column.name]
    label = column.label if column.is_labelled else ""
    attributes = [(name, value) for name, value in (("class", css), ("data-label", label)) if value]
    written = format_html_join("", ' {}="{}"', attributes)
    if is_lead:
        return format_html('<th scope="row"{}>{}</th>', written, cell)
    return format_html("<td{}>{}</td>", written, cell)

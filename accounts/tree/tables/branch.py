"""The items of a branch of the navigation tree as HTML. Written here and not by a template: every
page has dozens of them.

The links work without script; tree.js takes them out of the tab order and moves focus between the
items instead.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.kit.addresses import sprite
from accounts.kit.markup import format_html, joined
from accounts.tree.nodes import More, Node

_NOTHING = SafeString("")
_NO_TWIST = SafeString('<span class="node-twist"></span>')
_CURRENT = SafeString(' aria-current="page"')


class _Words(NamedTuple):
    """What every item says, in the language of the page, and where its symbols are."""

    sprite: str
    actions: str
    show: str
    direct: str
    in_all: str


def branch_items(nodes: Sequence[Node], more: More | None) -> SafeString:
    """Each with its own open branch inside it; `more`: what is not shown."""
    words = _Words(
        sprite(),
        _("Actions for %(account)s"),
        _("Show what is below %(account)s"),
        _("direct,"),
        _("in all"),
    )
    return _items(nodes, more, words)


def _items(nodes: Sequence[Node], more: More | None, words: _Words) -> SafeString:
    return joined([*(_item(one, words) for one in nodes), _more(more) if more else _NOTHING])


def _item(node: Node, words: _Words) -> SafeString:
    label = node.label
    return format_html(
        '<li role="treeitem" id="tree-{0}" data-account="{0}" data-name="{0}" aria-label="{1}" '
        'aria-level="{2}" aria-setsize="{3}" aria-posinset="{4}" aria-selected="{5}"{6}{7} '
        'tabindex="{8}"><div class="{9}">{10}<a class="node-name" href="{11}" title="{12}">{0}</a>'
        '{13}{14}<button class="node-menu" type="button" tabindex="-1" aria-label="{15}">'
        '<svg class="i" aria-hidden="true"><use href="{16}#more"/></svg></button></div>{17}</li>\n',
        node.account_id,
        label,
        node.level,
        node.set_size,
        node.position,
        "true" if node.is_selected else "false",
        _CURRENT if node.is_current else _NOTHING,
        _expanded(node),
        0 if node.is_entrance else -1,
        f"node{' is-stopped' if node.state else ''}{'' if node.is_agent else ' is-customer'}",
        _twist(node, words),
        node.url,
        node.name,
        _state(node, words.sprite),
        _counts(node, label, words),
        words.actions % {"account": node.account_id},
        words.sprite,
        _children(node, words),
    )


_CLOSED = SafeString(' aria-expanded="false"')
_OPEN = SafeString(' aria-expanded="true"')


def _expanded(node: Node) -> SafeString:
    if not node.has_branch:
        return _NOTHING
    return _CLOSED if node.children is None else _OPEN


def _twist(node: Node, words: _Words) -> SafeString:
    if not node.has_branch:
        return _NO_TWIST
    return format_html(
        '<a class="node-twist" href="{}"><svg class="i" aria-hidden="true"><use href="{}#right"/>'
        '</svg><span class="visually-hidden">{}</span></a>',
        node.open_url,
        words.sprite,
        words.show % {"account": node.account_id},
    )


def _state(node: Node, sprite: str) -> SafeString:
    if node.state is None:
        return _NOTHING
    return format_html(
        '<svg class="i node-state" role="img" aria-label="{0}"><title>{0}</title>'
        '<use href="{1}#{2}"/></svg>',
        node.state.label,
        sprite,
        node.state.icon,
    )


def _counts(node: Node, label: str, words: _Words) -> SafeString:
    if not node.is_agent:
        return _NOTHING
    return format_html(
        '<span class="node-count" title="{}"><b>{}</b><span aria-hidden="true"> / </span>'
        '<span class="visually-hidden"> {} </span>{}<span class="visually-hidden"> {}</span>'
        "</span>",
        label,
        node.direct_text,
        words.direct,
        node.total_text,
        words.in_all,
    )


def _children(node: Node, words: _Words) -> SafeString:
    if not node.has_branch:
        return _NOTHING
    inside = _NOTHING if node.children is None else _items(node.children, node.more, words)
    return format_html('<ul role="group" data-src="{}">{}</ul>', node.branch_url, inside)


def _more(more: More) -> SafeString:
    return format_html(
        '<li role="treeitem" data-more="{}" data-name="{}" aria-level="{}" aria-selected="false" '
        'tabindex="-1"><div class="node is-more"><span class="node-twist"></span>'
        '<a class="node-name" href="{}">{}</a></div></li>\n',
        more.url,
        more.label,
        more.level,
        more.page_url,
        more.label,
    )

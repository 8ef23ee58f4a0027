"""The views of lists that people save for themselves. No authority hangs on them."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.core.actor import Actor
from accounts.core.models import User
from accounts.core.rules import one_line
from accounts.kit.errors import NotAllowed, NotInScope, Refused
from accounts.kit.text import can_be_stored, folded
from accounts.logins.models import SavedView
from accounts.logins.queries import OPENING, opening_view_of, saved_view_of, saved_views_of

# Of one list.
MOST_VIEWS = 20
# Characters of a name, and of all that a view asks of its list: an address holds it.
LONGEST_NAME = 40
LONGEST_ASKED = 1500


def view_save(
    *, actor: Actor, of_list: str, name: str, asks: Mapping[str, str], replaces: bool = False
) -> SavedView:
    """Keep what a list is asked for as a view of the actor's own login, behind its others.
    `replaces`: the view of this name asks for that from now on.

    Raises Refused (`required`, `too_long`, `control_characters`, `name_taken`, `too_many`),
    NotAllowed for an actor without a login of its own.
    """
    _check_kept(asks)
    with transaction.atomic():
        login = _own_login(actor)
        name = _clean(name)
        own = saved_views_of(login, of_list)
        same = _called(own, name)
        if same is not None and not replaces:
            raise _name_taken()
        if same is not None:
            same.asks = dict(asks)
            same.save(update_fields=["asks"])
            return same
        if len(own) >= MOST_VIEWS:
            raise Refused(
                _("Keep at most %(max)s views of a list.") % {"max": MOST_VIEWS},
                code="too_many",
                field="name",
            )
        at = own[-1].position + 1 if own else 0
        view = SavedView(login=login, of_list=of_list, name=name, asks=dict(asks), position=at)
        _store(view)
        return view


def view_rename(*, actor: Actor, view: SavedView, name: str) -> SavedView:
    """Give a view of the actor's own login another name. Raises as `view_save`, NotInScope for a
    view of somebody else.
    """
    with transaction.atomic():
        view, own = _own_view(actor, view)
        name = _clean(name)
        same = _called(own, name)
        if same is not None and same.pk != view.pk:
            raise _name_taken()
        view.name = name
        _store(view, "name")
        return view


def view_move(*, actor: Actor, view: SavedView, by: int) -> None:
    """Put a view of the actor's own login so many places further right (or left: below zero) among
    the login's views of its list. Raises NotInScope, NotAllowed.
    """
    with transaction.atomic():
        view, own = _own_view(actor, view)
        at = next(place for place, one in enumerate(own) if one.pk == view.pk)
        own.insert(max(0, at + by), own.pop(at))
        for place, one in enumerate(own):
            one.position = place
        SavedView.objects.bulk_update(own, ["position"])


def view_delete(*, actor: Actor, view: SavedView) -> None:
    """Forget a view of the actor's own login. Raises NotInScope, NotAllowed."""
    with transaction.atomic():
        view, _own = _own_view(actor, view)
        _open_with(actor, view, opens=False)
        view.delete()


def view_open_with(*, actor: Actor, view: SavedView, opens: bool) -> None:
    """Have a list open with this view of the actor's own login from now on, instead of another one;
    or not any more. Raises NotInScope, NotAllowed.
    """
    with transaction.atomic():
        view, _own = _own_view(actor, view)
        _open_with(actor, view, opens=opens)


def _open_with(actor: Actor, view: SavedView, *, opens: bool) -> None:
    login = _own_login(actor)
    if (opening_view_of(login, view.of_list) == view.pk) == opens:
        return
    opening = {**login.preferences.get(OPENING, {}), view.of_list: view.pk}
    if not opens:
        del opening[view.of_list]
    login.preferences = {**login.preferences, OPENING: opening}
    login.save(update_fields=["preferences"])


def _store(view: SavedView, *fields: str) -> None:
    """The index knows the case of some letters that nobody here takes for one another."""
    try:
        with transaction.atomic():
            view.save(update_fields=fields or None)
    except IntegrityError as error:
        raise _name_taken() from error


def _check_kept(asks: Mapping[str, str]) -> None:
    words = [text for one in asks.items() for text in one]
    if sum(map(len, words)) > LONGEST_ASKED:
        raise Refused(_("These filters are too long to be kept."), code="too_long", field="name")
    if not all(map(can_be_stored, words)):
        raise Refused(
            _("These filters hold characters that cannot be kept."),
            code="control_characters",
            field="name",
        )


def _own_login(actor: Actor) -> User:
    """The actor's login, locked: two pages at once keep no more views than one."""
    if actor.user is None or actor.read_only:
        raise NotAllowed(_("These are not your views."), code="not_own_login")
    return User.objects.select_for_update().get(pk=actor.user.pk)


def _own_view(actor: Actor, view: SavedView) -> tuple[SavedView, list[SavedView]]:
    """The view as it is now, and all of its list."""
    login = _own_login(actor)
    found = saved_view_of(login, view.pk)
    if found is None:
        raise NotInScope(_("There is no such view."))
    return found, saved_views_of(login, found.of_list)


def _called(views: list[SavedView], name: str) -> SavedView | None:
    return next((one for one in views if folded(one.name) == folded(name)), None)


def _clean(name: str) -> str:
    name = one_line(name, "name")
    if not name:
        raise Refused(_("Give the view a name."), code="required", field="name")
    if len(name) > LONGEST_NAME:
        raise Refused(
            _("Use at most %(max)s characters.") % {"max": LONGEST_NAME},
            code="too_long",
            field="name",
        )
    return name


def _name_taken() -> Refused:
    return Refused(_("You have a view of this name."), code="name_taken", field="name")

"""Who stands above a viewer's own account, in words (docs/domain.md 2).

One word for every level, whoever it is and however many there are. Above a top-level account there
are no levels: there it is an administrator.
"""

from django.utils.translation import gettext as _


def someone_above(*, is_top_level: bool) -> str:
    """Whoever stands above the viewer's account."""
    return _("an administrator") if is_top_level else _("a level above yours")

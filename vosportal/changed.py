"""The accounts changed last, as the rows of a table on dashboards."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.core.models import Account
from accounts.kit.markup import format_html_join
from accounts.kit.moments import moment_words
from accounts.portal.lists.cells import category_badge, link, time


def changed_rows(accounts: Iterable[Account]) -> SafeString:
    """Each with its agent, which was read along. No query."""
    language = get_language()
    return format_html_join(
        "",
        '<tr data-account="{}"><th scope="row">{}</th><td class="card-left">{}</td>'
        '<td class="card-left muted">{}</td><td class="card-top">{}</td>'
        '<td class="card-right nowrap">{}</td></tr>',
        [
            (
                one.account_id,
                link(one.get_absolute_url(), one.account_id),
                one.name,
                one.parent.account_id if one.parent else "–",
                category_badge(one.is_agent, language),
                time(timezone.localtime(one.updated_at), moment_words(one.updated_at)),
            )
            for one in accounts
        ],
    )

"""What `manage.py check --deploy` says of the privileges of the web processes."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register

from accounts.core import privileges


@register(Tags.security, deploy=True)
def check_web_role(**_: Any) -> list[CheckMessage]:
    """A warning where nobody looks after them, or where they are not what they should be. What
    keeps it from asking is told by other checks.
    """
    if privileges.is_unnamed():
        return [
            Warning(
                "WEB_ROLE is not set: nobody looks after what the web processes may do in the "
                "database, and they may be able to change the audit log and the ledger.",
                hint="Let the tables belong to another role, name that of the web processes in "
                "WEB_ROLE, and run migrate as the owner (docs/operations.md, Database).",
                id="vosportal.W010",
            )
        ]
    try:
        wrong = privileges.wrong_connection()
    except Exception:
        return []
    return [
        Warning(
            f"Privileges in the database: {one}.",
            hint="Run migrate as the owner of the tables, with WEB_ROLE set.",
            id="vosportal.W011",
        )
        for one in wrong
    ]

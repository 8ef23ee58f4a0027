"""What is said beside files."""

from typing import Any

from django import template

from accounts.kit.sheets_out import CSV_NOTE

register = template.Library()


@register.simple_tag
def csv_note() -> Any:
    """Why XLSX is the file for a spreadsheet; stands wherever both are offered."""
    return CSV_NOTE

"""Files that people take out: nothing in them is a formula, a rounded number or somebody else's."""

from tests.mutants.mutant import faults

_KIT = "tests/accounts/kit/test_"

EXPORTS = (
    *faults(
        "accounts.kit.formulas",
        (f"{_KIT}formulas.py",),
        ("is_formula", "text.lstrip(MARK)", "text"),
        ("is_formula", "if one in _BREAKS:", "if False:"),
        ("is_formula", 'unicodedata.normalize("NFKC", one)[:1]', "one"),
        ("is_formula", "if not _is_blank(one):", "if True:"),
        ("_SIGNS", '"=+-@"', '"=+-"'),
        ("_is_blank", '"ZCM"', '"ZC"'),
        ("_is_blank", "or one in _FILLERS", ""),
        ("without_guard", "if is_guarded(text)", "if text.startswith(MARK)"),
    ),
    *faults(
        "accounts.kit.sheets_out",
        (
            f"{_KIT}sheets_out.py",
            f"{_KIT}formulas.py",
            "tests/accounts/tree/test_clock.py",
            "tests/accounts/tree/test_exports.py",
        ),
        ("_csv_cell", "guarded(str(value)) if", "str(value) if"),
        ("_csv_cell", 'f"{value.normalize():f}"', "str(value.normalize())"),
        ("_csv", "guarded(str(title))", "str(title)"),
        ("_csv", 'text.write("\\ufeff")', "pass"),
        ("_csv", "count += 1", "count = 1"),
        ("_is_exact", "<= _MOST_DIGITS", "<= _MOST_DIGITS + 2"),
        (
            "_sheet",
            "sheet.write_string(0, column, _text(title), bold)",
            "sheet.write(0, column, title, bold)",
            "a title is a label of ours: it fits a cell, and the book takes no text for a formula",
        ),
        ("_sheet", "_as_shown(value).replace(tzinfo=None)", "value.replace(tzinfo=None)"),
        (
            "_sheet",
            'sheet.write_string(at, column, f"{value:f}", text)',
            "sheet.write_number(at, column, float(value))",
        ),
        ("_text", "if is_guarded(text)", "if False"),
        ("_text", "if len(text) <= _LONGEST_TEXT", "if True"),
        (
            "_xlsx",
            '"strings_to_formulas": False,',
            "",
            "every text is written by `write_string`, which makes no formula",
        ),
        ("file_name", "_UNFIT.sub('-', name)", "name"),
        ("kind_asked", "if kind not in FORMATS:", "if False:"),
        ("_as_shown", "timezone.localtime(at, zone)", "at"),
    ),
    *faults(
        "accounts.portal.views.exports",
        (
            "tests/accounts/portal/test_long_exports.py",
            "tests/accounts/tree/test_exports.py",
            "tests/accounts/core/test_every_export.py",
        ),
        ("AnswersFiles.file_answer", "export.count > IN_REQUEST", "export.count >= IN_REQUEST"),
        ("AnswersFiles.file_answer", "rows=count,", "rows=export.count,"),
        ("export_of", "if actor.kind not in view.audience:", "if False:"),
        (
            "export_of",
            "isinstance(view_class, type) and issubclass(view_class, AnswersFiles)",
            "view_class",
        ),
    ),
    *faults(
        "accounts.jobs.services.exports",
        ("tests/billing/charging/test_calls_exported.py",),
        ("export_make", "with as_of(moment_asked(work.job)):", "if True:"),
        ("export_start", 'asked["asked_at"] = asked_at.isoformat()', "pass"),
        ("_is_same", "and at - moment_asked(job) < _SAME_FOR", ""),
    ),
    *faults(
        "accounts.jobs.queries",
        ("tests/billing/charging/test_calls_exported.py",),
        ("moment_asked", "job.created_at", "timezone.now()"),
    ),
    *faults(
        "accounts.core.exports",
        (
            "tests/accounts/tree/test_exports.py",
            "tests/billing/ledger/test_statements.py",
            "tests/accounts/portal/test_long_exports.py",
        ),
        (
            "export_recorded",
            'after={"rows": rows, "filters": dict(filters)},',
            'after={"rows": rows},',
        ),
        ("export_recorded", 'after={"rows": rows, "filters"', 'after={"filters"'),
        ("export_recorded", "account=account,", "account=None,"),
    ),
)

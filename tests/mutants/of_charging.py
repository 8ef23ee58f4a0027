"""Who pays for a call, at which rate, and what a record may be charged for (docs/domain.md 7)."""

from tests.mutants.mutant import faults

_CHARGING = "tests/billing/charging/test_"
_WHOSE = tuple(f"{_CHARGING}{one}.py" for one in ("deciding", "whose", "left_behind"))
_PAST = tuple(f"{_CHARGING}{one}.py" for one in ("deciding", "prices_of_the_past", "moments"))
_RECORDS = tuple(
    f"{_CHARGING}{one}.py" for one in ("left_behind", "queue_rules", "unforeseen", "queue", "once")
)
_ENDING = ("tests/billing/holds/test_records_of_a_call.py",)

CHARGING = (
    *faults(
        "billing.charging.deciding",
        _PAST,
        ("Books.place", "(known, at, key", "(known, at - datetime.resolution, key"),
        ("Books.place", "has_waited and place.group is None", "place.group is None"),
        ("Books.place", "has_waited and place.group is None", "False"),
        ("Books.chain", "all(len(", "any(len("),
        ("rate_again", "one.account, one.at, has_waited=True", "one.account, one.at"),
        ("_placed", "has_waited=case.reads_corrections", "has_waited=True"),
        ("_placed", "has_waited=case.reads_corrections", "has_waited=False"),
    ),
    *faults(
        "billing.charging.deciding",
        _WHOSE,
        ("_placed", "if not case.is_paid:", "if False:"),
        ("_placed", "if closed is not None:", "if False:"),
        ("_placed", "for pk, _place in case.chain if", "for pk, _place in case.chain[:1] if"),
        ("_find_carrier", "if case.is_paid and books", "if books"),
        ("_cost", " or case.cost_wait is not None", ""),
        ("_placed", "not payer.is_flow and ", ""),
        ("_placed", "if payer.is_flow and not case.record.session:", "if False:"),
        ("_named", "if case.assigned:", "if False:"),
        ("_named", "if unknown or not named:", "if not named:"),
        ("_named", "if len(named) > 1:", "if len(named) > 2:"),
        ("_mapping", " or found.is_routing", ""),
        ("_number", "record.callee_out or record.callee\n", "record.callee or record.callee_out\n"),
        ("_number", "(record.callee_out or case.is_rewritten)", "record.callee_out"),
        ("_number", "<= _MOST_DIGITS", "< _MOST_DIGITS"),
        ("_find_carrier", " or not gateway.is_routing", ""),
        ("_charge", "if None in case.charges and", "if None in case.charges[:1] and"),
        (
            "_first_missing",
            "case.charges.index(None)",
            "len(case.charges) - 1 - case.charges[::-1].index(None)",
        ),
        ("_cost", "if price is None:", "if False:"),
    ),
    *faults(
        "billing.charging.tariffs",
        (f"{_CHARGING}deciding.py", f"{_CHARGING}left_behind.py"),
        ("Tariff.answers", "if asked.all[place].reads_corrections:", "if True:"),
        ("Tariff.corrected", "one.since <= asked.at", "one.since < asked.at"),
        ("Tariff.corrected", "asked.at < one.until", "asked.at <= one.until"),
        ("Tariff.corrected", "to_micros(bill.amount)", "found.amount"),
        ("Tariff._make", "price, fee)", "price, 0)"),
    ),
    *faults(
        "billing.charging.queries.books",
        tuple(
            f"{_CHARGING}{one}.py"
            for one in ("left_behind", "rated_anew", "moments", "prices_of_the_past")
        ),
        ("places_of", '"account", "since")', '"account", "-since")'),
        ("Tariffs.begin", "self._before = {}", "self._before = self._groups"),
        ("Tariffs.get", " or kept[0] != group.version", ""),
        ("_tariff", "RateCorrection.objects.filter(group=group)", "RateCorrection.objects"),
        ("months_around", "(-1, 0, 1)", "(0, 1)"),
        ("months_around", "(-1, 0, 1)", "(-1, 0)"),
    ),
    *faults(
        "billing.rates.queries.plain",
        (f"{_CHARGING}left_behind.py",),
        ("plain_rates_of", "Rate.objects.standing()", "Rate.objects"),
    ),
    *faults(
        "billing.charging.services.charger",
        _RECORDS,
        (
            "charge_batch",
            "if there > 1:",
            "if there > 2:",
            "two are then charged one by one, of which nobody notices anything",
        ),
        ("_written", "tariffs.begin()", "pass"),
        ("_written", "if not one.row.is_first]", "]"),
        ("_understand", "record.setup < oldest", "record.setup <= oldest"),
        ("_understand", "elif record.setup < oldest:", "elif False:"),
        ("oldest_kept", "now.month - 1 - settings", "now.month - settings"),
        ("_tell_apart", "item.is_new = True", "pass"),
        ("_tell_apart", "elif first == item.content:", "elif True:"),
        ("_tell_apart", "known[item.key] = item.content", "pass"),
        (
            "_charge",
            " and not one.wait]",
            "]",
            "what a record that waits would cost is found out, and nobody looks at it",
        ),
        ("_charge_costs", 'item.row.columns.get("routing_gateway") or leg', "leg"),
        ("_charge_costs", "reads_corrections=True", "reads_corrections=False"),
        ("_charge_costs", "item.case.number = leg.number", "pass"),
    ),
    *faults(
        "billing.charging.services.charger",
        _ENDING,
        ("_charge", "if one.is_accepted or one.is_repeated", "if one.case"),
        (
            "_charge",
            "ends.sort(key=lambda one: one.is_repeated)",
            "ends.sort(key=lambda one: not one.is_repeated)",
        ),
        ("_charge", "if one.case and one.is_repeated", "if False"),
        ("_charge", "if one.case and one.is_repeated", "if one.case"),
    ),
    *faults(
        "billing.charging.services.authorized",
        _ENDING,
        ("spare_waiting", "not in charged", "in charged"),
        ("spare_waiting", "case.authorized = case.call = None", "pass"),
    ),
)

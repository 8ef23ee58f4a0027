"""What a charged call leaves behind: charges, movements, running totals, what waits
(docs/domain.md 7, 9).
"""

from tests.mutants.mutant import faults

_CHARGING = "tests/billing/charging/test_"
_WRITTEN = tuple(
    f"{_CHARGING}{one}.py" for one in ("left_behind", "rated_anew", "queue_rules", "unforeseen")
)
_TOTALS = tuple(f"{_CHARGING}{one}.py" for one in ("summed", "left_behind", "rated_anew", "adding"))
_OWN_PRICE = ("tests/billing/reports/test_own_price.py",)
_BY_ROOT = ("tests/billing/reports/test_cost_by_root.py",)
_POSTGRES = "SQLite asks for nothing before: test_adding.py tries it on PostgreSQL"

WRITTEN_CALLS = (
    *faults(
        "billing.charging.services.writing",
        _WRITTEN,
        ("written", "if not one.wait and not one.is_repeated]", "if not one.wait]"),
        (
            "written",
            "for one in calls if one.is_new)",
            "for one in calls if one.is_new and not one.wait)",
        ),
        ("written", "if item.wait is None:", "if True:"),
        ("_add_leg", "chain[-1][0]", "chain[0][0]"),
        ("_add_leg", "is_answered=record.answer is not None", "is_answered=False"),
        ("_add_leg", "seconds=case.seconds", "seconds=0"),
        ("_add_leg", "(case.charges[0], case", "(case.charges[-1], case"),
        ("_add_leg", "case.cost is None and case.cost_wait is not None", "False"),
        ("_places", "chain[-1][0]", "chain[0][0]"),
        ("_places", "counted_for=place.agent or 0", "counted_for=0"),
        ("_places", "books.payers[account].zone", "books.payers[chain[0][0]].zone"),
        ("_places", "account, place.agent, root, level,", "account, None, root, level,"),
        ("_legs", "pk in locked", "False"),
        ("_add_leg", "if record.gateway or record.routing_gateway:", "if record.gateway:"),
        ("_add_gateways", "(record.routing_gateway, case.cost,", "(record.routing_gateway, own,"),
        ("_add_gateways", "add_gateway(known.name,", "add_gateway(name,"),
        ("_add_gateways", "record.seconds)", "0)"),
        ("_cost_place", "carrier, 0, True, agent", "carrier, 0, False, agent"),
        ("_cost_place", "books.zone(carrier,", "books.zone(case.chain[0][0],"),
        ("_add_cost", "None if is_named else known.name", "known.name"),
        ("_add_cost", "None if is_named else known.name", "None"),
        ("_add_cost", " or leg.carrier_id is None:", ":"),
        ("_add_cost", "former.name if former else", '"" if former else'),
        ("_add_cost", "(0, 0, 0, case.cost.billed", "(1, 0, 0, case.cost.billed"),
        ("_cost_record", "account_id=case.carrier", "account_id=case.account"),
        ("_cost_record", "leg=leg,", ""),
        (
            "_queue",
            "case.carrier if row.part == CallRecord.Part.COST else case.account",
            "case.account",
        ),
        ("Item.is_accepted", "self.is_new or self.row.is_first", "self.is_new"),
        ("_counted", " and item.row.version == 1", ""),
    ),
    *faults(
        "billing.charging.services.charges",
        _WRITTEN,
        ("ChargeLine.sign", "else -1", "else 1"),
        ("Batch.charge", "billed=-price.billed", "billed=price.billed"),
        ("Batch.charge", "amount=-price.amount", "amount=price.amount"),
        ("posted", "in sums.items() if amount)", "in sums.items())"),
        (
            "posted",
            "{True: House.CALL_COST, False: House.CALL_REVENUE}",
            "{True: House.CALL_REVENUE, False: House.CALL_COST}",
        ),
        ("_of_places", "pks.get((one.account, one.is_cost))", "None"),
        ("_of_prices", "one.correction", "None"),
        ("_of_prices", "one.is_locked", "False"),
        ("_parts", "(lines.of_terms[charged] - 1).tolist()", "[0] * len(charged)"),
    ),
    *faults(
        "billing.charging.lines",
        _WRITTEN,
        ("Lines.locked", " & (self.is_cost == 0)", " & (self.is_cost == 1)"),
        ("Lines.sums", "one.account, one.is_cost\n", "one.account, False\n"),
        ("_numbers", "place.level == 0", "True"),
        ("Lines.counted", "1 - self.is_cost", "1 + 0 * self.is_cost"),
        ("Lines._name_roots", "[number].root", "[number].account"),
    ),
    *faults(
        "billing.charging.lines", _OWN_PRICE, ("Lines._bought", "amount[1:][is", "amount[:-1][is")
    ),
    *faults(
        "billing.charging.lines",
        (f"{_CHARGING}lines.py",),
        ("Lines.sums", "found.get(whose, 0) + amount", "amount"),
        ("Lines._name_roots", "np.argsort(last)", "np.argsort(-last)"),
    ),
    *faults(
        "billing.charging.lines",
        _BY_ROOT,
        ("Lines._bought", "self.amount[1:]", "(self.amount * (1 - self.is_cost))[1:]"),
    ),
    *faults(
        "billing.charging.services.adding",
        _BY_ROOT,
        ("cost_counted", "root.level == 0", "True"),
        ("cost_counted", "0, amount)", "amount, 0)"),
    ),
    *faults(
        "billing.charging.totals",
        _OWN_PRICE,
        ("Totals.add", "sign * one.bought", "one.bought"),
        ("Summed.by", "np.add.reduceat", "np.maximum.reduceat"),
    ),
    *faults(
        "billing.charging.services.adding",
        _TOTALS,
        ("leg_counted", "(former, -1)", "(former, 1)"),
        ("leg_counted", "sign * to_micros(root.amount)", "0"),
        ("leg_counted", "sign * leg.duration", "leg.duration"),
        ("_written", "{one} = {table}.{one} + excluded.{one}", "{one} = excluded.{one}"),
        ("_added", "{one} = kept.{one} + given.{one}", "{one} = given.{one}", _POSTGRES),
        ("_added", "for one in unique)", "for one in unique[:-1])", _POSTGRES),
        ("_added", "first + place - 1", "place - 1", _POSTGRES),
        ("_added", "first + place - 1", "first + place", _POSTGRES),
        ("_made", "_MICROS if", "SECONDS if", _POSTGRES),
    ),
    *faults(
        "billing.charging.totals",
        _TOTALS,
        ("SECONDS", "900", "1800"),
        (
            "Totals.add",
            "0 if one.is_cost else sign",
            "sign",
            "re-rating alone adds so, and of a cost it takes back what it makes anew",
        ),
        (
            "Totals.add",
            "legs * one.is_answered",
            "legs",
            "re-rating alone adds so, and looks at calls that were answered",
        ),
        ("Totals.add", "sign * one.seconds", "one.seconds"),
        ("Totals.add", "sign * one.amount", "one.amount"),
        ("Totals.add", "(one.agent, one.is_own, one.is_cost)", "(one.agent, True, one.is_cost)"),
        ("Summed.by", "np.add.reduceat", "np.minimum.reduceat"),
        ("Summed.by", 'order = np.argsort(codes, kind="stable")', "order = np.arange(len(codes))"),
        ("Totals.by_day", '.by("who", "day", "destination")', '.by("who", "destination")'),
        ("Totals.by_quarter", '.by("who", "quarter")', '.by("who")'),
        ("Totals._named", "self.roots[account]", "account"),
        ("_at_top", '"agent_id"] == 0', '"agent_id"] >= 0'),
        ("_day", ".astimezone(zone)", ""),
    ),
)

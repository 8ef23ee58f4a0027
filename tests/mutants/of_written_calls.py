"""What a charged call leaves behind: charges, movements, running totals, what waits
(docs/domain.md 7, 9).
"""

from tests.mutants.mutant import faults

_CHARGING = "tests/billing/charging/test_"
_WRITTEN = tuple(
    f"{_CHARGING}{one}.py" for one in ("left_behind", "rated_anew", "queue_rules", "unforeseen")
)
_TOTALS = tuple(f"{_CHARGING}{one}.py" for one in ("left_behind", "rated_anew", "adding"))
_OWN_PRICE = ("tests/billing/reports/test_own_price.py",)
_BY_ROOT = ("tests/billing/reports/test_cost_by_root.py",)
_POSTGRES = "SQLite asks for nothing before: test_adding.py tries it on PostgreSQL"

WRITTEN_CALLS = (
    *faults(
        "billing.charging.services.writing",
        _WRITTEN,
        ("written", "if not one.wait and not one.is_repeated]", "if not one.wait]"),
        ("written", "for i in calls if i.is_new)", "for i in calls if i.is_new and not i.wait)"),
        ("written", "if item.wait is None:", "if True:"),
        ("_add_leg", "chain[-1][0]", "chain[0][0]"),
        ("_add_leg", "place.agent or 0, level == 0, False", "place.agent or 0, True, False"),
        ("_add_leg", "place.agent or 0, level == 0, False", "0, level == 0, False"),
        ("_add_leg", "books.payers[account].zone", "books.payers[chain[0][0]].zone"),
        ("_add_leg", "was_locked or rate.is_locked", "rate.is_locked"),
        (
            "_add_leg",
            "account, place.agent, root, level, False,",
            "account, None, root, level, False,",
        ),
        ("_add_leg", "charges[0], charges[-1])", "charges[-1], charges[-1])"),
        ("_add_leg", '"", (*legs, 0, 0, 0))', '"", (0, 0, 0, 0, 0, 0))'),
        ("_add_leg", "elif case.cost_wait is not None:", "elif False:"),
        ("_add_leg", "if record.gateway or record.routing_gateway:", "if record.gateway:"),
        ("_add_gateways", "(record.routing_gateway, case.cost,", "(record.routing_gateway, own,"),
        ("_add_gateways", "add_gateway(known.name,", "add_gateway(name,"),
        ("_add_gateways", "record.seconds)", "0)"),
        (
            "_add_cost_line",
            "carrier, None, carrier, 0, True, cost,",
            "carrier, None, carrier, 0, False, cost,",
        ),
        ("_add_cost_line", "(0, 0, case.seconds,", "(1, 1, case.seconds,"),
        ("_add_cost_line", "(agent or 0, True, True)", "(agent or 0, True, False)"),
        ("_add_cost_line", "books.zone(carrier,", "books.zone(case.chain[0][0],"),
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
        (
            "Batch.charge",
            "sign * price.billed, sign * price.amount",
            "sign * price.billed, price.amount",
        ),
        (
            "Batch.charge",
            "sign * price.billed, sign * price.amount",
            "price.billed, sign * price.amount",
        ),
        ("Batch.charge", "self.sums.get(whose, 0) + amount", "amount"),
        ("Batch.charge", "(account, is_cost)\n", "(account, False)\n"),
        ("posted", "in sums.items() if amount)", "in sums.items())"),
        (
            "posted",
            "{True: House.CALL_COST, False: House.CALL_REVENUE}",
            "{True: House.CALL_REVENUE, False: House.CALL_COST}",
        ),
        ("_of_places", "pks.get((account, is_cost))", "None"),
        ("_of_prices", "one.correction", "None"),
        ("_of_prices", "one.is_locked", "False"),
        ("_parts", "of_price.append(number)", "of_price.append(0)"),
    ),
    *faults(
        "billing.charging.services.writing",
        _OWN_PRICE,
        ("_add_leg", "charges[level + 1] if", "charges[level] if"),
        ("_add_leg", "above.amount if above else 0", "0"),
    ),
    *faults(
        "billing.charging.services.writing", _BY_ROOT, ("_add_leg", "else case.cost", "else None")
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

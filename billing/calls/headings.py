"""Which column of a file of call records is which: our own words, and those of switches
(docs/cdr.md). Pure functions, no database.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.kit.headings import MOST_ABOVE, Headings, Known, find_headings
from accounts.kit.sheets_in import BadSheet
from billing.calls.records import NEEDED

# Rows that may stand up to the first record.
ABOVE = MOST_ABOVE + 2

KNOWN: Mapping[str, Known] = {
    "call_id": Known(
        ("call_id", "Call ID", "Call identifier", "uniqueid", "uuid", "Flow no", "CDR ID",
         "Record ID", "Call UUID"),
        ("SIP call ID", "Caller call ID", "Transaction ID", "ID"),
    ),
    "leg": Known(("leg", "Leg ID", "Call leg")),
    "session": Known(("session", "Session ID", "linkedid", "Linked ID", "Correlation ID")),
    "account": Known(
        ("account", "Account ID", "accountcode", "Customer account", "Charged account",
         "Billing account"),
        ("Customer", "Customer ID", "Client", "Client ID"),
    ),
    "phone": Known(
        ("phone", "Phone number", "Phone ID", "Extension", "Auth user", "SIP user",
         "sip_auth_username", "Charged phone"),
        ("User name", "User"),
    ),
    "gateway": Known(
        ("gateway", "Mapping gateway", "Caller gateway", "Caller gateway ID", "Gateway in",
         "Incoming gateway", "Ingress trunk", "Ingress gateway", "Source gateway",
         "Customer gateway", "Originating gateway", "Trunk in"),
        ("Source trunk", "Gateway ID"),
    ),
    "caller": Known(
        ("caller", "Caller number", "caller_id_number", "src", "src_user", "Calling number",
         "Calling party number", "Calling party", "ANI", "CLI", "A number", "caller e164",
         "Source number", "Origination number", "From number", "From user"),
        ("Caller access e164", "Caller access number", "From", "Calling", "Source", "Caller ID"),
    ),
    "callee": Known(
        ("callee", "Callee number", "destination_number", "dst", "dst_ouser", "Called number",
         "Called party number", "Called party", "Dialed number", "Dialled number",
         "Number dialed", "Number dialled", "DNIS", "B number", "Callee access e164",
         "Callee access number", "To number"),
        ("callee e164", "dst_user", "To user", "To", "Called", "Destination", "Dialed", "Dialled",
         "Number"),
    ),
    "callee_out": Known(
        ("callee_out", "Callee rewritten", "Rewritten number", "Rewritten callee", "Callee after",
         "Number after rewriting"),
    ),
    "routing_gateway": Known(
        ("routing_gateway", "Routing gateway", "Callee gateway", "Callee gateway ID",
         "Gateway out", "Outgoing gateway", "Egress trunk", "Egress gateway",
         "Termination gateway", "Terminating gateway", "Vendor gateway", "Carrier gateway",
         "Trunk out", "Destination gateway"),
        ("Destination trunk", "Carrier", "Vendor"),
    ),
    "setup": Known(
        ("setup", "Setup time", "start", "Start time", "start_epoch", "Call start", "Begin time",
         "Invite time"),
        ("start_stamp", "calldate", "Call date", "Call time", "Time", "Date", "Begin",
         "Start date"),
    ),
    "answer": Known(
        ("answer", "Answer time", "answer_epoch", "Answered at", "Connect time"),
        ("answer_stamp", "Answered", "Connected", "Connect"),
    ),
    "end": Known(
        ("end", "End time", "end_epoch", "Stop time", "Hangup time", "Release time",
         "Disconnect time", "Call end"),
        ("end_stamp", "Stop", "Finish", "Ended", "End date"),
    ),
    # Of the seconds that were spoken; what lasts from the setup on is only taken without them.
    "duration": Known(
        ("billsec", "Bill seconds", "Hold time", "Talk time", "Conversation time", "Talk seconds",
         "Seconds spoken"),
        ("duration", "Call duration", "Duration, seconds", "Seconds", "Length"),
    ),
    "cause": Known(
        ("cause", "hangup_cause", "Release cause", "End reason", "Hangup cause",
         "Disconnect cause", "Termination cause", "Cause code", "Q.850 cause"),
        ("disposition", "sip_code", "Status", "Reason"),
    ),
}  # fmt: skip


def record_headings(rows: Sequence[Sequence[str]]) -> Headings:
    """The headings of a file of records, whatever stands above them. Raises BadSheet where a column
    is missing that is needed, or two could both be meant.
    """
    some = [find_headings(rows, KNOWN, name) for name in NEEDED]
    found = max((one for one in some if one is not None), key=_named, default=None)
    if found is None:
        words = _("No row of headings was found. Needed are: %(columns)s.")
        raise BadSheet(words % {"columns": _listed(NEEDED)}, "no_headings")
    for name in found.doubtful:
        words = _("Several columns could be “%(name)s”: %(columns)s. Leave one, or rename it.")
        said = {"name": name, "columns": _listed(found.claimed(name))}
        raise BadSheet(words % said, "two_columns")
    missing = [name for name in NEEDED if name not in found.columns.values()]
    if missing:
        words = _("No column was found for: %(columns)s.")
        raise BadSheet(words % {"columns": _listed(missing)}, "missing_columns")
    return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{one}”" for one in names)


def _named(found: Headings) -> int:
    return len(found.columns) + len(found.doubtful)

"""Files of call records (docs/domain.md 7) are handed in by administrators."""

import io
from typing import Any

from accounts.core.actor import SYSTEM
from billing.calls.models import RecordFile
from billing.calls.services.files import file_begun, file_hand_in, file_taken
from tests.contracts.contract import ADMINISTRATORS, NOBODY, Contract
from tests.contracts.ground import Ground
from tests.factories.call_files import record_sheet, sheet
from tests.factories.calls import cdr

_FILES = "billing.calls.services.files"
_OF_FILES: dict[str, Any] = {"needs": ADMINISTRATORS, "reach": NOBODY}
_ABOUT: dict[str, Any] = {"file_name": "calls.csv", "is_rewritten": False}


def _text(on: Ground) -> str:
    return sheet(cdr(account=on.target.account_id))


def _begun(_on: Ground) -> RecordFile:
    return file_begun(actor=SYSTEM, **_ABOUT)


CONTRACTS = [
    Contract(
        service=f"{_FILES}.file_hand_in",
        call=lambda actor, on, _it: file_hand_in(
            actor=actor, file=io.BytesIO(_text(on).encode()), **_ABOUT
        ),
        **_OF_FILES,
    ),
    Contract(
        service=f"{_FILES}.file_begun",
        call=lambda actor, _on, _it: file_begun(actor=actor, **_ABOUT),
        entries=0,
        why="it is on record once it was taken in",
        **_OF_FILES,
    ),
    Contract(
        service=f"{_FILES}.file_taken",
        make=_begun,
        call=lambda actor, on, it: file_taken(actor=actor, file=it, sheet=record_sheet(_text(on))),
        **_OF_FILES,
    ),
]

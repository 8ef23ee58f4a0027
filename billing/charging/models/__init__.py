"""What calls cost whom, and the running totals of it (docs/domain.md 7). Written by
`billing.charging.services` only.
"""

from billing.charging.models.charges import Charge
from billing.charging.models.reratings import Rerating, ReratingLine, ReratingPart, ReratingTotal
from billing.charging.models.totals import (
    DayTotal,
    GatewayTotal,
    PlatformDay,
    PlatformQuarter,
    QuarterTotal,
    TopDay,
)
from billing.charging.models.volumes import VolumeCredit, VolumeMark, VolumeRound, VolumeTotal

__all__ = [
    "Charge",
    "DayTotal",
    "GatewayTotal",
    "PlatformDay",
    "PlatformQuarter",
    "QuarterTotal",
    "Rerating",
    "ReratingLine",
    "ReratingPart",
    "ReratingTotal",
    "TopDay",
    "VolumeCredit",
    "VolumeMark",
    "VolumeRound",
    "VolumeTotal",
]

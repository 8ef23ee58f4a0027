"""A passkey as the database keeps it, recorded from a browser's virtual authenticator."""

from typing import Any

_CLIENT_DATA = (
    "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiUTNtQVZsSnNqd0szNWVTWHdxTlFWUDQwTDVRc1lf"
    "b2l0NENRa05SOUdmTSIsIm9yaWdpbiI6Imh0dHA6Ly9sb2NhbGhvc3Q6ODExMCIsImNyb3NzT3JpZ2luIjpmYWxzZX0"
)
_ATTESTATION = (
    "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQEC"
    "AwQFBgcIAQIDBAUGBwgAIAWPPMtFK_vd6_PDosQgORs6xzkVQE1gX94crz0IlhZkpQECAyYgASFYID83JfIzvbXkqPDI"
    "X8bnAX9RJiwnq3NETh1IjpzNrGkgIlggSPHjQDaFsbd-cI-Y3Ja7kUqRLDfVhMqUjOG1kueNyPY"
)
_ID = "BY88y0Ur-93r88OixCA5GzrHORVATWBf3hyvPQiWFmQ"


def passkey_data(name: str) -> dict[str, Any]:
    """`Authenticator.data` of a passkey called `name`. Its private key is gone."""
    return {
        "name": name,
        "credential": {
            "type": "public-key",
            "id": _ID,
            "rawId": _ID,
            "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": _CLIENT_DATA,
                "attestationObject": _ATTESTATION,
                "transports": ["internal"],
            },
            "clientExtensionResults": {"credProps": {"rk": True}},
        },
    }

"""SIPp as callers and as carriers: scenarios made of steps, and what was said."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.support.sip_server import HOST, RING

LONGEST = 40
_HEAD = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch{back}]
From: {name}<sip:{caller}@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:{callee}@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:{user}@[local_ip]:[local_port]>
Max-Forwards: 70
{more}"""
_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 40000 RTP/AVP 8
"""
_NO_BODY = "Content-Length: 0\n\n"
_REPLY = """SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]c[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[local_ip]:[local_port]>
{body}"""
_OK = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

"""


@dataclass(frozen=True)
class Caller:
    """Who calls: from an address of this machine, or with a password."""

    shown: str = "8801819000001"
    address: str = HOST
    user: str = ""
    password: str = ""
    # A display name, and headers as they are written.
    name: str = ""
    headers: str = ""

    def head(self, method: str, cseq: int, callee: str, more: str = "", *, back: int = 0) -> str:
        """`back`: it belongs to the request so many steps before."""
        return _HEAD.format(
            method=method, cseq=cseq, callee=callee, caller=self.shown, name=self.name,
            user=self.user or "x", more=more, back=f"-{back}" if back else "",
            # Of what is answered already.
            tag="[peer_tag_param]" if method in ("ACK", "BYE") else "",
        )  # fmt: skip

    def proof(self) -> str:
        return f"[authentication username={self.user} password={self.password}]\n"


def send(text: str, *, is_kept: bool = False) -> str:
    how = ' retrans="500"' if is_kept else ""
    return f"<send{how}><![CDATA[\n{text}]]></send>"


def hears(status: int, *, may: bool = False, more: str = "") -> str:
    optional = ' optional="true"' if may else ""
    return f'<recv response="{status}"{optional}{more}/>'


def waits(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'


def _invites(who: Caller, callee: str) -> list[str]:
    line = f"INVITE sip:{escape(callee)}@[remote_ip]:[remote_port] SIP/2.0\n"
    if not who.user:
        return [send(line + who.head("INVITE", 1, callee, who.headers) + _SDP, is_kept=True)]
    ack = f"ACK sip:{escape(callee)}@[remote_ip]:[remote_port] SIP/2.0\n"
    # The same transaction as what is refused.
    return [
        send(line + who.head("INVITE", 1, callee, who.headers) + _SDP, is_kept=True),
        hears(100, may=True),
        hears(407, more=' auth="true"'),
        send(ack + who.head("ACK", 1, callee, back=3) + _NO_BODY),
        send(line + who.head("INVITE", 2, callee, who.proof() + who.headers) + _SDP, is_kept=True),
    ]


def _last(who: Caller) -> int:
    return 2 if who.user else 1


def _within(who: Caller, method: str, cseq: int, callee: str) -> str:
    return (
        f"{method} [next_url] SIP/2.0\n" + who.head(method, cseq, callee, "[routes]\n") + _NO_BODY
    )


def talks(who: Caller, callee: str, milliseconds: int) -> list[str]:
    """Is put through, talks for so long and hangs up."""
    return [
        *_put_through(who, callee),
        waits(milliseconds),
        send(_within(who, "BYE", _last(who) + 1, callee), is_kept=True),
        hears(200),
    ]


def is_cut_off(who: Caller, callee: str) -> list[str]:
    """Is put through and goes on talking until the other side, or the switch, hangs up."""
    return [*_put_through(who, callee), '<recv request="BYE"/>', send(_OK)]


def _put_through(who: Caller, callee: str) -> list[str]:
    return [
        *_invites(who, callee),
        hears(100, may=True),
        hears(180, may=True),
        hears(183, may=True),
        hears(200, more=' rrs="true"'),
        send(_within(who, "ACK", _last(who), callee)),
    ]


def is_refused(who: Caller, callee: str, status: int) -> list[str]:
    return [
        *_invites(who, callee),
        hears(100, may=True),
        hears(180, may=True),
        hears(status),
        _lets_go(who, callee, 4),
    ]


def gives_up(who: Caller, callee: str) -> list[str]:
    """Hangs up as soon as it rings."""
    heard = [hears(100, may=True), hears(180)]
    return [*_invites(who, callee), *heard, _cancels(who, callee, 3), hears(200), hears(487),
            _lets_go(who, callee, 6)]  # fmt: skip


def gives_up_early(who: Caller, callee: str) -> list[str]:
    """Hangs up while nobody has said whether it may; the server says so to both when it knows."""
    return [*_invites(who, callee), hears(100), _cancels(who, callee, 2), hears(487),
            _lets_go(who, callee, 4), hears(200)]  # fmt: skip


def _cancels(who: Caller, callee: str, back: int) -> str:
    """Takes back what was asked so many messages before."""
    line = f"CANCEL sip:{escape(callee)}@[remote_ip]:[remote_port] SIP/2.0\n"
    return send(line + who.head("CANCEL", _last(who), callee, back=back) + _NO_BODY, is_kept=True)


def _lets_go(who: Caller, callee: str, back: int) -> str:
    """Has heard the end of what was asked so many messages before."""
    line = f"ACK sip:{escape(callee)}@[remote_ip]:[remote_port] SIP/2.0\n"
    return send(line + who.head("ACK", _last(who), callee, back=back) + _NO_BODY)


def registers(who: Caller, status: int = 200, *, seconds: int = 600) -> list[str]:
    line = "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n"
    for_long = f"Expires: {seconds}\n"
    return [
        send(line + who.head("REGISTER", 1, who.user, for_long) + _NO_BODY, is_kept=True),
        hears(100, may=True),
        hears(401, more=' auth="true"'),
        send(line + who.head("REGISTER", 2, who.user, who.proof() + for_long) + _NO_BODY,
             is_kept=True),
        hears(100, may=True),
        hears(status),
    ]  # fmt: skip


# What carriers do with a call. They take a breath: several readers may swap what is sent back to
# back.
ANSWERS = [
    '<recv request="INVITE" rrs="true"/>',
    send(_REPLY.format(status="180 Ringing", body=_NO_BODY)),
    waits(150),
    send(_REPLY.format(status="200 OK", body=_SDP), is_kept=True),
    '<recv request="ACK"/>',
    '<recv request="BYE" crlf="true"/>',
    send(_OK),
]
RINGS = [
    '<recv request="INVITE"/>',
    send(_REPLY.format(status="180 Ringing", body=_NO_BODY)),
    '<recv request="CANCEL"/>',
    send(_OK),
    send(_REPLY.format(status="487 Request Terminated", body=_NO_BODY)
         .replace("[last_CSeq:]", "CSeq: [last_cseq_number] INVITE"), is_kept=True),
    '<recv request="ACK"/>',
]  # fmt: skip


def says(status: str) -> list[str]:
    """A carrier that refuses everything."""
    return [
        '<recv request="INVITE"/>',
        send(_REPLY.format(status=status, body=_NO_BODY), is_kept=True),
        '<recv request="ACK"/>',
    ]


class Phone:
    """SIPp at work; `said` is every message it sent and got."""

    def __init__(self, folder: Path, name: str, steps: list[str], *how: str) -> None:
        self.messages = folder / f"{name}.messages"
        self.errors = folder / f"{name}.errors"
        scenario = folder / f"{name}.xml"
        scenario.write_text(
            '<?xml version="1.0" encoding="utf-8" ?>\n<scenario name="x">'
            + "\n".join(steps) + "</scenario>"
        )  # fmt: skip
        command = [
            "setpriv", "--pdeathsig", "KILL", "sipp", "-sf", str(scenario), "-nostdin", "-t", "u1",
            "-trace_msg", "-message_file", str(self.messages), "-trace_err",
            "-error_file", str(self.errors), *how,
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )

    def done(self, seconds: float = LONGEST) -> str:
        """Wait until it has done all of it as it should; what was said."""
        try:
            ended = self.process.wait(seconds)
        finally:
            self.end()
        assert ended == 0, f"{self.said()[-6000:]}\n{self._wrong()}"
        return self.said()

    def said(self) -> str:
        if not self.messages.exists():
            return ""
        return self.messages.read_bytes().decode("utf-8", "replace")

    def _wrong(self) -> str:
        return self.errors.read_text(errors="replace")[-2000:] if self.errors.exists() else ""

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def statuses(said: str) -> list[str]:
    """The answers in what was said, in their order."""
    return re.findall(r"^SIP/2\.0 (\d{3} [^\r\n]*)", said, re.MULTILINE)


def call_options(who: Caller, port: int, **more: Any) -> list[str]:
    """How SIPp is told where to call, and from where."""
    how = {"m": 1, "timeout": f"{RING + LONGEST}s", "recv_timeout": 15_000, **more}
    options = [text for name, value in how.items() for text in (f"-{name}", str(value))]
    return [f"{HOST}:{port}", "-i", who.address, *options]

"""What SIPp says in the demo: it registers, calls and answers, a step after the other."""

from dataclasses import dataclass

_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 40000 RTP/AVP 8
"""
_NOTHING = "Content-Length: 0\n\n"


@dataclass(frozen=True)
class Who:
    """Who registers and calls, and the number it shows."""

    user: str
    password: str
    shown: str

    @property
    def proof(self) -> str:
        return f"[authentication username={self.user} password={self.password}]\n"

    def head(self, method: str, cseq: int, to: str, *, back: str = "", more: str = "") -> str:
        """`back`: it belongs to the request so many steps before."""
        return (
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch{back}]\n"
            f"From: <sip:{self.shown or self.user}@[remote_ip]>;tag=[pid]d[call_number]\n"
            f"To: {to}\n"
            "Call-ID: [call_id]\n"
            f"CSeq: {cseq} {method}\n"
            f"Contact: <sip:{self.user}@[local_ip]:[local_port]>\n"
            f"Max-Forwards: 70\n{more}"
        )


def _scenario(*steps: str) -> str:
    head = '<?xml version="1.0" encoding="utf-8" ?>\n<scenario name="demo">'
    return f"{head}{''.join(steps)}</scenario>"


def _send(text: str, *, is_kept: bool = True) -> str:
    how = ' retrans="500"' if is_kept else ""
    return f"<send{how}><![CDATA[\n{text}]]></send>\n"


def _hears(status: int, *, may: bool = False, more: str = "") -> str:
    optional = ' optional="true"' if may else ""
    return f'<recv response="{status}"{optional}{more}/>\n'


def registers(who: Who) -> str:
    """For ten minutes."""
    line, own = "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n", f"<sip:{who.user}@[remote_ip]>"
    mine = Who(who.user, who.password, who.user)
    expires = "Expires: 600\n"
    return _scenario(
        _send(line + mine.head("REGISTER", 1, own, more=expires) + _NOTHING),
        _hears(100, may=True),
        _hears(401, more=' auth="true"'),
        _send(line + mine.head("REGISTER", 2, own, more=who.proof + expires) + _NOTHING),
        _hears(100, may=True),
        _hears(200),
    )


def calls(who: Who) -> str:
    """A number of its list: proves itself, talks for a while and hangs up."""
    callee = "sip:[field0]@[remote_ip]:[remote_port]"
    line, to = f"INVITE {callee} SIP/2.0\n", f"<{callee}>"
    return _scenario(
        _send(line + who.head("INVITE", 1, to) + _SDP),
        _hears(100, may=True),
        _hears(407, more=' auth="true"'),
        _send(
            f"ACK {callee} SIP/2.0\n"
            + who.head("ACK", 1, to + "[peer_tag_param]", back="-3")
            + _NOTHING,
            is_kept=False,
        ),
        _send(line + who.head("INVITE", 2, to, more=who.proof) + _SDP),
        _hears(100, may=True),
        _hears(180, may=True),
        _hears(183, may=True),
        _hears(200, more=' rrs="true"'),
        _send(
            "ACK [next_url] SIP/2.0\n"
            + who.head("ACK", 2, to + "[peer_tag_param]", more="[routes]\n")
            + _NOTHING,
            is_kept=False,
        ),
        '<pause distribution="uniform" min="15000" max="60000"/>\n',
        _send(
            "BYE [next_url] SIP/2.0\n"
            + who.head("BYE", 3, to + "[peer_tag_param]", more="[routes]\n")
            + _NOTHING
        ),
        _hears(200),
    )


_REPLY = """SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]c[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[local_ip]:[local_port]>
"""
_OK = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

"""
# A carrier: it rings for some seconds, and somebody answers.
ANSWERS = _scenario(
    '<recv request="INVITE" rrs="true"/>\n',
    _send(_REPLY.format(status="180 Ringing") + _NOTHING, is_kept=False),
    '<pause distribution="uniform" min="2000" max="6000"/>\n',
    _send(_REPLY.format(status="200 OK") + _SDP),
    '<recv request="ACK"/>\n',
    '<recv request="BYE"/>\n',
    _send(_OK, is_kept=False),
)

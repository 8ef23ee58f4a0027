"""Sides of calls by hand, for what no telephone would say: a socket each."""

import re
import socket
import time
from uuid import uuid4

from tests.support.sip_server import HOST

SECONDS = 8.0
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\n"
)


def header(message: str, name: str) -> str:
    """The first of a name in a message; "" where there is none."""
    return next(iter(headers(message, name)), "")


def headers(message: str, name: str) -> list[str]:
    return re.findall(rf"^{name}: ?(.*?)\r?$", message.partition("\r\n\r\n")[0], re.M | re.I)


class Side:
    """Somebody who calls or is called, at an address of this machine and a port of its own."""

    def __init__(self, switch: int, address: str = HOST) -> None:
        self.switch, self.address = switch, address
        self.call_id, self.tag = uuid4().hex, uuid4().hex[:8]
        self.cseq = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))

    @property
    def uri(self) -> str:
        host, port = self.socket.getsockname()
        return f"sip:x@{host}:{port}"

    def invite(self, number: str, shown: str = "8801819000001", more: str = "") -> None:
        """A call that begins, with the Call-ID and tag of every other one by this side."""
        at = f"{HOST}:{self.switch}"
        dialog = [f"From: <sip:{shown}@{at}>;tag={self.tag}", f"To: <sip:{number}@{at}>"]
        self._ask("INVITE", f"sip:{number}@{at}", [*dialog, more] if more else dialog)

    def within(self, method: str, answer: str, uri: str, routes: list[str], more: str = "") -> None:
        """A request within the call that was answered so, led to an address by these ways. By who
        calls: `answer` is the one to its INVITE; by who is called: the INVITE.
        """
        sides = [header(answer, "From"), header(answer, "To")]
        if answer.startswith("INVITE"):
            sides = [f"{sides[1]};tag={self.tag}", sides[0]]
        dialog = [f"From: {sides[0]}", f"To: {sides[1]}", *(f"Route: {one}" for one in routes)]
        self.call_id = header(answer, "Call-ID")
        self._ask(method, uri, [*dialog, more] if more else dialog)

    def _ask(self, method: str, uri: str, lines: list[str]) -> None:
        self.cseq += method != "ACK"
        host, port = self.socket.getsockname()
        body = _SDP if method == "INVITE" else ""
        self.say(
            [
                f"{method} {uri} SIP/2.0",
                f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{uuid4().hex}",
                *lines,
                f"Call-ID: {self.call_id}",
                f"CSeq: {self.cseq} {method}",
                f"Contact: <{self.uri}>",
                "Max-Forwards: 70",
            ],
            body,
        )

    def answers(self, request: str, status: str, *, ways: list[str] | None = None) -> None:
        """`ways`: what a proxy before this side would have recorded."""
        to = header(request, "To")
        tagged = to if ";tag=" in to else f"{to};tag={self.tag}"
        names = ("From", "Call-ID", "CSeq")
        self.say(
            [
                f"SIP/2.0 {status}",
                *(f"Via: {one}" for one in headers(request, "Via")),
                *(f"Record-Route: {one}" for one in ways or []),
                *(f"Record-Route: {one}" for one in headers(request, "Record-Route")),
                f"To: {tagged}",
                *(f"{one}: {header(request, one)}" for one in names),
                f"Contact: <{self.uri}>",
            ],
            _SDP if status.startswith("200") and "INVITE" in header(request, "CSeq") else "",
        )

    def say(self, lines: list[str], body: str = "") -> None:
        kind = ["Content-Type: application/sdp"] if body else []
        text = "\r\n".join([*lines, *kind, f"Content-Length: {len(body)}", "", body])
        self.socket.sendto(text.encode(), (HOST, self.switch))

    def hears(self, begins: str) -> str:
        """The next message that begins so; others before it are passed over."""
        end, others = time.monotonic() + SECONDS, []
        while (left := end - time.monotonic()) > 0:
            said = self._next(left)
            if said.startswith(begins):
                return said
            others.append(said)
        raise AssertionError(f"no {begins} at {self.uri} but {others}")

    def hears_nothing(self, seconds: float = 0.3) -> bool:
        return self._next(seconds) == ""

    def _next(self, seconds: float) -> str:
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(65_536).decode("utf-8", "replace")
        except TimeoutError:
            return ""

    def close(self) -> None:
        self.socket.close()

"""An HTTP/3 server over aioquic, whose page tries other addresses and reports what became of them.

    web.py CERTIFICATE KEY PORT ADDRESS...

It says "ready LENGTH SHA256" of what /bytes gives, then a line for each request. /page?try=URL&try=URL fetches /bytes, then each
URL, and posts to /report; the lines of the report are said as they came:

    bytes LENGTH SHA256 PROTOCOL
    reached URL MILLISECONDS
    failed URL MILLISECONDS
    done
"""

import asyncio
import hashlib
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated

BYTES = bytes(i * i % 251 for i in range(300_000))

PAGE = b"""<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title><script>
const hex = buffer => Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, "0")).join("");
async function report() {
  const bytes = await (await fetch("/bytes")).arrayBuffer();
  const digest = hex(await crypto.subtle.digest("SHA-256", bytes));
  const protocol = performance.getEntriesByName(new URL("/bytes", location).href)[0].nextHopProtocol;
  const lines = [`bytes ${bytes.byteLength} ${digest} ${protocol}`];
  for (const url of new URL(location).searchParams.getAll("try")) {
    const start = performance.now();
    let word = "reached";
    try { await fetch(url, { mode: "no-cors", cache: "no-store" }); } catch { word = "failed"; }
    lines.push(`${word} ${url} ${Math.round(performance.now() - start)}`);
  }
  await fetch("/report", { method: "POST", body: lines.concat("done\\n").join("\\n") });
}
report();
</script>"""


class Web(QuicConnectionProtocol):
    http = None

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.requests, self.bodies = {}, {}

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        for event in self.http.handle_event(event) if self.http else []:
            if isinstance(event, HeadersReceived):
                self.requests[event.stream_id] = dict(event.headers)
                self.bodies[event.stream_id] = b""
            elif isinstance(event, DataReceived):
                self.bodies[event.stream_id] += event.data
            else:
                continue
            if event.stream_ended:
                self.answer(event.stream_id)
        self.transmit()

    def answer(self, stream):
        headers, body = self.requests.pop(stream), self.bodies.pop(stream)
        path = headers[b":path"].split(b"?")[0]
        print("request", headers[b":authority"].decode(), path.decode(), flush=True)
        if path == b"/report":
            print(body.decode(), end="", flush=True)
        kind, said = {b"/page": (b"text/html", PAGE), b"/bytes": (b"application/octet-stream", BYTES)}.get(
            path, (b"text/plain", b"ok\n")
        )
        fields = [(b":status", b"200"), (b"content-type", kind), (b"content-length", str(len(said)).encode())]
        self.http.send_headers(stream, fields)
        self.http.send_data(stream, said, end_stream=True)


async def main(certificate, key, port, *addresses):
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(certificate, key)
    for address in addresses:
        await serve(address, int(port), configuration=configuration, create_protocol=Web)
    print("ready", len(BYTES), hashlib.sha256(BYTES).hexdigest(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""A QUIC server that echoes streams, and its client, over aioquic.

    endpoint.py serve ADDRESS PORT CERTIFICATE KEY
    endpoint.py serve-retry ADDRESS PORT CERTIFICATE KEY
    endpoint.py ask ADDRESS PORT NAME VERSION BYTES

With serve-retry a client has to prove its address first (RFC 9000 section 8.1.2). VERSION is 1, 2, 1-to-2 (begun in one, gone on
with in the other, RFC 9368) or greased (a version that no server speaks, so that it negotiates).

The client says "echoed BYTES SECONDS" or "refused CODE SECONDS": the transport error that closed the connection, and when
the first datagram came (aioquic itself tells it later, when it has drained the connection).
"""

import asyncio
import functools
import ssl
import sys
import time

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived

ALPN = ["echo"]
V1, V2, GREASED = 0x00000001, 0x6B3343CF, 0x1A2A3A4A
# The version of the first flight, and those that the client goes on with, best first.
VERSIONS = {"1": (V1, [V1]), "2": (V2, [V2]), "1-to-2": (V1, [V2, V1]), "greased": (GREASED, [V1, GREASED])}


class Echo(QuicConnectionProtocol):
    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived):
            self._quic.send_stream_data(event.stream_id, event.data, event.end_stream)
            self.transmit()


class Asker(QuicConnectionProtocol):
    closed_with = None
    heard_at = None

    def datagram_received(self, data, addr):
        self.heard_at = self.heard_at or time.monotonic()
        super().datagram_received(data, addr)

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            self.closed_with = event.error_code
        super().quic_event_received(event)


async def serve_echo(address, port, certificate, key, retry=False):
    configuration = QuicConfiguration(is_client=False, alpn_protocols=ALPN)
    configuration.supported_versions = [V1, V2]
    configuration.load_cert_chain(certificate, key)
    await serve(address, int(port), configuration=configuration, create_protocol=Echo, retry=retry)
    print("ready", flush=True)
    await asyncio.Event().wait()


async def ask(address, port, name, version, count):
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=ALPN,
        server_name=name,
        verify_mode=ssl.CERT_NONE,
        idle_timeout=15,
    )
    configuration.original_version, configuration.supported_versions = VERSIONS[version]
    sent = bytes(i * 31 % 251 for i in range(int(count)))
    client = None
    try:
        async with connect(
            address, int(port), configuration=configuration, create_protocol=Asker, wait_connected=False
        ) as client:
            start = time.monotonic()
            client.transmit()
            await client.wait_connected()
            reader, writer = await client.create_stream()
            writer.write(sent)
            writer.write_eof()
            same = await reader.read() == sent
        print("echoed" if same else "garbled", len(sent), f"{time.monotonic() - start:.3f}")
    except ConnectionError:
        print("refused", client.closed_with, f"{(client.heard_at or time.monotonic()) - start:.3f}")


if __name__ == "__main__":
    word, *rest = sys.argv[1:]
    words = {"serve": serve_echo, "serve-retry": functools.partial(serve_echo, retry=True), "ask": ask}
    asyncio.run(words[word](*rest))

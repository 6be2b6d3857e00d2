"""An SMTP server that accepts everything, and remembers it before it says so: what it said counts, heard or not."""

import socketserver
import threading
import time
from collections import defaultdict
from typing import NamedTuple


class Copy(NamedTuple):
    """A message that was accepted, and from where it came."""
    recipient: bytes
    message_id: bytes
    connection: int
    life: int  # Sink.life when its connection began
    hello: bytes  # what its sender called itself
    at: float


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, delay=0):
        super().__init__(("127.0.0.1", port), Session)
        self.port = port
        self.lock = threading.Lock()
        self.accepted, self.connections = [], 0
        # Both may be changed at any time: seconds that a message takes, and which of several senders
        # one after the other is alive.
        self.delay, self.life = delay, 0
        self.lives = set()  # of those that have sent something
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A killed peer breaks its connections."""

    def copies(self):
        """What each reader got, in the order of acceptance."""
        copies = defaultdict(list)
        for copy in list(self.accepted):
            copies[copy.recipient].append(copy)
        return copies


class Session(socketserver.StreamRequestHandler):
    # Each reply is a write of its own; held back, the second would wait 40 ms for the first one's receipt.
    disable_nagle_algorithm = True

    def handle(self):
        sink, say = self.server, self.wfile.write
        # Who gets as far as a message has read the banner: it is alive now.
        with sink.lock:
            sink.connections += 1
            connection, life = sink.connections, sink.life
        say(b"220 sink\r\n")
        recipient = hello = b""
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                hello = line[5:].strip()
                say(b"250-sink\r\n250 PIPELINING\r\n")
            elif verb == b"RCPT":
                recipient = line[line.index(b"<") + 1 : line.index(b">")]
                say(b"250 ok\r\n")
            elif verb == b"DATA":
                say(b"354 go\r\n")
                message_id = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    if not line:
                        return
                    if line.startswith(b"Message-ID:"):
                        message_id = line[11:].strip() or self.rfile.readline().strip()
                if sink.delay:
                    time.sleep(sink.delay)
                with sink.lock:
                    sink.accepted.append(Copy(recipient, message_id, connection, life, hello, time.monotonic()))
                    sink.lives.add(life)
                say(b"250 ok\r\n")
            elif verb == b"QUIT":
                say(b"221 bye\r\n")
                return
            else:
                say(b"250 ok\r\n")

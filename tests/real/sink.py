"""An SMTP server that accepts everything, and remembers it before it says so: what it said counts, heard or not."""

import socketserver
import threading
import time


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, delay=0):
        super().__init__(("127.0.0.1", port), Session)
        self.port = port
        self.lock = threading.Lock()
        self.accepted, self.times, self.delay = [], [], delay
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A killed peer breaks its connections."""


class Session(socketserver.StreamRequestHandler):
    # Each reply is a write of its own; held back, the second would wait 40 ms for the first one's receipt.
    disable_nagle_algorithm = True

    def handle(self):
        say = self.wfile.write
        say(b"220 sink\r\n")
        recipient = b""
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
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
                if self.server.delay:
                    time.sleep(self.server.delay)
                with self.server.lock:
                    self.server.accepted.append((recipient, message_id))
                    self.server.times.append(time.monotonic())
                say(b"250 ok\r\n")
            elif verb == b"QUIT":
                say(b"221 bye\r\n")
                return
            else:
                say(b"250 ok\r\n")

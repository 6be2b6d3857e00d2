"""An SMTP server that takes everything and needs so many seconds for each message: slow-sink.py PORT SECONDS"""

import asyncio
import sys

port, patience = int(sys.argv[1]), float(sys.argv[2])


async def session(reader, writer):
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"EHLO":
            writer.write(b"250-sink\r\n250 PIPELINING\r\n")
        elif verb == b"DATA":
            writer.write(b"354 go\r\n")
            await reader.readuntil(b"\r\n.\r\n")
            await asyncio.sleep(patience)
            writer.write(b"250 ok\r\n")
        elif verb == b"QUIT":
            break
        else:
            writer.write(b"250 ok\r\n")
    writer.close()


async def main():
    server = await asyncio.start_server(session, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()


asyncio.run(main())

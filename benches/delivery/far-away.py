"""Passes octets on to a port of this machine, each way so many seconds later: far-away.py FROM TO DELAY"""

import asyncio
import sys

listen, target, delay = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


async def carry(reader, writer):
    loop = asyncio.get_running_loop()
    while octets := await reader.read(1 << 16):
        loop.call_later(delay, writer.write, octets)
    loop.call_later(delay, writer.close)


async def connect(reader, writer):
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
    await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)


async def main():
    server = await asyncio.start_server(connect, "127.0.0.1", listen)
    await server.serve_forever()


asyncio.run(main())

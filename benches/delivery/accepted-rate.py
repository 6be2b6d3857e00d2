"""Prints how many deliveries a second were accepted in an SQLite database, as two numbers: until the
last acceptance from the start of sending, and from the first acceptance.

    accepted-rate.py DATABASE NEWSLETTER
"""

import sqlite3
import sys

path, newsletter = sys.argv[1], int(sys.argv[2])
database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
first, last, count = database.execute(
    "SELECT min(at), max(at), count(*) FROM delivery WHERE newsletter_id = ? AND state = 3",
    (newsletter,),
).fetchone()
(start,) = database.execute("SELECT started_at FROM newsletter WHERE id = ?", (newsletter,)).fetchone()
print(round(count * 1000 / (last - start)), round(count * 1000 / (last - first)))

"""Waits until a newsletter's first delivery is recorded as accepted in an SQLite database.

    first-accepted.py DATABASE NEWSLETTER
"""

import sqlite3
import sys
import time

path, newsletter = sys.argv[1], int(sys.argv[2])
database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
# The first readers of the list are claimed first.
first = (
    "SELECT max(state) FROM (SELECT state FROM delivery WHERE newsletter_id = ?"
    " ORDER BY subscriber_id LIMIT 20)"
)
while (database.execute(first, (newsletter,)).fetchone()[0] or 0) < 3:
    time.sleep(0.002)

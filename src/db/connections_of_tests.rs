//! How many connections the pool of a test has: one, unless the test asks for several because it races. Whoever
//! asks the pool for something while they hold its connection then waits for ever, as they would beside many
//! others at the same instant, and the test fails: on PostgreSQL within a transaction that writes, too, and on
//! SQLite while rows are read one by one. Only tests see it.

use std::cell::Cell;

thread_local! {
    static CONNECTIONS: Cell<u32> = const { Cell::new(1) };
}

/// From here on this test opens databases with as many connections as the program has.
pub fn several_connections() {
    CONNECTIONS.set(u32::MAX);
}

/// Of as many connections as the program has, those for this test.
pub(super) fn at_most(connections: u32) -> u32 {
    CONNECTIONS.get().min(connections)
}

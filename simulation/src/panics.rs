//! Whether anything has panicked: a task that does so ends, and nobody else notices.

use std::cell::Cell;

thread_local! {
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

/// From now on each panic is noted on its thread, and told as before.
pub fn watch() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICKED.set(true);
        tell(panic);
    }));
}

/// Whether anything has panicked on this thread since this was last asked.
pub fn has_panicked() -> bool {
    PANICKED.replace(false)
}

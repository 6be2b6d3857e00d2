//! What the rooms' routes share: who is asking, and how an error is shown.

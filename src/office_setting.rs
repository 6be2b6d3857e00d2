//! The table `office_setting`: the office by key and value.

/// Stores one setting: key, value, and the present instant.
pub const STORE: &str = "INSERT INTO office_setting (key, value, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";

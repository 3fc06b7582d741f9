//! What sentences become.

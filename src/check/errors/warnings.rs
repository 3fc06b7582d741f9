//! 05: what can run, but was hardly meant.

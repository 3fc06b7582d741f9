//! Writers of diagnostics: for people, one line each, JSON.

//! Writers: the same data as text for people, and as JSON, YAML and CSV for programs.

mod compare;
mod csv;
mod customers;
pub mod format;
mod grid;
pub mod html;
mod json;
mod layout;
mod ledger;
mod page;
mod parquet;
mod parts;
mod story;
mod text;

pub use compare::{comparison, findings, findings_csv, findings_json, findings_yaml};
pub use csv::{csv, guarded};
pub use customers::CustomersTable;
pub use json::{json, yaml};
pub use ledger::{COLUMNS, LedgerForm, LedgerLines};
pub use parquet::LedgerParquet;
pub use story::{story, story_json};
pub use text::{full, metrics, text};

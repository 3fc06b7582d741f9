//! What a run means: metrics with their definitions, tables, goals, and writers for people and programs.
//!
//! A [`Report`] is plain data. [`build`] makes it from what was observed in the history, the sums of one run or two, and the assumptions;
//! the writers only lay it out. Nothing here reads files or knows their formats.

pub mod accounts;
mod alike;
mod build;
pub mod clv;
pub mod compare;
pub mod deep;
mod expect;
pub mod flows;
pub mod ifrs15;
mod lacking;
pub mod lots;
pub mod metrics;
pub mod model;
mod notes;
pub mod observed;
mod pairs;
pub mod passages;
mod sections;
pub mod story;
pub mod sweep;
mod tables;
pub mod write;

pub use build::{About, Runs, build, variable_cost};
pub use expect::check_expectations;
pub use lacking::notes as lacking;
pub use metrics::{Named, metric_words, metrics_page, resolve_metric};
pub use model::Report;
pub use notes::rejected;
pub use observed::{Observed, Whole};

//! A declarative language for customer-loyalty programs.
//!
//! ```text
//! program.loy ──► syntax ──► check ──► Program ─┐
//!                 (text→Ast)  (Ast→Program)      ▼
//! history files ─► history ─► accounts ──────► engine ──► ledger ──► report ──► text · json · yaml · csv
//! ```
//!
//! Every stage is a plain function from the last stage's type to the next, plus [`diagnostic::Problems`]. None prints,
//! opens a file, reads the clock or the environment: only [`cli`] does.

pub mod assumptions;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod examples;
pub mod history;
mod plan;
pub mod probe;
pub mod program;
pub mod report;
pub mod session;
pub mod source;
pub mod span;
pub mod syntax;
pub mod terms;
pub mod value;
mod yaml;

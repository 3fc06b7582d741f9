//! The checked program: typed and resolved, with ids instead of names. `check` makes it, the engine runs it.
mod facts;
pub use facts::{About, FACTS, Fact, FactInfo, fact_info};

/// Types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Money, Number, Percent, Points, Days, Date, Time, Weekday, Text, YesNo, Tier,
}
/// stub
#[derive(Clone, Debug)]
pub enum Expr { TierOf }

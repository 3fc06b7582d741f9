//! Returns of whole purchases.

use super::account::Account;
use super::calendar::Moment;
use super::{Outside, Read};

impl Account<'_> {
    pub fn take_back(&mut self, _at: Moment, _of: &str) -> Read<()> {
        Err(Outside("a return"))
    }
}

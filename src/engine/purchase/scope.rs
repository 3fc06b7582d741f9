//! The items a rule looks at.

use crate::engine::lines;
use crate::engine::lines::Line;
use crate::engine::purchase::stage::Stage;
use crate::program::{ItemFilter, Scope};
use crate::value::{Checked, Decimal};

/// Which units are singled out.
#[derive(Clone, Copy)]
enum Which {
    Cheapest,
    Every(u32),
    Groups(u32),
}

impl<'a> Stage<'a> {
    /// The lines a rule looks at.
    pub fn scope(&self, scope: Option<&Scope>, lines: &[Line], out: &mut Vec<usize>) -> Checked<()> {
        out.clear();
        let Some(scope) = scope else {
            out.extend(0..lines.len());
            return Ok(());
        };
        let scene = self.scene(lines, 0);
        for (at, line) in lines.iter().enumerate() {
            let here = !line.shipping && line.recorded > 0;
            let inside = match scope {
                Scope::Items(filter) => here && scene.passes(line, filter)?,
                Scope::Excluding(filter) => line.shipping || here && !scene.passes(line, filter)?,
                Scope::Shipping => line.shipping,
                Scope::Cheapest(_) | Scope::EveryNth(..) | Scope::Groups(..) => false,
                Scope::TopCategory(..) => false,
            };
            if inside {
                out.push(at);
            }
        }
        match scope {
            Scope::Cheapest(filter) => self.single_out(Which::Cheapest, filter.as_ref(), lines, out),
            Scope::EveryNth(n, filter) => self.single_out(Which::Every(*n), filter.as_ref(), lines, out),
            Scope::Groups(n, filter) => self.single_out(Which::Groups(*n), filter.as_ref(), lines, out),
            _ => Ok(()),
        }
    }

    /// Units singled out by what they cost now: every n-th counted from the dearest, full groups of them, or the cheapest one. What
    /// costs nothing any more is passed over. Lines are already single units.
    fn single_out(&self, which: Which, filter: Option<&ItemFilter>, lines: &[Line], out: &mut Vec<usize>) -> Checked<()> {
        let scene = self.scene(lines, 0);
        let mut units = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if !line.shipping && line.cost > 0 && filter.map_or(Ok(true), |f| scene.passes(line, f))? {
                units.push((line.cost, at));
            }
        }
        units.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).max(1);
        match which {
            Which::Every(n) => {
                let n = count(n);
                out.extend(units.iter().skip(n - 1).step_by(n).map(|(_, at)| *at));
            }
            Which::Groups(n) => out.extend(units.iter().take(units.len() / count(n) * count(n)).map(|(_, at)| *at)),
            Which::Cheapest => {
                let cheapest = units.iter().min_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
                out.extend(cheapest.map(|(_, at)| *at));
            }
        }
        out.sort_unstable();
        Ok(())
    }
}

/// Makes every unit a line of its own, for rules that single units out.
pub(in crate::engine) fn split_units(lines: &mut Vec<Line>) -> Checked<()> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines.drain(..) {
        let count = line.quantity.to_scale(0)?.filter(|n| (2..=10_000).contains(n));
        let Some(count) = count.filter(|_| !line.shipping) else {
            out.push(line);
            continue;
        };
        let weights = vec![1_i64; usize::try_from(count).unwrap_or(1)];
        let (mut amounts, mut taxes) = (Vec::new(), Vec::new());
        lines::share(line.recorded, &weights, &mut amounts)?;
        lines::share(line.tax, &weights, &mut taxes)?;
        for (recorded, tax) in amounts.into_iter().zip(taxes) {
            out.push(Line { quantity: Decimal::whole(1), recorded, tax, cost: recorded, ..line.clone() });
        }
    }
    *lines = out;
    Ok(())
}

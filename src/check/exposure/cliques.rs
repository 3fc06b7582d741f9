//! Sets of rules that can all act on one purchase, pair by pair.

/// A search that takes more steps than this gives up, and everything is summed.
const STEPS: u32 = 4000;

/// Every set that no other contains; `None` where the search is cut off. `meet` says of two whether they can stand together.
pub(super) fn largest_sets(count: usize, meet: impl Fn(usize, usize) -> bool) -> Option<Vec<Vec<usize>>> {
    let together: Vec<Vec<bool>> =
        (0..count).map(|a| (0..count).map(|b| a != b && if a < b { meet(a, b) } else { meet(b, a) }).collect()).collect();
    let met = |a: usize, b: usize| together.get(a).and_then(|row| row.get(b)).copied().unwrap_or(false);
    let mut search = Search { met: &met, found: Vec::new(), steps: 0 };
    search.grow(&mut Vec::new(), (0..count).collect(), Vec::new());
    (search.steps <= STEPS).then_some(search.found)
}

struct Search<'a> {
    met: &'a dyn Fn(usize, usize) -> bool,
    found: Vec<Vec<usize>>,
    steps: u32,
}

impl Search<'_> {
    /// Bron and Kerbosch's search, with the member that meets most as pivot.
    fn grow(&mut self, chosen: &mut Vec<usize>, mut open: Vec<usize>, mut done: Vec<usize>) {
        self.steps = self.steps.saturating_add(1);
        if self.steps > STEPS {
            return;
        }
        if open.is_empty() && done.is_empty() {
            self.found.push(chosen.clone());
            return;
        }
        let meets = |one: usize| open.iter().filter(|other| (self.met)(one, **other)).count();
        let Some(pivot) = open.iter().chain(&done).copied().max_by_key(|one| meets(*one)) else { return };
        let branch: Vec<usize> = open.iter().copied().filter(|one| !(self.met)(pivot, *one)).collect();
        for one in branch {
            let with = |list: &[usize]| list.iter().copied().filter(|other| (self.met)(one, *other)).collect::<Vec<_>>();
            let (next, gone) = (with(&open), with(&done));
            chosen.push(one);
            self.grow(chosen, next, gone);
            chosen.pop();
            open.retain(|other| *other != one);
            done.push(one);
        }
    }
}

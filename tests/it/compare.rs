//! Several programs over one history.

use crate::cli::Folder;
use loyalty_dsl::assumptions::{Assumptions, Redemption};
use loyalty_dsl::engine::totals::Totals;
use loyalty_dsl::engine::{Each, Options, Scenario, run_all, run_each};
use loyalty_dsl::history::model::Part;
use loyalty_dsl::session::{NoFiles, Reading, Session};
use loyalty_dsl::source::SourceFile;

const SALES: &str = "customer,id,at,amount\n\
    ann,1,2025-01-01,100.00\nann,2,2025-02-02,50.00\nbob,3,2025-01-04,7.25\n,4,2025-01-05,3.00\n\
    cy,5,2025-01-05,1.00\ncy,6,2025-03-05,31.00\ndee,7,2025-03-05,80.00\neve,8,2025-03-06,80.00\n";
const HEAD: &str = "program \"Club\" currency EUR timezone UTC\n";
const POINTS: &str = "points worth 0.01 EUR expire 2 months after earning\nearn 1 point per 1 EUR\nredeem points\n";
const BUDGET: &str = "budget spring 6 EUR\ndiscount 5% within budget spring\n";

/// Keeps every account's sums by scenario.
struct All;

impl Each for All {
    type Row = Totals;
    type Kept = Vec<Vec<Totals>>;

    fn row(&self, _: usize, own: &Totals) -> Totals {
        own.clone()
    }

    fn keep(&self, part: &Part, rows: &[&[Totals]]) -> Vec<Vec<Totals>> {
        assert!(rows.iter().all(|rows| rows.len() == part.accounts.len()), "a row of each account under each scenario");
        rows.iter().map(|rows| rows.to_vec()).collect()
    }
}

fn session(text: &str) -> Session {
    let session = Session::load(SourceFile::new("club.loy", "club.loy".into(), text), &mut NoFiles, &[]);
    assert!(session.program().is_some(), "{:?}", session.problems());
    session
}

#[test]
fn the_rows_of_accounts_add_up_to_the_sums_of_all() {
    let folder = Folder::new();
    folder.write("sales.csv", SALES);
    // One whose accounts are evaluated apart, one where a budget makes them stand together.
    let sessions = [session(&format!("{HEAD}{POINTS}")), session(&format!("{HEAD}{POINTS}{BUDGET}"))];
    let programs: Vec<_> = sessions.iter().filter_map(Session::program).collect();
    let history = sessions[0].read(&folder.path("sales.csv"), &Reading::default()).expect("a history").history;
    let soon = Assumptions::redeeming(Redemption::AsSoonAsPossible);
    let scenarios: Vec<Scenario> = programs.iter().map(|program| Scenario { program, assumptions: &soon }).collect();
    let options = Options::default();
    let (sums, parts) = run_each(&history, &scenarios, &options, None, &All).expect("sums and rows");
    assert_eq!(sums, run_all(&history, &scenarios, &options, None).expect("sums"));
    for (at, program) in programs.iter().enumerate() {
        let mut added = Totals::new(program);
        for own in parts.iter().flat_map(|part| &part[at]) {
            added.merge(own).expect("small sums");
        }
        assert_eq!(added, sums[at], "scenario {at}");
        assert_eq!(added.accounts, 5);
    }
    assert!(sums[1].discounts > 0 && sums[1].discounts <= 600, "the budget holds for all accounts together");
}

//! Reports as pages: what stands in them, that nothing in them acts, and that pictures show what the figures say.

use crate::cli::Folder;
use loyalty_dsl::report::model::{Column, Label, Picture, Table, Unit, Value};
use loyalty_dsl::report::write::html::Words;
use loyalty_dsl::report::write::html::chart::{Size, flow, lines};
use loyalty_dsl::report::write::html::scene::{Mark, Scene};
use loyalty_dsl::value::{Exact, currency};
use std::process::Command;

/// Largest page of a shipped program, bytes.
const LARGEST: usize = 400_000;

fn page(folder: &Folder, args: &[&str]) -> String {
    let ran = folder.run(&[args, &["--report", "out.html", "--quiet"]].concat());
    assert!(matches!(ran.code(), Some(0 | 1)), "{}", ran.err());
    std::fs::read_to_string(folder.path("out.html")).expect("a page")
}

fn record_club(name: &str) -> String {
    format!("{}/programs/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The JSON that stands in a page.
fn inside(page: &str) -> serde_json::Value {
    let start = page.find("id=\"report\">").expect("JSON") + "id=\"report\">".len();
    let text = page[start..].split("</script>").next().expect("an end");
    assert!(!text.contains('<') && !text.contains('>'), "no tag can begin in it");
    serde_json::from_str(text).expect("JSON")
}

/// What holds of every page.
fn holds(page: &str) {
    assert!(page.starts_with("<!doctype html>"));
    assert!(page.contains("default-src 'none'"), "the policy says that nothing is asked for");
    let before_json = page.split("id=\"report\">").next().expect("a page");
    let style = before_json.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style sheet");
    assert!(!style.contains("url(") && !style.contains("@import"), "the style sheet asks for nothing");
    for tag in before_json.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        // What stands in quotes is a value, whatever it says.
        let names: String = tag.split('"').step_by(2).collect();
        for word in [" src=", " style=", " on"] {
            assert!(!names.contains(word), "{word} in <{tag}>");
        }
        assert!(!tag.contains("href=\"") || tag.contains("href=\"#"), "<{tag}> leads out of the page");
    }
    assert_eq!(page.matches("<h1>").count(), 1);
    assert!(page.contains("lang=\"en\""));
    // An id names one place.
    let ids: Vec<&str> = before_json.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
    // Every link leads somewhere in the page.
    for target in before_json.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&target), "{target}");
    }
    assert!(page.len() < LARGEST, "{} bytes", page.len());
}

#[test]
fn a_report_is_a_page_with_the_same_figures() {
    let folder = Folder::new();
    let program = record_club("record-club.loy");
    let page = page(&folder, &["simulate", &program]);
    holds(&page);
    let json = folder.run(&["simulate", &program, "--format", "json", "--full", "--quiet"]).out();
    assert_eq!(inside(&page), serde_json::from_str::<serde_json::Value>(&json).expect("JSON"));
    assert!(
        page.contains("The program would have cost 2.5% of 244,091.94 USD in sales if nobody redeems"),
        "the answer in whole sentences"
    );
    assert!(page.contains("after 3rd purchase"), "the program's text stands beside its results");
}

#[test]
fn comparisons_and_sweeps_and_stories_are_pages() {
    let folder = Folder::new();
    folder.write("a.loy", "program \"A\" currency EUR timezone UTC\nparam base 2%\ndiscount base\n");
    folder.write("assume.yaml", "margin: 30%\n");
    let compared = page(&folder, &["compare", "a.loy", "a.loy:base=4%", "--history", "data/coffee.csv", "--assume", "assume.yaml"]);
    holds(&compared);
    assert!(compared.contains("<polyline"), "profit against uplift is drawn");
    let swept = page(&folder, &["sweep", "a.loy", "--vary", "base=1%..3% step 1%", "--history", "data/coffee.csv"]);
    holds(&swept);
    let grid = page(&folder, &["sweep", "a.loy", "--vary", "base=1%,2%", "--history", "data/coffee.csv", "--metric", "program cost"]);
    holds(&grid);
    let told = folder.run(&["why", "coffee.loy", "--customer", "anna", "--format", "html", "--quiet"]);
    if told.code() == Some(0) {
        holds(&told.out());
    } else {
        assert!(told.err().contains("no customer"), "{}", told.err());
    }
}

#[test]
fn hostile_names_do_nothing() {
    let folder = Folder::new();
    let evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
    folder.write("a.loy", &format!("program \"{evil}\" currency EUR timezone UTC\ntiers by spend ever\n  \"<b onclick=x>low\"\n  \"'&quot;high\" from 10 EUR\ngift \"<svg/onload=alert(1)>\" costs 1 EUR\non every 2nd purchase grant gift \"<svg/onload=alert(1)>\"\ndiscount 3%\n"));
    folder.write("b.loy", "program \"B\" currency EUR timezone UTC\ndiscount 2%\n");
    folder.write(
        "sales.csv",
        "customer,id,at,amount\n<img src=x onerror=alert(2)>,1,2025-01-01,20.00\n\"x\"\" onmouseover=alert(3)\",2,2025-01-02,30.00\n",
    );
    for page in [
        page(&folder, &["simulate", "a.loy", "--history", "sales.csv"]),
        page(&folder, &["compare", "a.loy", "b.loy", "--history", "sales.csv"]),
    ] {
        holds(&page);
        assert_eq!(page.matches("<script").count(), 2, "the figures and the page's own script");
        for word in ["<img", "<svg/", "<b ", "\" onmouseover", "alert(1)</script>"] {
            assert!(!page.split("id=\"report\">").next().is_some_and(|shown| shown.contains(word)), "{word}");
        }
        inside(&page);
    }
}

fn table(picture: Picture, columns: Vec<Column>, rows: Vec<Vec<Value>>) -> Table {
    Table {
        id: "t".to_owned(),
        title: "A picture".to_owned(),
        label: Label::Mechanical,
        assumes: Vec::new(),
        definition: String::new(),
        window: String::new(),
        columns,
        rows,
        picture: Some(picture),
        reason: None,
    }
}

fn series() -> Table {
    let rows = (0..24).map(|month| {
        vec![
            Value::Text(format!("{}-{:02}", 2023 + month / 12, month % 12 + 1)),
            Value::whole(120_000 + month * 7_919 % 90_000),
            Value::whole(-30_000 + month * 5_000),
        ]
    });
    let columns =
        vec![Column::text("month", "month"), Column::new("sales", "sales", Unit::Money), Column::new("profit", "profit", Unit::Money)];
    table(Picture::Lines(vec![1, 2]), columns, rows.collect())
}

/// Marks lie in the plot, labels in the picture and apart from one another.
fn measured(scene: &Scene) {
    for mark in &scene.marks {
        let points: Vec<(i32, i32)> = match mark {
            Mark::Grid { from, to, .. } => vec![*from, *to],
            Mark::Line { points, .. } => points.iter().map(|(x, y)| (x / 10, y / 10)).collect(),
            Mark::Block { area, .. } => vec![(area.left, area.top), (area.right, area.bottom)],
            Mark::Band { left, right, .. } => vec![(left.0, left.1), (left.0, left.2), (right.0, right.1), (right.0, right.2)],
        };
        assert!(points.iter().all(|point| scene.plot.holds(*point)), "{mark:?} outside {:?}", scene.plot);
    }
    for (at, label) in scene.labels.iter().enumerate() {
        let area = label.area();
        assert!(area.left >= 0 && area.right <= scene.width && area.top >= 0 && area.bottom <= scene.height, "{label:?}");
        for other in &scene.labels[at + 1..] {
            assert!(!area.meets(&other.area()), "{label:?} and {other:?}");
        }
    }
}

#[test]
fn lines_stand_where_their_figures_are() {
    let euro = currency("EUR").expect("a currency");
    let words = Words { currency: &euro };
    for size in [Size::Wide, Size::Narrow] {
        for steps in [false, true] {
            let scene = lines(&series(), &[1, 2], steps, size, &words).expect("a picture");
            measured(&scene);
            let Some(Mark::Line { points, .. }) = scene.marks.iter().rfind(|mark| matches!(mark, Mark::Line { .. })) else {
                panic!("lines")
            };
            // The second series rises by the same amount every month: so do its points, to a tenth of a pixel.
            let heights: Vec<i32> = points.iter().step_by(if steps { 2 } else { 1 }).map(|(_, y)| *y).collect();
            let rises: Vec<i32> = heights.windows(2).map(|pair| pair[0] - pair[1]).collect();
            let (least, most) = (rises.iter().min().expect("rises"), rises.iter().max().expect("rises"));
            assert!(most - least <= 1 && *least > 0, "{rises:?}");
        }
    }
    let scene = lines(&series(), &[1, 2], false, Size::Narrow, &words).expect("a picture");
    let svg = scene.svg("narrow", "Sales & profit");
    assert!(svg.contains("aria-label=\"Sales &amp; profit\"") && svg.contains("viewBox=\"0 0 326 240\""), "{svg}");
    assert_eq!((svg.matches("<polyline").count(), svg.matches("class=\"zero\"").count()), (2, 1), "{svg}");
}

#[test]
fn bands_are_as_thick_as_what_flows() {
    let columns = ["from", "low", "high"].map(|word| Column::new(word, word, Unit::Count)).to_vec();
    let row = |name: &str, low: i128, high: i128| vec![Value::Text(name.to_owned()), Value::whole(low), Value::whole(high)];
    let table = table(Picture::Flow(vec![1, 2]), columns, vec![row("low", 60, 20), row("high", 0, 20)]);
    for size in [Size::Wide, Size::Narrow] {
        let scene = flow(&table, &[1, 2], size).expect("a picture");
        measured(&scene);
        let thick: Vec<(i32, i32)> = scene
            .marks
            .iter()
            .filter_map(|mark| if let Mark::Band { left, right, .. } = mark { Some((left.2 - left.1, right.2 - right.1)) } else { None })
            .collect();
        assert_eq!(thick.len(), 3, "nothing flows from high to low");
        for (left, right) in &thick {
            assert!((left - right).abs() <= 1, "{thick:?}");
        }
        assert!((thick[0].0 - 3 * thick[1].0).abs() <= 3, "60 is three times 20: {thick:?}");
    }
}

/// Figures after an attribute.
fn numbers(html: &str, attribute: &str) -> Vec<i32> {
    let lead = format!(" {attribute}=\"");
    html.split(&lead).skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

#[test]
fn bars_are_as_long_as_their_figures() {
    let folder = Folder::new();
    folder.write("a.loy", "program \"A\" currency EUR timezone UTC\ndiscount 2%\n");
    folder.write("b.loy", "program \"B\" currency EUR timezone UTC\ndiscount 4%\n");
    folder.write("sales.csv", "customer,id,at,amount\nann,1,2025-01-01,100.00\nbob,2,2025-01-02,200.00\n");
    let page = page(&folder, &["compare", "a.loy", "b.loy", "--history", "sales.csv"]);
    let costs = page.split("id=\"t-compare-cost\"").nth(1).and_then(|rest| rest.split("<details>").next()).expect("a figure");
    let widths: Vec<i32> = numbers(costs.split("<tbody>").nth(1).expect("bars"), "width");
    assert_eq!(widths, [0, 500, 1000], "no program costs nothing, B twice what A does");
    let tenths = page.split("id=\"t-compare-2-tenths\"").nth(1).and_then(|rest| rest.split("<details>").next()).expect("a figure");
    let stacks = numbers(tenths.split("<tbody>").nth(1).expect("bars"), "width");
    assert_eq!(stacks, [1000, 1000], "each of two customers gains over 5%: one band each, as long as the whole");
}

/// Relative luminance and contrast as the accessibility guidelines define them.
#[expect(clippy::float_arithmetic, reason = "contrast is no money")]
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |hex: &str| {
        let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("a colour")) / 255.0;
        let linear = |c: f64| if c <= 0.039_28 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(part(1)) + 0.7152 * linear(part(3)) + 0.0722 * linear(part(5))
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn colours_can_be_read_in_light_and_dark() {
    let folder = Folder::new();
    let page = page(&folder, &["simulate", "coffee.loy"]);
    let themes: Vec<&str> =
        page.split(":root{").skip(1).filter_map(|rest| rest.split('}').next()).filter(|css| css.contains("--paper")).collect();
    assert_eq!(themes.len(), 2, "light and dark");
    for theme in themes {
        let colour = |name: &str| theme.split(&format!("--{name}:")).nth(1).map(|rest| &rest[..7]).expect("a colour");
        for name in ["ink", "soft", "link"] {
            for ground in ["paper", "card"] {
                assert!(contrast(colour(name), colour(ground)) >= 4.5, "{name} on {ground}");
            }
        }
        for at in 0..8 {
            let series = colour(&format!("c{at}"));
            assert!(contrast(series, colour("paper")) >= 4.5, "c{at}: it colours words too");
            assert!(contrast(colour(&format!("g{at}")), colour(&format!("i{at}"))) >= 4.5, "shade {at}");
            for other in 0..at {
                assert_ne!(series, colour(&format!("c{other}")));
            }
        }
    }
}

/// Opens a page in Chromium: nothing is said on the console, and the page's own script and style sheet pass its policy.
#[test]
fn a_browser_opens_each_page_without_a_word() {
    let Some(browser) = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()))
    else {
        eprintln!("SKIPPED: there is no Chromium on this machine");
        return;
    };
    let folder = Folder::new();
    folder.write("a.loy", "program \"A\" currency EUR timezone UTC\nparam base 2%\ndiscount base\n");
    folder.write("assume.yaml", "margin: 30%\n");
    let pages = [
        page(&folder, &["simulate", &record_club("record-club.loy")]),
        page(&folder, &["compare", "a.loy", "a.loy:base=4%", "--history", "data/coffee.csv", "--assume", "assume.yaml"]),
        page(&folder, &["sweep", "a.loy", "--vary", "base=1%..3% step 1%", "--history", "data/coffee.csv"]),
    ];
    for (at, page) in pages.iter().enumerate() {
        let name = format!("page-{at}.html");
        folder.write(&name, page);
        let out = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--v=0"])
            .arg(format!("--user-data-dir={}", folder.path("browser").display()))
            .arg("--dump-dom")
            .arg(format!("file://{}", folder.path(&name).display()))
            .output()
            .expect("the browser starts");
        let (dom, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        let console: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(console.is_empty(), "page {at}: {console:?}");
        assert!(dom.contains("Show all tables"), "page {at}: its script ran");
    }
}

#[test]
fn a_figure_that_is_not_known_says_why() {
    let folder = Folder::new();
    folder.write("a.loy", "program \"A\" currency EUR timezone UTC\ndiscount 2%\n");
    let page = page(&folder, &["compare", "a.loy", "--history", "data/coffee.csv"]);
    assert!(page.contains("Not known: it needs `margin` in an assumptions file (--assume)."));
    let exact = Exact::ratio(1, 3).expect("a third");
    assert_eq!(Value::known(Some(exact)), Value::Number(exact));
}

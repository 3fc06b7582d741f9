//! The colours of pages: eight that people with any kind of colour vision can tell apart, each with a dash of its own, and
//! shades for amounts. Light and dark are two tables of the same names, so that a test can work out every contrast.

/// Ink on paper.
pub(super) struct Theme {
    pub paper: &'static str,
    pub card: &'static str,
    pub ink: &'static str,
    pub soft: &'static str,
    pub rule: &'static str,
    pub link: &'static str,
    /// Of series, wallets, tiers.
    pub series: [&'static str; 8],
    /// From little to much: the ground and the ink on it.
    pub shades: [(&'static str, &'static str); 8],
}

/// For paper and bright rooms.
pub(super) const LIGHT: Theme = Theme {
    paper: "#ffffff",
    card: "#f3f6fa",
    ink: "#1b2129",
    soft: "#56606d",
    rule: "#d6dce4",
    link: "#0b5cad",
    series: ["#0b63b0", "#b8500a", "#0a7a52", "#8638a8", "#bf2540", "#0b7480", "#7a5a10", "#5b6470"],
    shades: [
        ("#f1f6fb", "#1b2129"),
        ("#dce9f6", "#1b2129"),
        ("#c3daf0", "#1b2129"),
        ("#a3c6e8", "#1b2129"),
        ("#7eaedd", "#111519"),
        ("#2f70b2", "#ffffff"),
        ("#1f66ab", "#ffffff"),
        ("#0a4a86", "#ffffff"),
    ],
};

/// For dark rooms.
pub(super) const DARK: Theme = Theme {
    paper: "#14171c",
    card: "#1d222a",
    ink: "#e8ecf1",
    soft: "#a8b2be",
    rule: "#39414c",
    link: "#7db8f5",
    series: ["#6cb2f5", "#f2a14e", "#5fcf9f", "#cf9bea", "#f58a95", "#63cfd8", "#d9bd7f", "#aab4c0"],
    shades: [
        ("#1a222c", "#e8ecf1"),
        ("#1c2c3d", "#e8ecf1"),
        ("#1e3852", "#e8ecf1"),
        ("#20466a", "#e8ecf1"),
        ("#235786", "#f4f7fa"),
        ("#5a9bd8", "#0d1116"),
        ("#82b6e6", "#0d1116"),
        ("#b4d5f3", "#0d1116"),
    ],
};

/// The style sheet of the colours.
pub(super) fn sheet() -> String {
    let names = |theme: &Theme| {
        let mut css = format!(
            "--paper:{};--card:{};--ink:{};--soft:{};--rule:{};--link:{}",
            theme.paper, theme.card, theme.ink, theme.soft, theme.rule, theme.link
        );
        theme.series.iter().enumerate().for_each(|(at, colour)| css.push_str(&format!(";--c{at}:{colour}")));
        theme.shades.iter().enumerate().for_each(|(at, (ground, ink))| css.push_str(&format!(";--g{at}:{ground};--i{at}:{ink}")));
        css
    };
    let mut css = format!(
        ":root{{color-scheme:light dark;{}}}@media (prefers-color-scheme:dark){{@media screen{{:root{{{}}}}}}}",
        names(&LIGHT),
        names(&DARK)
    );
    for at in 0..LIGHT.series.len() {
        css.push_str(&format!(
            ".f{at}{{fill:var(--c{at})}}.l{at}{{stroke:var(--c{at})}}.h{at}{{background:var(--g{at});color:var(--i{at})}}"
        ));
    }
    css
}

//! Time zones as tills and shops call them: data, and one look-up.

use crate::value::Zone;

/// Names that are not those of the time zone database, and where they hold.
const NAMES: [(&str, &str); 44] = [
    ("hawaii", "Pacific/Honolulu"),
    ("alaska", "America/Anchorage"),
    ("pacific time (us & canada)", "America/Los_Angeles"),
    ("pacific standard time", "America/Los_Angeles"),
    ("pacific time", "America/Los_Angeles"),
    ("arizona", "America/Phoenix"),
    ("mountain time (us & canada)", "America/Denver"),
    ("mountain standard time", "America/Denver"),
    ("mountain time", "America/Denver"),
    ("central time (us & canada)", "America/Chicago"),
    ("central standard time", "America/Chicago"),
    ("central time", "America/Chicago"),
    ("eastern time (us & canada)", "America/New_York"),
    ("eastern standard time", "America/New_York"),
    ("eastern time", "America/New_York"),
    ("indiana (east)", "America/Indiana/Indianapolis"),
    ("atlantic time (canada)", "America/Halifax"),
    ("newfoundland", "America/St_Johns"),
    ("mexico city", "America/Mexico_City"),
    ("brasilia", "America/Sao_Paulo"),
    ("buenos aires", "America/Argentina/Buenos_Aires"),
    ("london", "Europe/London"),
    ("edinburgh", "Europe/London"),
    ("dublin", "Europe/Dublin"),
    ("lisbon", "Europe/Lisbon"),
    ("amsterdam", "Europe/Amsterdam"),
    ("berlin", "Europe/Berlin"),
    ("bern", "Europe/Zurich"),
    ("brussels", "Europe/Brussels"),
    ("madrid", "Europe/Madrid"),
    ("paris", "Europe/Paris"),
    ("rome", "Europe/Rome"),
    ("vienna", "Europe/Vienna"),
    ("w. europe standard time", "Europe/Berlin"),
    ("gmt standard time", "Europe/London"),
    ("moscow", "Europe/Moscow"),
    ("russian standard time", "Europe/Moscow"),
    ("beijing", "Asia/Shanghai"),
    ("china standard time", "Asia/Shanghai"),
    ("hong kong", "Asia/Hong_Kong"),
    ("singapore", "Asia/Singapore"),
    ("tokyo", "Asia/Tokyo"),
    ("sydney", "Australia/Sydney"),
    ("auckland", "Pacific/Auckland"),
];

/// Short names that mean one offset everywhere, in minutes. `CST`, `IST` and `BST` mean several things and are none.
const OFFSETS: [(&str, i64); 19] = [
    ("z", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("cet", 60),
    ("cest", 120),
    ("mez", 60),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("est", -300),
    ("edt", -240),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
];

/// The offset of a short name, in minutes.
pub(super) fn offset(name: &str) -> Option<i64> {
    let lower = name.to_lowercase();
    OFFSETS.iter().find(|(known, _)| *known == lower).map(|(_, minutes)| *minutes)
}

/// The zone of a name.
pub(super) fn find(name: &str) -> Option<Zone> {
    let lower = name.to_lowercase();
    let known = NAMES.iter().find(|(known, _)| *known == lower).map(|(_, zone)| *zone);
    Zone::find(known.unwrap_or(name))
}

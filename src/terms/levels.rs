//! Levels: how they are reached, kept and lost, and what they bring.

use super::language::{Role, say};
use super::model::{Clause, Table};
use super::said::Said;
use super::speak::Speaker;
use crate::program::{CmpOp, DropPolicy, Effect, EndOf, Expr, Keep, Ladder, LadderId, Period, Rates, Rule, Rung, TableKey, TierId};

impl Speaker<'_> {
    /// Section 5.
    pub fn levels(&self, said: &Said) -> Vec<Clause> {
        let ladders = self.program.ladders.iter().enumerate();
        ladders.flat_map(|(at, ladder)| self.ladder(LadderId(u16::try_from(at).unwrap_or(u16::MAX)), ladder, said)).collect()
    }

    fn ladder(&self, id: LadderId, ladder: &Ladder, said: &Said) -> Vec<Clause> {
        let from = Some(ladder.span);
        let (level, measure) = (super::language::capital(&self.level_name(id)), self.measure(ladder.measure));
        let mut first = Clause::new(
            say!(self.lang, "{level} depends on {measure}.", "{level} определяется так: {measure}.", "{level}取决于{measure}。"),
            from,
        );
        first.title = ladder.name.as_ref().map(|name| self.words.name(name));
        for (at, rung) in ladder.rungs.iter().enumerate() {
            first.add(self.rung(ladder, rung, at == 0), Some(rung.span));
        }
        first.table = Some(self.benefits(id, ladder)).filter(|table| table.head.len() > 1);
        let when = if self.program.tiers_at_reviews {
            say!(
                self.lang,
                "Levels are raised and lowered only at reviews; returns, and levels that an offer gives, count at once.",
                "Уровни повышаются и понижаются только при пересмотре; возвраты и уровни, присвоенные предложением, учитываются сразу.",
                "等级仅在评定时升降；退货及由优惠直接给予的等级即时生效。"
            )
        } else if self.program.tiers_with_purchase {
            say!(
                self.lang,
                "The purchase with which you reach a level counts at the new level already.",
                "Покупка, с которой вы достигаете уровня, учитывается уже по новому уровню.",
                "使您达到新等级的那笔消费即按新等级计算。"
            )
        } else {
            say!(
                self.lang,
                "The purchase with which you reach a level still counts at the old level; the new one holds from the next purchase on.",
                "Покупка, с которой вы достигаете уровня, ещё учитывается по прежнему уровню; новый действует со следующей покупки.",
                "使您达到新等级的那笔消费仍按原等级计算，新等级自下一笔消费起生效。"
            )
        };
        let mut keeping = Clause::new(self.keep(ladder.keep), from);
        keeping.add(self.review(ladder.review), from);
        keeping.add(self.drop(ladder), from);
        if let Some(grace) = ladder.grace {
            let long = self.span(grace, Role::Plain);
            keeping.add(
                say!(
                    self.lang,
                    "Grace: the drop is put off by {long}; if you qualify again in that time, you keep the level.",
                    "Отсрочка: понижение откладывается на {long}; если за это время вы вновь выполните условие, уровень сохраняется.",
                    "宽限期：降级延后{long}；其间重新达标的，等级予以保留。"
                ),
                from,
            );
        }
        vec![first, Clause::new(when, said.tiers.or(from)), keeping]
    }

    fn rung(&self, ladder: &Ladder, rung: &Rung, first: bool) -> String {
        let name = self.quoted(&rung.name);
        if rung.by_invitation {
            return say!(
                self.lang,
                "Level {name}: only where an offer gives it.",
                "Уровень {name}: присваивается только по отдельному предложению.",
                "{name}：仅由优惠直接给予。"
            );
        }
        let Some(value) = rung.from.filter(|_| !first) else {
            return say!(
                self.lang,
                "Level {name}: every member's start.",
                "Уровень {name}: начальный для каждого участника.",
                "{name}：所有会员的起始等级。"
            );
        };
        let at = self.threshold(ladder.measure, value, Role::Genitive);
        let at_plain = self.threshold(ladder.measure, value, Role::Plain);
        match rung.or {
            None => say!(
                self.lang,
                "Level {name}: from {at_plain} on.",
                "Уровень {name}: от {at} включительно.",
                "{name}：满{at_plain}（含）。"
            ),
            Some((measure, other)) => {
                let (what, other, other_plain) =
                    (self.measure(measure), self.threshold(measure, other, Role::Genitive), self.threshold(measure, other, Role::Plain));
                say!(
                    self.lang,
                    "Level {name}: from {at_plain} on, or from {other_plain} on ({what}).",
                    "Уровень {name}: от {at} включительно либо от {other} включительно ({what}).",
                    "{name}：满{at_plain}（含），或满{other_plain}（含）（{what}）。"
                )
            }
        }
    }

    fn keep(&self, keep: Keep) -> String {
        match keep {
            Keep::UntilReview => say!(
                self.lang,
                "A level you reached is yours until the next review.",
                "Достигнутый уровень сохраняется до ближайшего пересмотра.",
                "所达等级保留至下次评定。"
            ),
            Keep::For(span) => {
                let long = self.span(span, Role::Plain);
                say!(
                    self.lang,
                    "A level is yours up to and including the day {long} after the day you reached or last renewed it.",
                    "Уровень сохраняется по день, который наступит через {long} после его достижения или последнего подтверждения, включительно.",
                    "等级自达到或最近一次续期之日起保留至{long}后的当日（含当日）。"
                )
            }
            Keep::UntilEnd { next, period, plus } => {
                let end = self.end_of(EndOf::Period(period), next);
                let Some(plus) = plus else {
                    return say!(
                        self.lang,
                        "A level is yours until {end}, counted from the day you reached or last renewed it.",
                        "Уровень сохраняется до {end}, считая со дня его достижения или последнего подтверждения.",
                        "等级自达到或最近一次续期之日起保留至{end}。"
                    );
                };
                let plus = self.span(plus, Role::Plain);
                say!(
                    self.lang,
                    "A level is yours until {end} and {plus} more, counted from the day you reached or last renewed it.",
                    "Уровень сохраняется до {end} и ещё {plus}, считая со дня его достижения или последнего подтверждения.",
                    "等级自达到或最近一次续期之日起保留至{end}后再加{plus}。"
                )
            }
        }
    }

    fn review(&self, period: Period) -> String {
        let every = self.of_every(period);
        say!(
            self.lang,
            "Levels are reviewed at the midnight that ends {every}, and when the time for which a level is yours ends.",
            "Уровни пересматриваются в полночь в конце {every}, а также по окончании срока, на который уровень сохраняется.",
            "等级于{every}末的零时评定，并于等级保留期届满时评定。"
        )
    }

    fn drop(&self, ladder: &Ladder) -> String {
        match ladder.drop {
            DropPolicy::ToQualifying => say!(
                self.lang,
                "Whoever no longer qualifies drops to the highest level for which they do.",
                "Кто больше не соответствует условию, переводится на высший уровень, условию которого соответствует.",
                "不再达标的，降至其所符合的最高等级。"
            ),
            DropPolicy::Never => {
                say!(self.lang, "A level, once reached, is never lost.", "Достигнутый уровень не утрачивается.", "等级一经达到不再降低。")
            }
            DropPolicy::OneLevel => {
                let drops = say!(
                    self.lang,
                    "Whoever no longer qualifies drops by one level.",
                    "Кто больше не соответствует условию, переводится на один уровень ниже.",
                    "不再达标的，降低一级。"
                );
                match ladder.landing {
                    Keep::UntilReview => drops,
                    Keep::For(span) => {
                        let long = self.span(span, Role::Plain);
                        say!(
                            self.lang,
                            "{drops} That level is then theirs for {long} from the day of the drop.",
                            "{drops} Этот уровень сохраняется затем {long} со дня понижения.",
                            "{drops}降级后的等级自降级之日起保留{long}。"
                        )
                    }
                    Keep::UntilEnd { next, period, plus } => {
                        let end = self.end_of(EndOf::Period(period), next);
                        let more = plus.map_or_else(String::new, |plus| {
                            let plus = self.span(plus, Role::Plain);
                            say!(self.lang, " and {plus} more", " и ещё {plus}", "后再加{plus}")
                        });
                        say!(
                            self.lang,
                            "{drops} That level is then theirs until {end}{more}, counted from the day of the drop.",
                            "{drops} Этот уровень сохраняется затем до {end}{more}, считая со дня понижения.",
                            "{drops}降级后的等级自降级之日起保留至{end}{more}。"
                        )
                    }
                }
            }
        }
    }

    /// Levels against what depends on them; rules by the numbers of their clauses.
    fn benefits(&self, id: LadderId, ladder: &Ladder) -> Table {
        let rules: Vec<(&Rule, String)> = self
            .program
            .rules
            .iter()
            .zip(super::numbers_of(self.program))
            .filter(|(rule, _)| by_level(rule, id).is_some() || rule.tests.iter().any(|test| asks_level(&test.expr, id)))
            .collect();
        let mut head = vec![say!(self.lang, "Level", "Уровень", "等级")];
        head.extend(rules.iter().map(|(rule, number)| {
            let title = rule.name.as_ref().map_or_else(String::new, |name| self.words.name(name));
            match title.as_str() {
                "" => say!(self.lang, "Clause {number}", "Пункт {number}", "第{number}条"),
                title => say!(self.lang, "{title} ({number})", "{title} ({number})", "{title}（{number}）"),
            }
        }));
        let mut rows = Vec::new();
        for (at, rung) in ladder.rungs.iter().enumerate() {
            let tier = TierId { ladder: id, rung: u8::try_from(at).unwrap_or(u8::MAX) };
            let mut row = vec![self.words.name(&rung.name)];
            row.extend(rules.iter().map(|(rule, _)| self.benefit(rule, tier)));
            rows.push(row);
        }
        Table { head, rows }
    }

    fn benefit(&self, rule: &Rule, tier: TierId) -> String {
        let barred = rule.tests.iter().any(|test| holds_for(&test.expr, tier) == Some(false));
        let yes = if barred { String::from("—") } else { String::from("✓") };
        match by_level(rule, tier.ladder) {
            Some((effect, table)) if !barred => {
                let row = table.rows.get(usize::from(tier.rung));
                row.map_or(yes, |row| self.rate(row.rate, super::rules::wallet_of(effect)))
            }
            _ => yes,
        }
    }
}

/// The effect of a rule that has a table by the levels of a ladder, and the table.
fn by_level(rule: &Rule, ladder: LadderId) -> Option<(&Effect, &crate::program::Table)> {
    rule.effects.iter().find_map(|effect| {
        let (Effect::Discount(Rates::Table(table)) | Effect::Earn { rates: Rates::Table(table), .. }) = effect else { return None };
        (table.key == TableKey::Tier(ladder)).then_some((effect, table))
    })
}

fn asks_level(expr: &Expr, ladder: LadderId) -> bool {
    let mut found = false;
    crate::program::walk::each(expr, &mut |part| found |= matches!(part, Expr::Tier(tier) if tier.ladder == ladder));
    found
}

/// Whether a test holds for a level, if that decides it.
fn holds_for(expr: &Expr, tier: TierId) -> Option<bool> {
    match expr {
        Expr::Compare { left: _, op, right } => {
            let Expr::Tier(other) = &**right else { return None };
            if other.ladder != tier.ladder {
                return None;
            }
            let (held, asked) = (tier.rung, other.rung);
            Some(match op {
                CmpOp::Is => held == asked,
                CmpOp::IsNot => held != asked,
                CmpOp::Over => held > asked,
                CmpOp::Under => held < asked,
                CmpOp::AtLeast => held >= asked,
                CmpOp::AtMost => held <= asked,
            })
        }
        Expr::Not(inner) => holds_for(inner, tier).map(|holds| !holds),
        Expr::And(list) => {
            let parts: Vec<Option<bool>> = list.iter().map(|part| holds_for(part, tier)).collect();
            if parts.contains(&Some(false)) { Some(false) } else { parts.iter().all(|part| *part == Some(true)).then_some(true) }
        }
        Expr::Or(list) => {
            let parts: Vec<Option<bool>> = list.iter().map(|part| holds_for(part, tier)).collect();
            if parts.contains(&Some(true)) { Some(true) } else { parts.iter().all(|part| *part == Some(false)).then_some(false) }
        }
        _ => None,
    }
}

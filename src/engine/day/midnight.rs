//! What a local midnight does, in the order of "The order of things" in docs/language.md: only those with work are visited.

use crate::engine::account::Account;
use crate::engine::account::credit::Activity;
use crate::engine::account::diary::Counts;
use crate::engine::account::lots::LotState;
use crate::engine::account::post::{Origin, ends_at};
use crate::engine::account::state::Entitled;
use crate::engine::facts::Scene;
use crate::engine::ledger::{Entry, Kind, Source, Unit};
use crate::engine::lines::Line;
use crate::engine::listener::Listener;
use crate::engine::purchase::outcome::Outcome;
use crate::engine::purchase::repeated;
use crate::engine::{calendar, overflow, work};
use crate::plan::triggers::Fires;
use crate::program::{MeasureKind, Members, Pending, Usable, WalletId};
use crate::value::{Checked, Date, DateTime, Overflow, name_key};

impl<'a, R: Listener> Account<'a, R> {
    /// Notes that a midnight has work.
    pub fn lower_due(&mut self, date: Option<Date>) {
        if let Some(date) = date {
            self.s.due = Some(self.s.due.map_or(date, |due| due.min(date)));
        }
    }

    /// Processes every midnight with work up to the one that begins `to`.
    pub fn advance(&mut self, to: Date) -> Checked<()> {
        while let Some(due) = self.s.due {
            let next = self.s.day.map_or(due, |day| due.max(day.plus_days(1)));
            if next > to {
                break;
            }
            self.begin_midnight(next)?;
            self.end_midnight(next)?;
        }
        self.s.day = self.s.day.max(Some(to));
        Ok(())
    }

    /// The midnight at which someone becomes a member whose joining day the history knows.
    pub fn known_start(&self) -> Option<Date> {
        let open = matches!(self.plan.program.members, Members::Automatically | Members::BySignup);
        let joined = self.joining_day().filter(|_| open)?;
        let start = self.plan.program.starts.map_or(joined, |first| first.max(joined));
        self.in_life(start).then_some(start)
    }

    /// The next midnight with work after `date`.
    fn plan(&mut self, date: Date) {
        self.lower_due(self.voucher_due());
        self.lower_due(self.right_due());
        self.plan_tops(date);
        for index in 0..self.s.wallets.len() {
            self.lower_due(self.s.wallets[index].due);
        }
        for index in 0..self.s.ladders.len() {
            self.lower_due(self.s.ladders[index].review);
            self.lower_due(self.s.ladders[index].grace);
            self.lower_due(self.window_widens(index, date));
        }
        if self.s.member {
            self.plan_days(date);
        } else if self.plan.joins_by_time {
            self.lower_due(Some(date.plus_days(1)));
        } else if let Some(start) = self.known_start().filter(|start| *start > date) {
            self.lower_due(Some(start));
        }
    }

    /// Notes the ends of periods whose top category is to be settled.
    fn plan_tops(&mut self, date: Date) {
        let periods = self.periods();
        for &rule in &self.plan.top_rules {
            if !self.s.tops[rule].is_empty()
                && let Some(period) = self.plan.top_period(rule)
            {
                self.lower_due(Some(periods.next(date, period)));
            }
        }
    }

    /// Notes the next day on which each rule of days fires.
    pub fn plan_days(&mut self, after: Date) {
        for at in 0..self.plan.day_rules.len() {
            let next = self.due_day(self.plan.day_rules[at], after.plus_days(1));
            self.lower_due(Some(next).filter(|day| *day < Date::LATEST));
        }
        if self.plan.settles {
            let over = self.plan.program.ends.map(|last| last.plus_days(1));
            self.lower_due(over.filter(|day| *day > after));
        }
        for wallet in &self.plan.program.wallets {
            self.lower_due(wallet.carry.map(|(_, period)| self.periods().next(after, period)));
        }
        for &rule in &self.plan.paid_rules {
            if let Some((period, _)) = self.plan.rules[rule].life.paid_at {
                let next = self.periods().next(after, period);
                self.lower_due(Some(next));
            }
        }
    }

    /// The first day from `from` on whose midnight fires a rule, the end of days if none. Looked for anew only when it has
    /// passed, or what it depends on has changed.
    fn due_day(&mut self, rule: usize, from: Date) -> Date {
        let by = (self.s.silence[rule], self.s.joined);
        let (due, since, known) = self.s.day_due[rule];
        if (since..=due).contains(&from) && known == by {
            return due;
        }
        let next = self.next_day(rule, from).unwrap_or(Date::LATEST);
        self.s.day_due[rule] = (next, from, by);
        next
    }

    /// The first day from `from` on whose midnight fires a rule.
    fn next_day(&self, rule: usize, from: Date) -> Option<Date> {
        let shift = i64::from(self.plan.rules[rule].life.usable.map_or(0, |usable| usable.from));
        let periods = self.periods();
        let next = |day, born| calendar::next(day, from, shift, born, self.s.joined);
        match self.plan.causes[rule].fires {
            Fires::Day(day) if day.is_of_customer() => self.customers().filter_map(|c| next(day, self.born(c))).min(),
            Fires::Day(day) => next(day, None),
            Fires::Start(period) | Fires::End(period) => {
                Some(if periods.start(from, period) == from { from } else { periods.next(from, period) })
            }
            Fires::Silence(span, _) => {
                let (last, fired) = self.s.silence[rule];
                let since = last.or(self.s.joined)?;
                Some(calendar::last_day(since, span)).filter(|day| !fired && *day >= from)
            }
            Fires::Never | Fires::Purchase(_) | Fires::Number(_) | Fires::Steps(_) | Fires::Streak(_) | Fires::Moment(_) => None,
        }
    }

    fn customers(&self) -> std::ops::Range<u32> {
        self.history.customers.clone()
    }

    fn born(&self, customer: u32) -> Option<Date> {
        self.part.customers.born.get(usize::try_from(customer).ok()?).copied().flatten()
    }

    /// What a midnight does before draws are held.
    pub fn begin_midnight(&mut self, date: Date) -> Checked<()> {
        self.s.day = Some(date);
        self.s.due = None;
        (self.local, self.today) = (date.midnight(), date);
        self.note_ladder_measures();
        self.settle_day_before(date)?;
        self.now = self.plan.program.zone.midnight(date);
        (self.local, self.today) = (date.midnight(), date);
        if !self.s.member && self.known_start() == Some(date) {
            let joined = self.joining_day().unwrap_or(date);
            // Those who had joined before the program started are members without a signup.
            self.join(joined, joined == date)?;
            self.grant_usable_now(date)?;
        }
        self.lapse(date)?;
        if self.plan.has_hours {
            self.end_hours()?;
        }
        self.activate(date)?;
        self.exchange_automatically()?;
        self.review_ladders(date, false)?;
        self.expire(date)?;
        self.carry_over(date);
        self.expire_vouchers(date);
        self.expire_rights(date)?;
        self.review_ladders(date, true)
    }

    /// What the new day brings, after the draws of its midnight.
    pub fn end_midnight(&mut self, date: Date) -> Checked<()> {
        if self.is_active() {
            self.fill_facts(self.s.customer_of_day);
            self.fire_days(date)?;
        }
        // What the midnight itself granted or made active raises ladders and renews tiers, like an event.
        self.test_tiers(None)?;
        self.exchange_automatically()?;
        self.join_by_condition()?;
        self.plan(date);
        Ok(())
    }

    /// Settlements are dated the day just over and see its last moment.
    pub fn settle_day_before(&mut self, date: Date) -> Checked<()> {
        if !self.s.member {
            return Ok(());
        }
        (self.local, self.today) = (DateTime(date.midnight().0 - 1_000_000), date.plus_days(-1));
        self.now = self.plan.program.zone.instant(self.local);
        self.fill_facts(self.s.customer_of_day);
        self.settle(date)
    }

    /// Whether the program ends with the day before `date`: what is open is settled then, for no period ends any more.
    pub fn ends_before(&self, date: Date) -> bool {
        self.plan.program.ends.is_some_and(|last| last.plus_days(1) == date)
    }

    /// `paid at end of …`, then `at end of every …`, for periods that end with the day before `date`.
    fn settle(&mut self, date: Date) -> Checked<()> {
        if !self.is_active() {
            return Ok(());
        }
        self.settle_tops(date)?;
        let periods = self.periods();
        for at in 0..self.plan.paid_rules.len() {
            let rule = self.plan.paid_rules[at];
            if let Some((period, step)) = self.plan.rules[rule].life.paid_at
                && (ends_at(periods, period, date) || self.ends_before(date))
            {
                self.pay_out(rule, step)?;
            }
        }
        for at in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[at];
            if let Fires::End(period) = self.plan.causes[rule].fires
                && ends_at(periods, period, date)
            {
                self.fire_by_time(rule)?;
            }
        }
        Ok(())
    }

    /// Unconfirmed lots whose time is over are taken back.
    fn lapse(&mut self, date: Date) -> Checked<()> {
        for index in 0..self.s.wallets.len() {
            if self.s.wallets[index].due.is_none_or(|due| due > date) {
                continue;
            }
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                let LotState::Unconfirmed(Some(end)) = self.s.wallets[index].lots[lot].state else { continue };
                let left = self.s.wallets[index].lots[lot].left;
                if end > date || left == 0 {
                    continue;
                }
                self.s.wallets[index].lots[lot].left = 0;
                self.s.wallets[index].lots[lot].lapsed += left;
                self.s.wallets[index].pending -= left;
                self.totals.wallets[index].taken_back += i128::from(left);
                self.record_lot(index, lot, Kind::TakeBack, -left);
                self.never_earned(index, lot, left);
            }
        }
        Ok(())
    }

    /// What was never confirmed was never earned: the period in which it was counted has less.
    fn never_earned(&mut self, wallet: usize, lot: usize, units: i64) {
        let lot = &self.s.wallets[wallet].lots[lot];
        let (at, now, periods) = (lot.at, self.local, self.periods());
        for &measure in &self.plan.earned_measures[wallet] {
            let window = self.plan.program.measures[measure].window;
            self.s.measures[measure].take_back(window, at, now, periods, units);
        }
    }

    fn activate(&mut self, date: Date) -> Checked<()> {
        for index in 0..self.s.wallets.len() {
            if self.s.wallets[index].due.is_none_or(|due| due > date) {
                continue;
            }
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                if matches!(self.s.wallets[index].lots[lot].state, LotState::PendingUntil(from) if from <= date) {
                    self.activate_lot(index, lot)?;
                }
            }
        }
        Ok(())
    }

    fn activate_lot(&mut self, wallet: usize, lot: usize) -> Checked<()> {
        let holds = self.s.wallets[wallet].lots[lot].left > 0;
        if self.counts_from_usable(wallet) && !self.s.wallets[wallet].lots[lot].own_terms {
            let expiry = self.plan.program.wallets[wallet].expiry;
            let end = calendar::expiry_last_day(expiry, self.today, self.periods()).map(|last| last.plus_days(1));
            let purse = &mut self.s.wallets[wallet];
            purse.lots[lot].expires = end;
            purse.lower_due(end);
            self.lower_due(end);
        }
        let left = self.s.wallets[wallet].lots[lot].left;
        self.s.wallets[wallet].lots[lot].usable = self.local;
        self.s.wallets[wallet].activate(lot)?;
        if holds {
            self.count_confirmed(wallet, left)?;
            self.record_lot(wallet, lot, Kind::Activate, 0);
        }
        Ok(())
    }

    /// What is over, or becomes usable, at an hour: booked before the first event from then on, or at the next midnight.
    pub fn end_hours(&mut self) -> Checked<()> {
        let now = self.now;
        for index in 0..self.s.wallets.len() {
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                let state = &self.s.wallets[index].lots[lot];
                if matches!(state.state, LotState::PendingForHours(until) if until <= now) {
                    self.activate_lot(index, lot)?;
                }
                let state = &self.s.wallets[index].lots[lot];
                if state.left > 0 && state.until.is_some_and(|until| until <= now) {
                    self.expire_lot(index, lot);
                }
            }
        }
        self.expire_vouchers_by_hour();
        self.expire_rights(self.today)
    }

    /// A custom event confirms pending lots: those of the purchase it names, else all that wait for it.
    pub fn confirm(&mut self, name: &str, of: Option<u32>) -> Checked<()> {
        let key = name_key(name);
        for index in 0..self.s.wallets.len() {
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                let state = &self.s.wallets[index].lots[lot];
                if !matches!(state.state, LotState::Unconfirmed(_)) || of.is_some() && state.purchase != of {
                    continue;
                }
                let own = state.rule.and_then(|rule| self.plan.rules[rule].life.pending.as_ref());
                let pending = own.unwrap_or(&self.plan.program.wallets[index].pending);
                if matches!(pending, Pending::Until { event, .. } if name_key(event) == key) {
                    self.activate_lot(index, lot)?;
                }
            }
        }
        Ok(())
    }

    pub fn expire(&mut self, date: Date) -> Checked<()> {
        for index in 0..self.s.wallets.len() {
            if self.s.wallets[index].due.is_none_or(|due| due > date) {
                continue;
            }
            self.s.wallets[index].skip_spent();
            let protected = self.is_protected(index);
            for lot in self.s.wallets[index].live..self.s.wallets[index].lots.len() {
                work::count(1);
                let mixed = self.s.wallets[index].mixed;
                let state = &mut self.s.wallets[index].lots[lot];
                if state.left == 0 || state.expires.is_none_or(|end| end > date) {
                    if !mixed && state.left > 0 {
                        // Those behind it end later still.
                        break;
                    }
                    continue;
                }
                if protected && !state.own_terms {
                    // Asked when it falls due; it stays until the tier is lost.
                    (state.expires, state.kept) = (None, true);
                    self.s.wallets[index].mixed = true;
                    continue;
                }
                self.expire_lot(index, lot);
            }
            if !R::ON && !self.journal {
                self.s.wallets[index].tidy();
            }
            let wallet = &mut self.s.wallets[index];
            wallet.skip_spent();
            if !wallet.mixed {
                // The first that holds something is the first to end.
                wallet.due = wallet.lots.iter().skip(wallet.live).find(|lot| lot.left > 0).and_then(|lot| lot.expires);
                continue;
            }
            let lots = wallet.lots.iter().filter(|lot| lot.left > 0);
            wallet.due = lots
                .filter_map(|lot| {
                    let state = match lot.state {
                        LotState::Active | LotState::PendingForHours(_) => None,
                        LotState::PendingUntil(from) => Some(from),
                        LotState::Unconfirmed(lapse) => lapse,
                    };
                    [lot.expires, state].into_iter().flatten().min()
                })
                .min();
        }
        Ok(())
    }

    /// `carry at most … into every year`: at the midnight that begins it the rest of the balance lapses, in spending order.
    fn carry_over(&mut self, date: Date) {
        for index in 0..self.s.wallets.len() {
            let wallet = &self.plan.program.wallets[index];
            let Some((most, _)) = wallet.carry.filter(|(_, period)| self.s.member && ends_at(self.periods(), *period, date)) else {
                continue;
            };
            let mut pieces = Vec::new();
            let excess = self.s.wallets[index].balance - most;
            self.s.wallets[index].take(excess.max(0), wallet.spend, &mut pieces);
            for piece in pieces {
                if let Ok(lot) = self.s.wallets[index].lots.binary_search_by_key(&piece.lot, |lot| lot.id) {
                    self.s.wallets[index].lots[lot].lapsed += piece.units;
                    self.totals.wallets[index].expired += i128::from(piece.units);
                    self.record_lot(index, lot, Kind::Expire, -piece.units);
                }
            }
        }
    }

    /// What is left of a lot expires.
    fn expire_lot(&mut self, wallet: usize, lot: usize) {
        let purse = &mut self.s.wallets[wallet];
        let state = &mut purse.lots[lot];
        let left = std::mem::take(&mut state.left);
        state.lapsed += left;
        *(if state.state == LotState::Active { &mut purse.balance } else { &mut purse.pending }) -= left;
        self.totals.wallets[wallet].expired += i128::from(left);
        self.record_lot(wallet, lot, Kind::Expire, -left);
    }

    /// An entry about one lot.
    fn record_lot(&mut self, wallet: usize, lot: usize, kind: Kind, granted: i64) {
        self.s.seq += 1;
        if R::ON {
            let state = &self.s.wallets[wallet].lots[lot];
            let id = WalletId(u16::try_from(wallet).unwrap_or(u16::MAX));
            let entry = Entry {
                seq: self.s.seq,
                at: self.now,
                purchase: state.purchase,
                source: Source::Wallet(id),
                kind,
                wanted: granted,
                granted,
                unit: Unit::Wallet(id),
                lot: Some(state.id),
                expires: state.expires.map(|end| end.plus_days(-1)),
                reverses: (kind == Kind::TakeBack).then_some(state.entry),
                count: 1,
                because: None,
            };
            self.listener.entry(entry);
        }
    }

    fn review_ladders(&mut self, date: Date, of_balance: bool) -> Checked<()> {
        if !self.s.member {
            return Ok(());
        }
        for index in 0..self.s.ladders.len() {
            let measure = self.plan.program.ladders[index].measure;
            let balance = matches!(self.plan.program.measures[measure.index()].kind, MeasureKind::Balance(_));
            if balance != of_balance {
                continue;
            }
            if self.s.ladders[index].review.is_some_and(|due| due <= date) {
                self.review(index, date)?;
            }
        }
        Ok(())
    }

    /// Days, starts of periods and silences, in file order.
    fn fire_days(&mut self, date: Date) -> Checked<()> {
        for at in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[at];
            match self.plan.causes[rule].fires {
                Fires::Day(day) if day.is_of_customer() => {
                    let shift = i64::from(self.plan.rules[rule].life.usable.map_or(0, |usable| usable.from));
                    for customer in self.customers() {
                        if calendar::is_on(day, date.plus_days(-shift), self.born(customer), self.s.joined) {
                            self.fill_facts(customer);
                            self.fire_by_time(rule)?;
                        }
                    }
                }
                Fires::End(_) => {}
                Fires::Silence(..) if self.due_day(rule, date) == date => self.end_silence(rule)?,
                _ if self.due_day(rule, date) == date => self.fire_by_time(rule)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The first and the last day of `usable …` that hold `date`.
    pub fn usable_days(&self, usable: Usable, date: Date) -> Option<(Date, Date)> {
        let (year, ..) = date.ymd();
        let customers = self.customers();
        let days = customers.flat_map(|c| {
            let born = self.born(c);
            (year - 1..=year + 1).filter_map(move |year| calendar::occurrence(usable.day, year, born, self.s.joined))
        });
        let ranges = days.map(|day| (day.plus_days(i64::from(usable.from)), day.plus_days(i64::from(usable.to))));
        ranges.into_iter().find(|(first, last)| *first <= date && date <= *last)
    }

    /// On joining: grants whose usable days hold the joining day are made at once.
    pub fn grant_usable_now(&mut self, date: Date) -> Checked<()> {
        for at in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[at];
            let Some(usable) = self.plan.rules[rule].life.usable else { continue };
            if let Some((first, _)) = self.usable_days(usable, date)
                && first < date
            {
                let customer = self.s.customer_of_day;
                self.fill_facts(customer);
                self.fire_by_time(rule)?;
            }
        }
        Ok(())
    }

    /// A silence has lasted long enough.
    pub fn end_silence(&mut self, rule: usize) -> Checked<()> {
        self.s.silence[rule].1 = true;
        if self.journal {
            self.s.silences[rule].push(self.today);
        }
        self.fire_by_time(rule)
    }

    /// Silences begin anew with a purchase that passes their filter.
    pub fn note_silence(&mut self, at: usize, index: u32, out: &Outcome) -> Checked<()> {
        for place in 0..self.plan.day_rules.len() {
            let rule = self.plan.day_rules[place];
            let Fires::Silence(span, filter) = self.plan.causes[rule].fires else { continue };
            let stage = crate::engine::purchase::stage::Stage::new(self.plan, self.part, &self.s.facts, at);
            if out.amount > 0 && stage.scene(&out.lines, out.net).purchase_passes(filter)? {
                let today = self.today;
                self.s.silence[rule] = (Some(today), false);
                if self.journal {
                    self.s.diary.note(Counts::Silence(rule), today, index);
                }
                self.lower_due(Some(calendar::last_day(today, span)));
            }
        }
        Ok(())
    }

    /// Automatic exchanges, as often as the balance holds them.
    pub fn exchange_automatically(&mut self) -> Checked<()> {
        if self.plan.program.exchanges.is_empty() || !self.is_active() {
            return Ok(());
        }
        for index in 0..self.plan.program.exchanges.len() {
            if matches!(self.plan.causes[self.plan.program.rules.len() + index].fires, Fires::Never) {
                self.exchange(index, None)?;
            }
        }
        Ok(())
    }

    /// Stage 7: automatic exchanges, and those that the purchase set off, in file order.
    pub fn exchange_after_purchase(&mut self, out: &Outcome, at: usize) -> Checked<()> {
        if !self.is_active() {
            return Ok(());
        }
        let first = self.plan.program.rules.len();
        for index in 0..self.plan.program.exchanges.len() {
            let bought = match self.plan.causes[first + index].fires {
                Fires::Never => None,
                _ if out.firings.iter().any(|firing| firing.rule == first + index && firing.times > 0) => Some((out, at)),
                _ => continue,
            };
            self.exchange(index, bought)?;
        }
        Ok(())
    }

    /// An exchange as often as the balance, its clauses and its limits allow. `bought` is the purchase that set it off.
    pub fn exchange(&mut self, index: usize, bought: Option<(&Outcome, usize)>) -> Checked<()> {
        let exchange = &self.plan.program.exchanges[index];
        let rule = self.plan.program.rules.len() + index;
        let origin = self.plan.origin(rule);
        let alike = repeated::stand_together(self.plan, origin.rule, rule) && repeated::is_steady(self.plan, rule);
        for times in 0_i64.. {
            let held = self.s.wallets[exchange.wallet.index()].balance;
            if exchange.price <= 0 || held < exchange.price {
                break;
            }
            overflow::bounded(rule, times)?;
            let most = if alike { held / exchange.price } else { 1 };
            if !self.swap(origin, (exchange.wallet, exchange.price), most, bought)? {
                break;
            }
        }
        Ok(())
    }

    /// Gives units for the effects of a sentence, whole or not at all, as often as they are given whole, at most `most`
    /// times. Says whether they were given.
    fn swap(
        &mut self,
        origin: Origin<'a>,
        (wallet, price): (WalletId, i64),
        most: i64,
        bought: Option<(&Outcome, usize)>,
    ) -> Checked<bool> {
        let customer = self.s.customer_of_day;
        self.fill_facts(customer);
        let (lines, net): (&[Line], i64) = bought.map_or((&[], 0), |(out, _)| (&out.lines, out.net));
        let scene = Scene { purchase: bought.map(|(_, at)| at), lines, net_amount: net, ..self.scene() };
        // What a purchase set off was tested with the facts of that purchase.
        if bought.is_none()
            && (scene.failed_when(&origin.rule.when, origin.rule.past_midnight_until).is_some()
                || scene.failed_test(&origin.rule.tests)?.is_some())
        {
            return Ok(false);
        }
        let mut awards = Vec::new();
        let rule = origin.rule.id.index();
        repeated::grants(&scene, origin.rule, rule, origin.limits, most, &mut awards)?;
        let whole = repeated::times_whole(&awards);
        if whole > 0 && whole < most {
            awards.clear();
            repeated::grants(&scene, origin.rule, rule, origin.limits, whole, &mut awards)?;
        }
        self.cut_to_held(&mut awards);
        let modifies = self.plan.effects[rule].modify();
        if modifies && self.is_unused(rule) {
            return Ok(false);
        }
        if awards.is_empty() && !modifies || awards.iter().any(|award| award.reward.granted < award.reward.wanted) {
            return Ok(false);
        }
        if !self.charge_pots(origin.rule.id.index(), &awards)? {
            return Ok(false);
        }
        let mut pieces = Vec::new();
        let (times, kind) = (whole.max(1), Kind::Exchange);
        self.spend(wallet, price.checked_mul(times).ok_or(Overflow)?, times, (origin.source, kind), None, &mut pieces)?;
        self.touch_activity(Activity::Spending, None);
        self.post_all(origin, &awards, None)?;
        if modifies {
            self.entitle(rule);
        }
        Ok(true)
    }

    /// Whether what an exchange gave still waits for its use.
    fn is_unused(&self, rule: usize) -> bool {
        self.s.entitled[rule].holds(self.now, self.today)
    }

    /// A modifier of an exchange or a reward becomes an entitlement: for one purchase, unless its clauses say otherwise.
    fn entitle(&mut self, rule: usize) {
        let entitlement = self.plan.rules[rule].entitlement;
        let uses_left = entitlement.uses.or_else(|| entitlement.lasts.is_none().then_some(1));
        let Some((last_day, until)) = self.lasts(entitlement.lasts) else { return };
        self.s.entitled[rule] = Entitled { active: true, last_day, until, uses_left, ..Entitled::default() };
    }

    /// A claim on the catalogue: whole or refused.
    pub fn claim(&mut self, reward: &str, customer: u32) -> Checked<()> {
        let key = name_key(reward);
        let found = self.plan.program.rewards.iter().position(|r| name_key(&r.name) == key);
        let mut done = false;
        if let Some(index) = found
            && self.is_active()
        {
            self.s.customer_of_day = customer;
            let reward = &self.plan.program.rewards[index];
            let origin = self.plan.origin(self.plan.program.rules.len() + self.plan.program.exchanges.len() + index);
            let enough = self.s.wallets[reward.wallet.index()].balance >= reward.price;
            done = enough && self.swap(origin, (reward.wallet, reward.price), 1, None)?;
        }
        if !done {
            self.totals.refused += 1;
            self.record(Source::Given, Kind::Refused, None, 1, 0, Unit::Count);
        }
        Ok(())
    }

    /// `paid at end of …`: one lot of what was earned since, rounded down to the step; the rest stays.
    fn pay_out(&mut self, rule: usize, step: Option<i64>) -> Checked<()> {
        let origin = self.plan.origin(rule);
        for wallet in 0..self.s.wallets.len() {
            let unpaid = self.s.unpaid[rule].get(wallet).copied().unwrap_or(0);
            let step = step.unwrap_or(1).max(1);
            let paid = unpaid.div_euclid(step) * step;
            if paid > 0 {
                self.s.unpaid[rule][wallet] -= paid;
                self.pay_lot(origin, wallet, paid)?;
            }
        }
        Ok(())
    }
}

//! Every code in one table. A code never changes its meaning and is never used again.
//!
//! 01 words and sentences · 02 names · 03 declarations that cannot stand · 04 values, types and units ·
//! 05 warnings · 06 limits of this program · 07 what is given away at most, and how it can be abused · 09 examples, expectations and price lists.
//! Retired: 0607, a quoted text too long, which its line always was before; 0701, a sentence that a version could not
//! evaluate yet.

/// `LOY0101` and the like.
pub type Code = &'static str;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// What it is about, a few words.
    pub title: &'static str,
    /// One paragraph for `check --explain`: what it means and what to do.
    pub explanation: &'static str,
}

const fn row(code: Code, title: &'static str, explanation: &'static str) -> CodeInfo {
    CodeInfo { code, title, explanation }
}

/// All codes, rising.
pub const CODES: &[CodeInfo] = &[
    // 01: made by `syntax`
    row(
        "LOY0101",
        "a sentence that cannot be read",
        "The words at this place do not continue the sentence. The message names the nearest word that would.",
    ),
    row(
        "LOY0102",
        "a misspelt word",
        "A word is not one of the language, but nearly one. The message shows the sentence with the word that seems to be meant; what follows it has been read as if it stood there.",
    ),
    row(
        "LOY0103",
        "a sentence that stops too early",
        "The sentence ends where something must still come. The message says what could stand there. Remember that a line at the left margin begins a new sentence: indent the lines that continue one.",
    ),
    row(
        "LOY0104",
        "quotes",
        "A quoted text ends on its line with the straight quote it began with. Quotes inside it are written twice. Text programs like to turn straight quotes into curly ones; type them again.",
    ),
    row(
        "LOY0105",
        "a bare number",
        "A number stands where it must be said of what: 2% of the purchase, 2 EUR, or 2 beans. Write the unit behind it, on the same line.",
    ),
    row(
        "LOY0106",
        "a number written in another way",
        "Numbers have a point before their decimals and nothing between the thousands: 1000, 1_000, 1.25. Counts of days, purchases and the like are whole numbers. 1.000 may be meant as a thousand: where decimals have no use, it is asked which.",
    ),
    row(
        "LOY0107",
        "the ending of a number",
        "Positions are written 1st, 2nd, 3rd, 4th and so on, or first to tenth. After `on` a position is needed, because `on 3 purchases` can be read in several ways.",
    ),
    row(
        "LOY0108",
        "a date or time that does not exist",
        "Dates are written as year-month-day, times with 24 hours. A day that its month does not have, such as 2025-02-30, is an error; the message offers the last day of the month.",
    ),
    row(
        "LOY0109",
        "words between two rewards",
        "The rewards of one sentence stand together, and all other words of the sentence apply to each of them. Words between two rewards could belong to the first or to both, so the sentence has to be split in two.",
    ),
    row(
        "LOY0110",
        "an indented first sentence",
        "A sentence starts at the left margin, and indented lines continue it. The first line of a file has nothing to continue, so it must not be indented.",
    ),
    row(
        "LOY0111",
        "a word of the language as a name",
        "Some words have a meaning in the language and can be names only in quotes. A parameter cannot have the name of such a word at all, because it is used without quotes.",
    ),
    row(
        "LOY0112",
        "something is missing",
        "The sentence can be understood up to a point, but a part that it needs is not there. The message says which, and shows how it is written.",
    ),
    row(
        "LOY0113",
        "said in other words",
        "What is meant is clear, but the language says it in one way only, so that every reader finds the same words for the same thing. The message shows them.",
    ),
    row(
        "LOY0114",
        "a currency in small letters",
        "The codes of currencies are written in capitals, EUR and not eur, so that they cannot be taken for the name of a wallet.",
    ),
    row(
        "LOY0115",
        "a character that cannot be seen",
        "The text holds a character that is invisible or changes the direction of the letters around it. Such a text can mean something else than it shows, so it is not accepted. Delete the character; typing the line again does it.",
    ),
    row(
        "LOY0116",
        "letters of two alphabets",
        "A word mixes letters of two alphabets that look the same, such as a Latin and a Cyrillic a. It is another word than the one it looks like.",
    ),
    row(
        "LOY0117",
        "two occasions",
        "A rule is set off by one occasion: a purchase, a day, an event. For two occasions write two sentences.",
    ),
    row(
        "LOY0118",
        "words in the wrong place",
        "The words can be read, but not where they stand: a span of time that counts nothing, a part of a step that belongs to another kind of step, two ends that count from different days.",
    ),
    row(
        "LOY0119",
        "a file that cannot be included",
        "The file of an `include` cannot be read: it is not there, it lies outside the folder of the program, or it is not a text. Its path is relative to the file that includes it.",
    ),
    row(
        "LOY0120",
        "files that include each other",
        "A file includes itself, directly or by way of others. Remove one of the include sentences named in the message.",
    ),
    // 02: names; 02–05 are made by `check`
    row(
        "LOY0201",
        "a tier that is not there",
        "A tier is named that no ladder has. The message lists the tiers of the program and the one most likely meant. Tiers are the rows under `tiers by …`.",
    ),
    row(
        "LOY0202",
        "a name declared twice",
        "Two declarations of one kind have the same name, so nobody could say which is meant. Letter case does not make a difference. Rename one of them. Tier names are unique across all ladders.",
    ),
    row(
        "LOY0203",
        "a wallet that is not there",
        "Points, stamps or a wallet are named that nothing declares. Declare them with `points NAME`, `stamps NAME` or `wallet NAME`; only `cashback` exists by itself. Singular and plural are the same name.",
    ),
    row(
        "LOY0204",
        "a segment that is not there",
        "A segment is named that nothing declares. Declare it: `segment designers if customer.profession is \"designer\"`.",
    ),
    row(
        "LOY0205",
        "a gift that is not there",
        "A gift is named that nothing declares. Declare it with what it costs: `gift \"mug\" costs 2 EUR`.",
    ),
    row(
        "LOY0206",
        "a draw that is not there",
        "A draw is named that nothing declares. Declare it: `draw \"Summer car\" on 2025-08-31 gives 1 gift \"car\"`.",
    ),
    row(
        "LOY0207",
        "a calendar that is not there",
        "A calendar is named that nothing declares. Declare it: `calendar \"Black Friday\" 2025-11-28 to 2025-12-01`.",
    ),
    row(
        "LOY0208",
        "a budget that is not there",
        "A budget is named that nothing declares. Declare it: `budget spring 10000 EUR per month`.",
    ),
    row(
        "LOY0209",
        "a price list that is not there",
        "A price list is named that nothing declares. Declare it with its file: `prices \"Designers\" from \"designers.csv\"`.",
    ),
    row(
        "LOY0210",
        "a group that is not there",
        "A group is named that nothing declares. Declare it with how its rules combine: `group promo best for customer`.",
    ),
    row(
        "LOY0211",
        "a rule that is not there",
        "`not with` names a rule that no sentence is called. Give that rule its name: `rule \"Happy hour\" …`.",
    ),
    row(
        "LOY0212",
        "a parameter that cannot be set",
        "A value was given from outside for a parameter that the program does not declare. Declare it: `param base 2%`.",
    ),
    row(
        "LOY0213",
        "an unknown word",
        "A word in a condition is no fact, parameter, tier or segment. Fields of your own data are written `customer.NAME`, `purchase.NAME` or `item.NAME`; texts that are compared stand in quotes or behind `is`.",
    ),
    row(
        "LOY0214",
        "tiers that are not there",
        "A ladder of tiers is asked for by a name that none has, or without a name where no ladder is the main one. Write the name as it stands behind `tiers`, or declare the ladder.",
    ),
    row(
        "LOY0215",
        "an unknown unit",
        "A number is followed by a word that nothing in the program is counted in. What fits are purchases, items, days, the currency and the names of points and stamps.",
    ),
    row(
        "LOY0216",
        "a word with two meanings",
        "One word is the name of two things that may stand at the same place of a condition, such as a tier and a segment. Rename one of them.",
    ),
    row(
        "LOY0217",
        "a name defined by itself",
        "A segment or parameter asks, directly or through others, for itself, so it has no meaning. Say in one of them what it means without the others.",
    ),
    row(
        "LOY0218",
        "a purchase that was not named",
        "A step of an example returns or confirms a purchase that no step before calls so. Name the purchase: `purchase 10 EUR on 2025-01-01 called A`.",
    ),
    row(
        "LOY0219",
        "a reward that is not there",
        "A step of an example claims something that the catalogue does not have. Rewards are called by their gift, access or partner: `reward gift \"mug\" for 500 beans` is claimed with `claim \"mug\"`.",
    ),
    row(
        "LOY0220",
        "an access that nothing grants",
        "A step of an example expects access to something that no rule grants. Write the name as it stands in the rule: `on signup grant access \"Early sale\"`.",
    ),
    row(
        "LOY0221",
        "a limit that is not there",
        "Rules share a limit that nothing declares. Declare it: `limit \"Extras\" at most 20 EUR per month`.",
    ),
    // 03: declarations that cannot stand
    row("LOY0301", "no program", "A file needs one sentence that begins with `program` and gives the name, the currency and the timezone."),
    row("LOY0302", "two programs", "A program is one sentence with all its settings. Included files have none of their own."),
    row(
        "LOY0303",
        "no currency",
        "The program does not say its currency. It decides how many decimals amounts have, so there is no default.",
    ),
    row(
        "LOY0304",
        "no timezone",
        "The program does not say its timezone. It decides when days, weeks and months begin, so there is no default.",
    ),
    row("LOY0305", "an unknown currency", "Currencies are written with the three capital letters of ISO 4217: EUR, USD, GBP."),
    row(
        "LOY0306",
        "an unknown timezone",
        "Timezones are written with their IANA name, a continent and a large city: Europe/Berlin, America/New_York.",
    ),
    row(
        "LOY0307",
        "a setting said twice",
        "One thing is set at two places. Even where both say the same, a later change of one would be missed in the other.",
    ),
    row(
        "LOY0308",
        "an unknown version of the language",
        "The program asks for a version of the language that does not exist. Write `language 1`, or leave it out: then the newest is meant.",
    ),
    row(
        "LOY0309",
        "a range that ends before it starts",
        "The end of a range of dates, times, numbers or days comes before its start, so nothing is in it. Swap the two ends.",
    ),
    row(
        "LOY0310",
        "thresholds that do not rise",
        "Tiers are written from the lowest to the highest, each with a threshold above the one before; otherwise one of them could never be held.",
    ),
    row(
        "LOY0311",
        "a tier with the wrong beginning",
        "The first tier is where everyone starts and takes no threshold; every other one needs a threshold or `by invitation`.",
    ),
    row("LOY0312", "too few tiers", "A ladder needs two tiers or more: one where everyone starts and one to reach."),
    row(
        "LOY0313",
        "a day that does not exist",
        "A date is written that no year has, such as 31 April. Write a day that exists. In a shorter month `on the 31st of every month` means its last day.",
    ),
    row(
        "LOY0314",
        "a rule that can never apply",
        "Two conditions of a rule rule each other out, such as `on mondays on tuesdays`. Where words of one kind stand twice, both must hold; names with a comma between them widen: `on mondays, tuesdays`.",
    ),
    row(
        "LOY0315",
        "a date outside the program",
        "A rule can only apply while the program does not run. Change its dates or the dates under `program`.",
    ),
    row("LOY0316", "counting from zero", "Purchases and items are counted from 1st. Write 1st for the first; there is nothing before it."),
    row(
        "LOY0317",
        "an entitlement without end",
        "A trigger that happens again and again gives a discount, or something else that waits for later purchases, and it never ends; the second time would add nothing. Say how long: `on next purchase`, `on next 3 purchases`, `for 30 days`.",
    ),
    row(
        "LOY0318",
        "an exchange that keeps a tier out of reach",
        "A tier asks for a larger balance than an automatic exchange ever leaves. Measure the tier by what is earned, or make the exchange a reward that customers claim.",
    ),
    row(
        "LOY0319",
        "a tier that nobody can reach",
        "A tier is by invitation and no rule moves anyone to it, or it is measured in points that no rule gives.",
    ),
    row(
        "LOY0320",
        "a fact that is not known yet",
        "`net amount` and `item discount` are known only after discounts, so a discount, price list or free shipping cannot depend on them. `amount` is known from the start.",
    ),
    row("LOY0321", "two where one can stand", "A rule has one trigger, and one of the scopes that single out items. Write two sentences."),
    row(
        "LOY0323",
        "words that mean nothing here",
        "Words that are correct in themselves have no meaning in this sentence, such as `on next purchase` where nothing waits for one. The message says what to write instead.",
    ),
    row(
        "LOY0324",
        "a purchase is asked for where there is none",
        "A reward that a day, a signup, an event or a tier brings cannot depend on a purchase. To reward the purchases of a day write `on purchase` in front of the day; for the first purchase write `on 1st purchase`.",
    ),
    row(
        "LOY0325",
        "a payment without value",
        "A wallet can pay only if the program says how much: `worth 0.01 EUR` under the wallet, or `redeem 100 beans for 1 EUR`.",
    ),
    row(
        "LOY0326",
        "a limit without a period",
        "A limit needs to say for how long it counts: per purchase, per month, ever. Only percentages (of the purchase) and `once` (ever) go without saying.",
    ),
    row(
        "LOY0327",
        "a value of nothing",
        "A value of zero stands where it would switch the sentence off. Delete the sentence, or write a value above zero.",
    ),
    row(
        "LOY0328",
        "an example out of order",
        "The steps of an example stand in time order, the first of them with a date, and every purchase has an amount or items.",
    ),
    row(
        "LOY0329",
        "rows of a table that cannot stand",
        "The rows of a table rise by threshold, or name each tier once. Write them in that order, each once.",
    ),
    row(
        "LOY0330",
        "more than can ever come",
        "A price, a threshold, a condition or a goal asks for more than can ever be there: every sentence that gives points is limited, and they expire before there are enough, or a month has fewer days. The message names both places and both numbers.",
    ),
    row(
        "LOY0331",
        "more at once than there may be",
        "One payment, reward or prize takes more at once than its limit, its budget or its series ever holds, so it can never be made. Raise the limit, or let less be taken at once.",
    ),
    row(
        "LOY0332",
        "a life that ends before it begins",
        "Something waits for longer than it lives, or asks for a longer time than the program runs. Let it wait for less, or live for longer.",
    ),
    row(
        "LOY0333",
        "waiting for what never comes",
        "A sentence waits for something that no other sentence lets happen: a drop where tiers are never lost, or a draw to which nobody has an entry.",
    ),
    row(
        "LOY0334",
        "an exchange that feeds itself",
        "What exchanges give is enough to make them again, alone or in a circle, so that they would go on without end. Give back less than is paid, set a limit, or make it a reward that customers claim.",
    ),
    // 04: values, types and units
    row(
        "LOY0401",
        "a value of the wrong kind",
        "Money, numbers, percentages, points, spans of time, dates and texts are different kinds of values; each place takes one of them. The message says what stands there and what would fit.",
    ),
    row(
        "LOY0402",
        "more decimals than the currency has",
        "The digits written behind the point count, zeros too, because 1.000 EUR is a thousand to some readers. Only `worth` and unit prices may be finer. Write it with the decimals that the currency has.",
    ),
    row(
        "LOY0403",
        "another currency",
        "All amounts of a program are in its own currency. The language does not convert: write the amount in that currency.",
    ),
    row(
        "LOY0404",
        "a part of a whole point",
        "Points and stamps come in whole units unless the wallet says otherwise: `round down to 0.5`.",
    ),
    row(
        "LOY0405",
        "a value that is not fixed",
        "Rates, thresholds and limits are known from the text. To make them depend on something, write a table: `discount by spend ever` and its rows.",
    ),
    row(
        "LOY0406",
        "a value out of range",
        "A value is below zero, above what makes sense, or not whole where only whole numbers fit. The message says which values fit.",
    ),
    row(
        "LOY0407",
        "a calculation that makes no sense",
        "Texts have no order, and not every two kinds of values can be added, multiplied or divided. Compare texts with `is` and `is not`; multiply and divide by numbers or percentages.",
    ),
    row(
        "LOY0408",
        "a fact of an item without an item",
        "`price`, `quantity` and other facts of one item exist only in `on items if …`. To look at the whole purchase write `amount` or `quantity of category \"wine\"`.",
    ),
    row(
        "LOY0409",
        "a percentage of points without worth",
        "A percentage is a share of money. To turn it into points the wallet must say what one is worth.",
    ),
    row("LOY0410", "points without worth on a budget", "A budget is money, so points that draw on it must say what one is worth."),
    row("LOY0411", "a limit in another unit", "A limit counts what the rule gives: money for discounts and cashback, points for points."),
    row(
        "LOY0412",
        "a value for a parameter that cannot be read",
        "A value given from outside is written as in the program: `3%`, `5 EUR`, `2`, `100 beans`.",
    ),
    row(
        "LOY0413",
        "a span of time that does not fit",
        "A length of time is a number and a unit. Compared with days it must be in days or weeks, since months and years differ in length.",
    ),
    // 05: warnings
    row(
        "LOY0501",
        "discounts that can meet",
        "Two discounts can apply to one purchase and the program does not say how discounts combine. The better one counts then; to confirm that, or to choose otherwise, write `discounts combine by best`, `adding` or `compounding`.",
    ),
    row(
        "LOY0502",
        "a wallet without use",
        "Customers can earn something that nothing lets them use. Let it pay with `redeem`, offer a `reward` or an `exchange` for it, or let a tier ask for it.",
    ),
    row(
        "LOY0503",
        "a limit that is never reached",
        "What the rule gives, or another limit, always stays below this limit. Delete the limit, or write another amount.",
    ),
    row(
        "LOY0504",
        "a rule that never counts",
        "Wherever this rule applies another one does too and is at least as good, and only the better one counts. Delete the rule, let it give more, or let discounts add up: `discounts combine by adding`.",
    ),
    row(
        "LOY0505",
        "a threshold one step above a round amount",
        "`from 1000.01` is usually meant as `over 1000`: the threshold itself is not included.",
    ),
    row(
        "LOY0506",
        "a table by tier without a row for a tier",
        "Customers of a tier without a row get nothing. If that is meant, say so with a row of zero.",
    ),
    row(
        "LOY0507",
        "a reward without any limit",
        "A fixed reward for every purchase however small, or for every event however often, has no bound. A limit, a least purchase, a budget or a series gives it one.",
    ),
    row(
        "LOY0508",
        "discounts that can pass the whole price",
        "Under `adding`, the rates of discounts that can meet on one purchase add up to more than 100%. Write lower rates, or `discounts combine by best`.",
    ),
    row(
        "LOY0509",
        "a gift without cost",
        "A gift that does not say what it costs counts as free, and reports will be too good. Write what it costs: `gift \"mug\" costs 2 EUR`.",
    ),
    row(
        "LOY0510",
        "points that never expire",
        "What customers hold is owed to them; without expiry it only grows. Write when points expire, or `never expire` to confirm.",
    ),
    row(
        "LOY0511",
        "a day that not every month has",
        "In a month that lacks the day, its last day is meant. To be the same day everywhere, write a day up to the 28th, or `at end of every month`.",
    ),
    row(
        "LOY0512",
        "names that look alike",
        "Two declared names are written with different characters that look the same, such as a Latin and a Cyrillic a, or a 1 and an l. A reader cannot tell which of them a sentence means.",
    ),
    row(
        "LOY0513",
        "the same sentence twice",
        "Two sentences say the same. Points are then given twice; discounts are not. Delete one of them, or change what was meant to differ.",
    ),
    row(
        "LOY0514",
        "less for more",
        "A row of a table gives less than the row before it, or a higher tier less than a lower one. Two values may have been swapped. Where each slice has its own rate, and in a newcomer's table by purchases, rates may fall.",
    ),
    row(
        "LOY0515",
        "days that two offers share or leave out",
        "Of two ranges of days one ends with the day on which the other begins, so that both hold on it, or one day lies between them on which neither does. Dates include their last day.",
    ),
    row(
        "LOY0516",
        "declared and never used",
        "A gift, segment, calendar, price list, group, budget or parameter is declared, but no sentence asks for it. Either a sentence is missing, or the declaration can go.",
    ),
    row(
        "LOY0517",
        "one point, two values",
        "What points are worth and what they pay differ. The worth is what reports and budgets count with. Where one of several ways to pay agrees with the worth, nothing is said.",
    ),
    row(
        "LOY0518",
        "a gift that costs more than it is worth",
        "A gift costs the firm more than a customer would pay for it. The two amounts may have been swapped.",
    ),
    row(
        "LOY0519",
        "nearly everything back",
        "A sum off is nearly as large as the least purchase that gets it, or a rate gives all of the money back. Ask for a larger purchase, or give less.",
    ),
    row(
        "LOY0520",
        "a condition that leaves nobody out",
        "A condition always holds: `or above` on the lowest tier is everybody, and `is not … or is not …` is true whatever the value. Delete it, or say what was meant.",
    ),
    row(
        "LOY0521",
        "a setting that never acts",
        "A setting is about something that another setting rules out: `grace` puts off a drop, and with `never drop` there is none. Delete one of the two.",
    ),
    row(
        "LOY0530",
        "a day that reaches into the next",
        "What lasts `for 1 day` begins on one day and still holds on the day after. A double points day is written `that day`.",
    ),
    row(
        "LOY0531",
        "nothing to deduct from a refund",
        "With `returns deduct from refund`, what a customer has spent already is taken off the refund at its `worth`. What has no worth cannot be: it is owed instead, below zero.",
    ),
    // 06: made by `syntax`
    row(
        "LOY0601",
        "a file too large",
        "A program file may have 4 MiB. Programs are short texts; a file of that size is usually not one. Larger programs can be split with `include`.",
    ),
    row("LOY0602", "a line too long", "A line may have 1,024 characters. Break it: indented lines continue a sentence."),
    row("LOY0603", "too many lines", "A file may have 100,000 lines. What follows them is not read."),
    row("LOY0604", "too many sentences", "A program may have 10,000 sentences, included files counted. What follows them is not read."),
    row(
        "LOY0605",
        "nested too deep",
        "Parentheses and calculations may nest 64 deep, so that every computer can read them. Give parts a name with `param`, or write several rules.",
    ),
    row(
        "LOY0606",
        "a name too long",
        "A name without quotes may have 128 bytes. Choose a shorter one; what has to be said at length stands in a comment.",
    ),
    row("LOY0608", "too many digits", "A number may have 38 digits."),
    row("LOY0609", "too many files", "A program may include 256 files. Put what belongs together into one file."),
    row("LOY0610", "includes nested too deep", "Files may include each other 16 deep. Include the files from the program itself."),
    row(
        "LOY0611",
        "a sentence too long",
        "Reading the sentence took too many steps. This does not happen to sentences that people write; split it into several.",
    ),
    // 07: made by `check`'s exposure and by `probe`
    row(
        "LOY0711",
        "a goal about the worst case that says no share and no sum",
        "`expect worst case at most 15% of a purchase, plus 5 EUR` compares what a purchase can give away at most with a share of it and a \
         sum. `of a purchase of at least 20 EUR` leaves smaller ones out; `of spend, plus 300 EUR, per customer and year` is about a year.",
    ),
    row(
        "LOY0712",
        "a goal about the worst case that does not hold",
        "The program can give away more than the goal says, whatever history comes. The message names a purchase, or what is spent in a \
         year, and the sentences that have a part in it. Set a limit on them, or raise the goal.",
    ),
    row(
        "LOY0713",
        "a round trip that gains",
        "Rewards and exchanges turn units of a wallet into more of the same, as often as anybody likes. Give less on the way back, set a \
         limit, or leave one of the sentences out.",
    ),
    row(
        "LOY0721",
        "a way to gain",
        "A made history, run on the engine, leaves somebody better off than a customer who simply bought what was kept: by returning, \
         splitting, buying next to nothing. The example under the message holds today; the help is a change that was tried and stops it, \
         where one was found. If the gain is wanted, say so: allow gain of 5 EUR from accounts",
    ),
    row(
        "LOY0722",
        "a gain that a goal forbids",
        "`expect no gain` wants the search of `check` to find none, and it found one. The message says how much and how; mend the \
         sentence that gives it, or allow the gain.",
    ),
    row(
        "LOY0723",
        "an allowed gain that nobody can make",
        "`allow gain` confirms a gain that the search of `check` finds. It found none of this kind up to this sum, so that the sentence \
         says nothing any more.",
    ),
    row(
        "LOY0731",
        "a sentence that does nothing",
        "`check` made purchases that fulfil this sentence, and kept out of the way of the others where that can be: on none of them did the \
         sentence make a difference. Another one takes off as much, it multiplies what is not earned, or its rate comes to nothing.",
    ),
    // 09: made by `examples`
    row(
        "LOY0900",
        "an example that does not hold: what a step gives",
        "A step of an example gives something else than the example expects. The message says what it gave, and which sentences did it. \
         Either the expectation is wrong, or the rule does not say what was meant.",
    ),
    row(
        "LOY0901",
        "an example that does not hold: how things stand",
        "After a step of an example, a balance or a tier is another than the example expects. The message says what it is, and what \
         the step did.",
    ),
    row(
        "LOY0902",
        "a step of an example that cannot happen",
        "A step of an example asks for what cannot be, such as a return of more than was bought. The message says why.",
    ),
    // 095: made by `report`, 096: by `cli`
    row(
        "LOY0951",
        "an expectation about a metric that does not exist",
        "`expect` compares a figure of the report with a value. The metric is named by its words (`redemption rate`, \
         `redemption rate of beans`, `program cost`) or by its id in quotes (\"rcr.order\"). Every metric of a program, with its id, \
         stands in the report: loyalty-dsl simulate … --format json",
    ),
    row(
        "LOY0952",
        "an expectation whose value is of another kind than its metric",
        "A rate is compared with a percentage, an amount of money with money, a count with a number. The cost of the program may \
         also be given in percent, which means of sales: expect program cost at most 4% of revenue.",
    ),
    row(
        "LOY0961",
        "a price list that cannot be read",
        "`prices … from \"FILE\"` names a CSV file below the folder of the program's main file. Its first line names the columns, \
         product and price among them; prices are plain numbers such as 12.50 in the program's currency.",
    ),
    row(
        "LOY0962",
        "a program that cannot be read",
        "The file is not there, is a folder, may not be opened, or is not a text. Formats for programs say so with this code, so that \
         a missing file does not look like one without faults; the exit code is 3.",
    ),
];

/// The row of a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    CODES.iter().find(|info| info.code.eq_ignore_ascii_case(code))
}

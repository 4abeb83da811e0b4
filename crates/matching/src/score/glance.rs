//! A first look at two records, which tells of most that they can't be one service.

use crate::{
    compare::{NameComparison, compare},
    measure::{Context, Offices, Ready, at_a_glance, in_order, offices},
    model::{Measure, Measurements, most_bits, prior},
    score::{Judgement, NameMemory, Reasons, fields},
    weights as w,
};

/// Two records beside each other before their names are, word by word.
#[derive(Debug)]
pub(crate) struct Glance<'g, 'r> {
    a: &'g Ready<'r>,
    b: &'g Ready<'r>,
    context: &'g Context,
    offices: Option<Offices>,
    measurements: Measurements,
}

impl<'g, 'r> Glance<'g, 'r> {
    pub(crate) fn of(a: &'g Ready<'r>, b: &'g Ready<'r>, context: &'g Context) -> Self {
        let offices = offices(a.record, b.record);
        let measurements = at_a_glance(a, b, offices, context.spread);
        Self { a, b, context, offices, measurements }
    }

    /// How alike the summaries are, where both have one.
    pub(crate) fn summaries(&self) -> Option<f64> {
        self.measurements.get(Measure::SummaryWords)
    }

    /// The most that a closer look can come to, in bits.
    pub(crate) fn most_bits(&self) -> f64 {
        let not_yet = [Measure::NameOrder, Measure::NameIdentical, Measure::SummaryOrder];
        prior()
            + self.measurements.sum()
            + not_yet.map(most_bits).iter().sum::<f64>()
            + w::SAME_ACT
            + fields::most_bits_by_hand(self.a.record, self.b.record)
    }

    /// For a pair that somebody reads about.
    pub(crate) fn in_words(self) -> Judgement {
        // One order for both directions: the words come out the same.
        let ordered = self.a.record.order() <= self.b.record.order();
        let (a, b) = if ordered { (self.a, self.b) } else { (self.b, self.a) };
        let names = compare(&self.context.lexicon, &a.record.name.parsed, &b.record.name.parsed);
        Self { a, b, ..self }.judge(&names, Reasons::in_words())
    }

    /// For one of a million pairs, whose names were compared before or are remembered from now on.
    pub(crate) fn only_counted(self, memory: &mut NameMemory<'r>) -> Judgement {
        let ordered = self.a.record.name.hash <= self.b.record.name.hash;
        let (a, b) = if ordered { (self.a, self.b) } else { (self.b, self.a) };
        let names = memory.compare(&self.context.lexicon, &a.record.name, &b.record.name);
        Self { a, b, ..self }.judge(names, Reasons::only_counted())
    }

    fn judge(mut self, names: &NameComparison, reasons: Reasons) -> Judgement {
        in_order(self.a, self.b, names, &mut self.measurements);
        let records = [self.a.record, self.b.record];
        Judgement::of(records, names, self.offices, self.measurements, &self.context.lexicon, reasons)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::{
        lexicon::Lexicon,
        profile::{Profile, SharedCode},
        record::Record,
    };

    fn profiles() -> impl Strategy<Value = Profile> {
        let names =
            select(vec!["取水许可", "取水许可核发", "取水许可注销", "Water permit", "water permits", ""]);
        let texts = || select(vec!["", "Who takes water from a river needs a permit", "取用河水的许可"]);
        let one_of_two = || prop::option::of(select(vec!["1", "2"]));
        (names, texts(), texts(), one_of_two(), one_of_two(), one_of_two(), one_of_two(), one_of_two())
            .prop_map(|(name, summary, legal_basis, code, department, audience, level, endpoint)| Profile {
                name: name.to_owned(),
                summary: Some(summary.to_owned()),
                legal_basis: vec![legal_basis.to_owned()],
                codes: code
                    .map(|code| SharedCode { scheme: "basicCode".to_owned(), value: format!("00{code}37") })
                    .into_iter()
                    .collect(),
                department: department.map(|number| format!("第{number}水务局")),
                audience: audience.map(str::to_owned).into_iter().collect(),
                level: level.and_then(|level| level.parse().ok()),
                endpoint: endpoint.map(|host| format!("https://{host}.example/water")),
                ..Profile::default()
            })
    }

    proptest! {
        #[test]
        fn a_closer_look_never_comes_to_more(a in profiles(), b in profiles()) {
            let context = Context::new(Arc::clone(Lexicon::built_in()));
            let records = [a, b].map(|profile| Record::alone(&context.lexicon, &profile));
            let [a, b] = records.each_ref().map(|record| Ready::new(record, &context));
            let glance = Glance::of(&a, &b, &context);
            let most = glance.most_bits();
            let found = glance.only_counted(&mut NameMemory::default()).bits();
            prop_assert!(found <= most + 1e-9, "{found} bits, above {most}");
        }
    }
}

//! Prints a report as Markdown.

use super::lists::Half;
use super::report::{ListReport, SystemReport};

/// Prints one list: quality, calibration of those that state probabilities, and look-alikes where they are labelled.
pub(super) fn print(list: &ListReport, half: Half) {
    let half = match half {
        Half::Train => "train half",
        Half::Test => "test half",
    };
    let labelled = list.systems.iter().any(|system| system.look_alikes.is_some());
    println!("\n## {}{}\n", list.name, if labelled { String::new() } else { format!(", {half}") });
    println!("{}", list.note);
    println!(
        "{} records, {} pairs judged, {} of them the same service.\n",
        list.records, list.judged_pairs, list.true_pairs
    );
    quality(list);
    calibration(list);
    if labelled {
        look_alikes(list);
    }
}

fn quality(list: &ListReport) {
    println!(
        "| tool | best F1 | at | precision | recall | recall at precision 0.99 | mean precision | by itself: precision | recall | F1 | s |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for system in &list.systems {
        let (quality, best) = (&system.quality, &system.quality.best);
        let own = system.at_default.map_or_else(
            || "– | – | –".to_owned(),
            |point| format!("{:.3} | {:.3} | {:.3}", point.precision, point.recall, point.f1),
        );
        println!(
            "| {} | **{:.3}** | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {own} | {:.1} |",
            title(system),
            best.f1,
            best.threshold,
            best.precision,
            best.recall,
            quality.recall_at_99,
            quality.average_precision,
            system.seconds,
        );
    }
    for system in &list.systems {
        if let Some(proposed) = system.proposed {
            println!(
                "\n{} proposes {:.1} % of the true pairs: blocking allows no higher recall.",
                system.name,
                100.0 * proposed
            );
        }
    }
}

fn title(system: &SystemReport) -> String {
    match &system.learned_from {
        Some(source) => format!("{}, learned from {source}", system.name),
        None => system.name.clone(),
    }
}

fn calibration(list: &ListReport) {
    println!("\n| stated probability | pairs | stated (mean) | true |");
    println!("|---|--:|--:|--:|");
    for system in &list.systems {
        let Some(calibration) = &system.calibration else { continue };
        println!(
            "| **{}**, expected calibration error {:.3} | | | |",
            system.name, calibration.expected_error
        );
        for bin in &calibration.bins {
            println!(
                "| {:.2} – {:.2} | {} | {:.3} | {:.3} |",
                bin.from, bin.to, bin.pairs, bin.stated, bin.true_share
            );
        }
    }
}

fn look_alikes(list: &ListReport) {
    println!(
        "\n| tool | true pairs above every look-alike | look-alikes above the threshold that catches 75 % | look-alikes merged by itself |"
    );
    println!("|---|--:|--:|--:|");
    for system in &list.systems {
        let Some(counted) = &system.look_alikes else { continue };
        println!(
            "| {} | {} of {} | {} | {} |",
            title(system),
            counted.caught_before_any,
            list.true_pairs,
            counted.share_at_75.map_or_else(
                || "75 % are never caught".to_owned(),
                |share| format!("{:.0} %", 100.0 * share)
            ),
            counted.called_same.map_or_else(|| "–".to_owned(), |same| format!("{same} of {}", counted.known)),
        );
    }
}

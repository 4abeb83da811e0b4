//! What came out, for people: 中文 first, English beside it.

use matching::{Batch, Blocking, Evidence, Pair, Reach, Relation, Verdict};

use super::list::{List, Row};
use super::{MOST_SHOWN, lines};
use crate::output::shown;

/// Pairs that are shown with their evidence.
const MOST_PAIRS: usize = 10;
/// Pieces of evidence that are shown of a pair, the heaviest.
const MOST_EVIDENCE: usize = 6;
/// Comparisons that it may cost to tell what candidate search can find: about a second.
const TO_TELL_REACH: usize = 2_000_000;
/// Characters of one piece of evidence, at most.
const MOST_WORDING: usize = 160;

/// The counts: rows, services, pairs at the floor or above, and how the pairs were found.
pub fn counts(list: &List, batch: &Batch, floor: f64, pairs: &[Pair], clusters: &[Vec<u32>]) -> String {
    let (matched, refused) = (list.rows.len() as u64, list.refused);
    let several = clusters.iter().filter(|cluster| cluster.len() > 1).count();
    let largest = clusters.iter().map(Vec::len).max().unwrap_or_default();
    let mut lines = vec![
        format!(
            "共 {0} 行，匹配 {matched} 行，拒绝 {refused} 行 · {0} rows: {matched} matched, {refused} refused{1}",
            matched + refused,
            refused_lines(list)
        ),
        format!(
            "服务 services     {}  其中多行的 {several} 组，最大 {largest} 行 · {several} of several rows, the largest of {largest}",
            clusters.len()
        ),
        format!("配对 pairs        {}  概率不低于 {floor} · at {floor} or above", pairs.len()),
    ];
    for verdict in [Verdict::Same, Verdict::Suspect, Verdict::Distinct] {
        let of = |relation| {
            pairs.iter().filter(|pair| pair.verdict == verdict && pair.relation == relation).count()
        };
        let [others, duplicates] = [Relation::OtherImplementer, Relation::Duplicate].map(of);
        let label = format!("{}  {}", verdict_words(verdict), others + duplicates);
        let (other, duplicate) =
            (relation_words(Relation::OtherImplementer), relation_words(Relation::Duplicate));
        lines.push(format!("  {label}：{other} {others}，{duplicate} {duplicates}"));
    }
    lines.push(blocking(&batch.blocking()));
    lines.push(reach(&batch.reach(TO_TELL_REACH)));
    lines.join("\n")
}

/// The bound that candidate search puts on recall, and what it was told from.
fn reach(reach: &Reach) -> String {
    let Reach { items, probable, .. } = reach;
    let recall = reach.recall().map_or("–".to_owned(), |recall| format!("{:.1} %", 100.0 * recall));
    format!(
        "召回上限 recall   {recall}  {items} 行与其前全部行比较，可能配对 {probable} 对 · \
         at most, told from {items} rows compared with all before them: {probable} probable pairs"
    )
}

/// How far candidate search went: what it left out can't be among the pairs.
fn blocking(blocking: &Blocking) -> String {
    let Blocking { most_candidates, full_blocks, largest_block } = blocking;
    format!(
        "候选 candidates   每行至多 {most_candidates} · at most {most_candidates} for a row\n\
         分块 blocks       最大 {largest_block} 行，截断 {full_blocks} 块 · the largest of {largest_block} rows, {full_blocks} cut"
    )
}

/// The most probable pairs with what speaks for and against them.
pub fn best(list: &List, batch: &Batch, pairs: &[Pair]) -> String {
    let shown = pairs.get(..MOST_PAIRS).unwrap_or(pairs);
    if shown.is_empty() {
        return String::new();
    }
    let mut text = format!("\n最可能的 {0} 对 · The {0} most probable pairs\n", shown.len());
    for pair in shown {
        text.push_str(&format!(
            "\n{:.4} {}，{}\n",
            pair.probability,
            verdict_words(pair.verdict),
            relation_words(pair.relation)
        ));
        for row in [pair.a, pair.b].into_iter().filter_map(|place| lines::row(&list.rows, place)) {
            text.push_str(&format!("  {}\n", row_words(row)));
        }
        let evidence = batch.explain(pair).evidence;
        for Evidence { weight, zh, en, .. } in evidence.iter().take(MOST_EVIDENCE) {
            let [zh, en] = [zh, en].map(|words| self::shown(words, MOST_WORDING));
            text.push_str(&format!("    {weight:+6.1}  {zh} · {en}\n"));
        }
        let more = evidence.len().saturating_sub(MOST_EVIDENCE);
        if more > 0 {
            text.push_str(&format!("            另有 {more} 项 · {more} more\n"));
        }
    }
    text
}

fn refused_lines(list: &List) -> String {
    if list.refused_lines.is_empty() {
        return String::new();
    }
    let lines: Vec<_> = list.refused_lines.iter().map(ToString::to_string).collect();
    let more = if list.refused > list.refused_lines.len() as u64 { ", …" } else { "" };
    format!("（第 {0}{more} 行 · lines {0}{more}）", lines.join(", "))
}

fn row_words(row: &Row) -> String {
    let department = row.department.as_deref().map(|name| format!(" · {}", shown(name, MOST_SHOWN)));
    format!(
        "第 {0} 行 line {0} · {1} · {2}{3}",
        row.line,
        shown(&row.id, MOST_SHOWN),
        shown(&row.name, MOST_SHOWN),
        department.unwrap_or_default()
    )
}

fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "相同 same",
        Verdict::Suspect => "疑似 suspect",
        Verdict::Distinct => "不同 distinct",
    }
}

fn relation_words(relation: Relation) -> &'static str {
    match relation {
        Relation::OtherImplementer => "其他实施 other implementer",
        Relation::Duplicate => "重复 duplicate",
    }
}

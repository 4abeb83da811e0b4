//! What a steward can do about a duplicate case as it stands.

use domain::{EntryId, LocalizedText};
use read_model::CaseView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::location::location;
use crate::router::REGISTRY;

/// Something that a steward can do next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NextStep {
    /// What it is: the operation that the link leads to.
    step: Step,
    /// In words.
    title: LocalizedText,
    /// The request's method.
    method: Method,
    /// The request's path.
    #[schema(max_length = 2048, pattern = "^/")]
    href: String,
}

/// What a steward can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Say that they are the same service.
    Confirm,
    /// Say that they are different services.
    Dismiss,
    /// Take the decision back.
    Reopen,
    /// Take one of them out of the entry that they share.
    Split,
    /// Choose the item that speaks for the entry that they share.
    ChoosePrimary,
    /// Make one of their two entries an alias of the other.
    Merge,
}

/// A request's method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    /// POST.
    Post,
    /// PUT, with the revision that is replaced in `If-Match`.
    Put,
}

/// What can be done of a case whose items readers find under `entries`, none for an item that has no place.
pub(super) fn next_steps(view: &CaseView, entries: [Option<EntryId>; 2]) -> Vec<NextStep> {
    let case =
        |action: &str| format!("{}/{action}", location(&format!("{REGISTRY}/duplicate-cases"), &view.id));
    let entry =
        |id: EntryId, action: &str| format!("{}/{action}", location(&format!("{REGISTRY}/entries"), &id));
    let mut steps = if view.is_decided() {
        vec![NextStep::post(Step::Reopen, case("reopening"), "撤回决定", "Take the decision back")]
    } else {
        vec![
            NextStep::post(
                Step::Confirm,
                case("confirmation"),
                "确认为同一服务",
                "Confirm: the same service",
            ),
            NextStep::post(Step::Dismiss, case("dismissal"), "认定为不同服务", "Dismiss: different services"),
        ]
    };
    match entries {
        [Some(left), Some(right)] if left == right => {
            steps.push(NextStep::post(
                Step::Split,
                entry(left, "split"),
                "从共用的办事入口中拆出",
                "Split one of them from the entry that they share",
            ));
            steps.push(NextStep {
                method: Method::Put,
                ..NextStep::post(
                    Step::ChoosePrimary,
                    entry(left, "primary"),
                    "选择主事项",
                    "Choose the item that speaks for their entry",
                )
            });
        }
        [Some(_), Some(right)] => steps.push(NextStep::post(
            Step::Merge,
            entry(right, "merge"),
            "将右侧办事入口并入左侧",
            "Merge the right item's entry into the left one's",
        )),
        [None, _] | [_, None] => {}
    }
    steps
}

impl NextStep {
    fn post(step: Step, href: String, zh: &str, en: &str) -> Self {
        Self { step, title: LocalizedText::zh(zh).with("en", en), method: Method::Post, href }
    }
}

//! Checks of what a command brings: content, notices to the public, comments, dates.

use jiff::{SignedDuration, Timestamp};

use super::ItemRejection;
use crate::item::ItemContent;
use crate::{Context, LocalizedText, Policy, Violations};

/// Refuses content that breaks a rule, of its own or of the city's.
pub(super) fn check_content(content: &ItemContent, policy: &Policy) -> Result<(), ItemRejection> {
    let mut violations = content.check();
    violations.extend(policy.check_assurance(content.access.assurance.as_deref()));
    if violations.is_empty() { Ok(()) } else { Err(ItemRejection::Invalid(violations)) }
}

/// Refuses a text for the public that is missing, blank or over-long.
pub(super) fn check_public_text(pointer: &str, text: &LocalizedText) -> Result<(), ItemRejection> {
    let mut violations = Violations::default();
    text.check(pointer, 2000, true, &mut violations);
    refuse_any(violations)
}

/// Refuses a text among colleagues that is blank or has more than `max` characters.
pub(super) fn check_note(pointer: &str, text: &str, max: usize) -> Result<(), ItemRejection> {
    let mut violations = Violations::default();
    violations.check_text(pointer, text, max);
    if text.trim().is_empty() {
        violations.add(pointer, "blank", "must not be blank");
    }
    refuse_any(violations)
}

/// Refuses a time of effect that leaves the public less than the notice period.
pub(super) fn check_notice_period(effective: Timestamp, context: &Context<'_>) -> Result<(), ItemRejection> {
    let days = context.policy.notice_days;
    let earliest = context.now.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    match earliest {
        Ok(earliest) if effective >= earliest => Ok(()),
        Ok(_) | Err(_) => Err(ItemRejection::NoticeTooShort { days }),
    }
}

fn refuse_any(violations: Violations) -> Result<(), ItemRejection> {
    let violations = violations.into_vec();
    if violations.is_empty() { Ok(()) } else { Err(ItemRejection::Invalid(violations)) }
}

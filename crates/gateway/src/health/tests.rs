//! Circuits, trials and probes, on a clock that the test moves.

use tokio::time::advance;

use super::*;

const SETTINGS: HealthSettings = HealthSettings {
    failures_in_a_row: 3,
    failure_percent: 50,
    min_calls: 10,
    window: Duration::from_secs(10),
    open_for: Duration::from_secs(5),
    max_open_for: Duration::from_secs(15),
    floor_percent: 50,
    probe_interval: Duration::from_secs(10),
    probe_timeout: Duration::from_secs(1),
    probe_failures: 2,
};

fn fail(health: &Health, admission: Admission) {
    health.failed(admission, "backend-unreachable", &SETTINGS);
}

fn opened() -> Health {
    let health = Health::new();
    for _ in 0..3 {
        assert_eq!(health.admit(), Ok(Admission::Plain));
        fail(&health, Admission::Plain);
    }
    health
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_the_circuit_and_a_trial_closes_it() {
    let health = opened();
    assert_eq!(health.admit(), Err(Duration::from_secs(5)));
    assert!(!health.is_undoubted(&SETTINGS));
    advance(Duration::from_secs(5)).await;
    assert!(health.is_undoubted(&SETTINGS), "a trial is due");
    assert_eq!(health.admit(), Ok(Admission::Trial));
    assert_eq!(health.admit(), Err(Duration::ZERO), "one at a time");
    assert_eq!(health.seen(1, &SETTINGS).state, BackendState::Trial);
    health.responded(Admission::Trial);
    assert_eq!(health.admit(), Ok(Admission::Plain));
    assert_eq!(health.seen(0, &SETTINGS).state, BackendState::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_trial_in_vain_doubles_the_wait_up_to_its_limit() {
    let health = opened();
    for seconds in [5, 10, 15, 15] {
        assert_eq!(health.admit(), Err(Duration::from_secs(seconds)));
        advance(Duration::from_secs(seconds)).await;
        assert_eq!(health.admit(), Ok(Admission::Trial));
        fail(&health, Admission::Trial);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trial_without_an_outcome_makes_room_for_the_next() {
    let health = opened();
    advance(Duration::from_secs(5)).await;
    assert_eq!(health.admit(), Ok(Admission::Trial));
    health.abandoned(Admission::Trial);
    assert_eq!(health.admit(), Ok(Admission::Trial));
}

#[tokio::test(start_paused = true)]
async fn a_response_ends_the_row_but_not_the_share() {
    let health = Health::new();
    for _ in 0..4 {
        fail(&health, Admission::Plain);
        health.responded(Admission::Plain);
        assert_eq!(health.admit(), Ok(Admission::Plain));
    }
    // Four of eight calls are half, but not enough calls; five of fifteen are enough calls, but not half.
    for _ in 0..6 {
        health.responded(Admission::Plain);
    }
    fail(&health, Admission::Plain);
    assert_eq!(health.admit(), Ok(Admission::Plain));
    for _ in 0..5 {
        health.responded(Admission::Plain);
        assert_eq!(health.admit(), Ok(Admission::Plain));
        fail(&health, Admission::Plain);
        fail(&health, Admission::Plain);
    }
    assert!(health.admit().is_err());
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_before_the_circuit_opened_changes_nothing() {
    let health = opened();
    health.responded(Admission::Plain);
    fail(&health, Admission::Plain);
    assert_eq!(health.admit(), Err(Duration::from_secs(5)));
}

#[test]
fn failed_probes_raise_doubt_and_one_that_succeeds_ends_it() {
    let health = Health::new();
    health.probed(false, &SETTINGS);
    assert!(health.is_undoubted(&SETTINGS));
    health.probed(false, &SETTINGS);
    assert!(!health.is_undoubted(&SETTINGS));
    assert_eq!(health.admit(), Ok(Admission::Plain), "where nobody else would take the call");
    let seen = health.seen(0, &SETTINGS);
    assert_eq!(
        (seen.state, seen.last_failure.map(|last| last.reason)),
        (BackendState::Doubted, Some("probe-failed"))
    );
    health.probed(true, &SETTINGS);
    assert!(health.is_undoubted(&SETTINGS));
}

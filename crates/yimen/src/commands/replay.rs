//! `yimen replay`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::{EventStore, Position};
use read_model::{EntryStanding, Options, ReadModel};

use super::block_on;
use crate::cli::ReplayArgs;
use crate::data_dir;
use crate::failure::Failure;
use crate::output;

pub fn run(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let log: Arc<dyn EventStore> = data_dir::read_log(&args.data.data_dir)?;
    block_on(async {
        let started = Instant::now();
        // In memory: the index of a running gateway is not ours.
        let (read_model, follower) = ReadModel::start(Arc::clone(&log), Options::default())
            .await
            .map_err(|error| Failure::because("the read model can't be built", &error))?;
        let elapsed = started.elapsed();
        drop(follower);
        let snapshot = read_model.snapshot();
        let reading = Instant::now();
        let events = count(&*log, snapshot.position()).await?;
        let read = reading.elapsed();
        let live =
            snapshot.entries().values().filter(|standing| matches!(standing, EntryStanding::Live(_))).count();
        let rate = |elapsed: Duration| u128::from(events) * 1000 / elapsed.as_millis().max(1);
        output::say(
            &[
                format!("事件 events        {events}"),
                format!("跳过 skipped       {}", snapshot.skipped()),
                format!("部门 departments   {}", snapshot.departments().len()),
                format!("事项 items         {}", snapshot.items().len()),
                format!("办事入口 entries   {live}"),
                format!("疑似重复 cases     {}", snapshot.cases().len()),
                format!("渠道 channels      {}", snapshot.channels().len()),
                format!("用时 elapsed       {:.3} s，{} events/s", elapsed.as_secs_f64(), rate(elapsed)),
                format!("只读 read          {:.3} s，{} events/s", read.as_secs_f64(), rate(read)),
            ]
            .join("\n"),
        )?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Events up to `last`, counted on their own: the read model doesn't count what it folds.
async fn count(log: &dyn EventStore, last: Position) -> Result<u64, Failure> {
    let (mut after, mut events) = (Position::START, 0);
    while after < last {
        let page = log
            .read_all(after, 4096)
            .await
            .map_err(|error| Failure::because("the event log can't be read", &error))?;
        let Some(end) = page.last() else { break };
        after = end.position;
        events += page.iter().filter(|recorded| recorded.position <= last).count() as u64;
    }
    Ok(events)
}

//! Brings the sample into the register as people would: clerks draft and submit, two reviewers read, and it is published.
//!
//! Each command's id is derived from what it is about, and each step looks at where the item stands, so that it can be
//! interrupted and repeated. What people did with an item since is left alone.

use domain::channel::{ChannelKind, Filing, SenderConstraint};
use domain::item::{Proposal, Registered, Review, Stage, Verdict};
use domain::{
    Actor, Aggregate, Channel, ChannelCommand, Department, DepartmentCommand, Item, ItemCommand, ItemContent,
    ItemId, LocalizedText, Policy,
};
use event_store::{Digest, Envelope, EventStore, ExecuteError, execute, load};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::personas::{CITIZEN_APP, Persona};
use super::sample::{Sample, SampleDepartment, SampleItem};
use crate::failure::Failure;

/// Items that are registered at the same time: commits are shared.
const AT_ONCE: usize = 64;
/// The namespace of the sample's command ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x5a3f_0b1c_77d2_4c0e_9a61_0d4b_8e2f_c713);
/// More steps than an item can need; a guard against going round in circles.
const MOST_STEPS: usize = 16;

/// Files and approves the channel through which the demo's citizen calls.
pub async fn file_channel(store: &dyn EventStore, policy: &Policy) -> Result<(), Failure> {
    Desk { store, policy }.file_channel().await
}

/// Brings the whole sample into the register.
pub async fn register(
    store: &dyn EventStore,
    policy: &Policy,
    sample: &Sample,
    items: Vec<SampleItem>,
) -> Result<(), Failure> {
    let desk = Desk { store, policy };
    stream::iter(&sample.departments)
        .map(|department| desk.enrol(department))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    stream::iter(&items)
        .map(|item| desk.advance(&sample.departments[item.department], item, Goal::Approved))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    // One after the other, so that the same items found the same entries in every demo.
    for item in &items {
        desk.advance(&sample.departments[item.department], item, Goal::Public).await?;
    }
    Ok(())
}

/// How far an item is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    /// Ready to be published.
    Approved,
    /// Published.
    Public,
}

/// Where the demo's people give their commands.
struct Desk<'a> {
    store: &'a dyn EventStore,
    policy: &'a Policy,
}

impl Desk<'_> {
    async fn file_channel(&self) -> Result<(), Failure> {
        let id: domain::ChannelId = CITIZEN_APP
            .parse()
            .map_err(|error| Failure::because("the demo's channel has no good name", &error))?;
        let loaded = load::<Channel>(self.store, &id).await.map_err(failed)?;
        if loaded.state != Channel::Unfiled {
            return Ok(());
        }
        let filing = Filing {
            name: LocalizedText::zh("杭州城市大脑 App（示例）").with("en", "Hangzhou city app (sample)"),
            kind: ChannelKind::App,
            owner: LocalizedText::zh("杭州市数据资源管理局（示例）")
                .with("en", "Hangzhou data bureau (sample)"),
            sender_constraint: SenderConstraint::None,
        };
        let file = (id.clone(), ChannelCommand::File { filing });
        self.give::<Channel>(&id, &file, Persona::Operator, None, "file").await?;
        let approve = (id.clone(), ChannelCommand::Approve);
        self.give::<Channel>(&id, &approve, Persona::Reviewer, None, "approve").await?;
        Ok(())
    }

    async fn enrol(&self, department: &SampleDepartment) -> Result<(), Failure> {
        let id = department.id();
        let loaded = load::<Department>(self.store, &id).await.map_err(failed)?;
        if loaded.state != Department::Unknown {
            return Ok(());
        }
        let command =
            DepartmentCommand::Enrol { name: department.name.clone(), region: department.region.clone() };
        self.give::<Department>(&id, &(id.clone(), command), Persona::Operator, None, "enrol").await.map(drop)
    }

    /// Takes an item through its life, one command after another.
    async fn advance(
        &self,
        department: &SampleDepartment,
        item: &SampleItem,
        goal: Goal,
    ) -> Result<(), Failure> {
        let id = ItemId::new(&department.id(), &item.local_code);
        let mut state = load::<Item>(self.store, &id).await.map_err(failed)?.state;
        for _ in 0..MOST_STEPS {
            let Some(step) = Step::after(&state, department, item) else { return Ok(()) };
            if goal == Goal::Approved && matches!(step.command, ItemCommand::Publish) {
                return Ok(());
            }
            let about = format!("{}\0{}", step.name, step.about);
            state = self.give::<Item>(&id, &step.command, step.by, Some(department), &about).await?;
        }
        Err(Failure::new(format!("the sample's item {} never becomes public", item.local_code)))
    }

    async fn give<A>(
        &self,
        id: &A::Id,
        command: &A::Command,
        by: Persona,
        department: Option<&SampleDepartment>,
        about: &str,
    ) -> Result<A, Failure>
    where
        A: Aggregate,
    {
        let department = department.map(SampleDepartment::id);
        let actor: Actor =
            by.actor(department.as_ref()).ok_or_else(|| Failure::new("citizens give no commands"))?;
        let key = format!("{}\0{id}\0{about}", A::CATEGORY);
        let envelope = Envelope {
            actor: &actor,
            command_id: Uuid::new_v5(&NAMESPACE, key.as_bytes()),
            command_digest: Digest::of(key.as_bytes()),
            reason: None,
            trace_id: None,
            now: Timestamp::now(),
            policy: self.policy,
            expected: None,
        };
        match execute::<A>(self.store, id, command, &envelope).await {
            Ok(executed) => Ok(executed.state),
            Err(error) => Err(refused(&error)),
        }
    }
}

fn failed(error: event_store::StoreError) -> Failure {
    Failure::because("the sample can't be registered", &error)
}

fn refused<R: std::error::Error + 'static>(error: &ExecuteError<R>) -> Failure {
    Failure::because("the sample can't be registered", error)
}

/// The next command to an item.
struct Step {
    name: &'static str,
    command: ItemCommand,
    by: Persona,
    /// What sets this command apart from others of its name to the same item.
    about: String,
}

impl Step {
    /// What is to be done next with an item that stands so; nothing when it is public, or in people's hands.
    fn after(state: &Item, department: &SampleDepartment, item: &SampleItem) -> Option<Self> {
        match state.registered() {
            None => Some(Self {
                name: "draft",
                about: item.content.hash().to_string(),
                command: ItemCommand::Draft {
                    department: department.id(),
                    local_code: item.local_code.clone(),
                    content: Box::new(item.content.clone()),
                },
                by: Persona::Clerk,
            }),
            Some(registered) => match &registered.proposal {
                Some(proposal) if is_ours(registered, proposal, &item.content) => Self::in_review(proposal),
                Some(_) => None,
                None => Self::move_backend(registered, &item.content),
            },
        }
    }

    fn in_review(proposal: &Proposal) -> Option<Self> {
        let about = format!("{}\0{}", proposal.revision, proposal.content_hash);
        let review = |by| Self {
            name: "review",
            about: format!("{about}\0{by:?}"),
            command: ItemCommand::Review {
                revision: proposal.revision,
                content_hash: proposal.content_hash.clone(),
                verdict: Verdict::Approve,
            },
            by,
        };
        match &proposal.review {
            Review::Draft => {
                Some(Self { name: "submit", about, command: ItemCommand::Submit, by: Persona::Clerk })
            }
            Review::Submitted { .. } => proposal.review.awaiting().map(|stage| match stage {
                Stage::Department => review(Persona::DepartmentReviewer),
                Stage::Catalogue => review(Persona::Reviewer),
            }),
            Review::Approved { .. } => {
                Some(Self { name: "publish", about, command: ItemCommand::Publish, by: Persona::Clerk })
            }
            Review::ChangesRequested { .. } | Review::Rejected { .. } => None,
        }
    }

    /// A demo that starts again may find its backends' ports taken: then their new addresses are a revision.
    fn move_backend(registered: &Registered, wanted: &ItemContent) -> Option<Self> {
        let live = registered.live()?;
        let wanted = wanted.backend.as_ref()?;
        let path = |url: &str| url.splitn(4, '/').nth(3).map(str::to_owned);
        let current = live.content.backend.as_ref()?;
        // Another path is not the demo's own backend any more.
        if current.base_url == wanted.base_url || path(&current.base_url) != path(&wanted.base_url) {
            return None;
        }
        let mut content = ItemContent::clone(&live.content);
        content.backend = Some(wanted.clone());
        Some(Self {
            name: "move-backend",
            about: format!("{}\0{}", registered.revision, content.hash()),
            command: ItemCommand::Revise { content: Box::new(content) },
            by: Persona::Clerk,
        })
    }
}

/// Whether the proposal is the demo's own, wherever its backend is: people's drafts are left to people.
fn is_ours(registered: &Registered, proposal: &Proposal, wanted: &ItemContent) -> bool {
    let mut ours = registered.live().map_or_else(|| wanted.clone(), |live| ItemContent::clone(&live.content));
    ours.backend.clone_from(&proposal.content.backend);
    ours == *proposal.content
}

#[cfg(test)]
mod tests {
    use event_store::Position;
    use event_store::sqlite::{Options, Sqlite};

    use super::*;
    use crate::demo::personas::ASSURANCE;

    async fn public_base_urls(store: &Sqlite, sample: &Sample, items: &[SampleItem]) -> Vec<Option<String>> {
        let mut found = Vec::new();
        for item in items {
            let id = ItemId::new(&sample.departments[item.department].id(), &item.local_code);
            let state = load::<Item>(store, &id).await.expect("readable").state;
            let live = state.registered().and_then(Registered::live).expect("public");
            found.push(live.content.backend.as_ref().map(|backend| backend.base_url.clone()));
        }
        found
    }

    #[tokio::test]
    async fn the_sample_becomes_public_once_and_follows_its_backends() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Sqlite::open(folder.path().join("log"), &Options::default()).expect("a new log");
        let sample = Sample::hangzhou().expect("readable");
        let assurance_levels = ASSURANCE.map(str::to_owned).into();
        let policy = Policy { assurance_levels, ..Policy::default() };
        let at = |port: u16| {
            let origins = vec![format!("http://127.0.0.1:{port}"); sample.departments.len()];
            // A few items show it as well as all of them.
            sample.items(&origins).expect("complete").into_iter().take(8).collect::<Vec<_>>()
        };
        let count = async || store.read_all(Position::START, 10_000).await.expect("readable").len();

        register(&store, &policy, &sample, at(1)).await.expect("registered");
        assert!(
            public_base_urls(&store, &sample, &at(1)).await[0]
                .as_ref()
                .is_some_and(|url| url.contains(":1/"))
        );
        let before = count().await;
        register(&store, &policy, &sample, at(1)).await.expect("nothing to do");
        assert_eq!(count().await, before, "a second time writes nothing");

        register(&store, &policy, &sample, at(2)).await.expect("moved");
        let moved = public_base_urls(&store, &sample, &at(2)).await;
        assert!(moved.iter().flatten().all(|url| url.contains(":2/")), "{moved:?}");
    }
}

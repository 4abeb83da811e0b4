//! The protocol as its own files in `protos/` say it; `build.rs` makes this code of them.
#![expect(
    clippy::allow_attributes,
    clippy::large_enum_variant,
    clippy::enum_variant_names,
    reason = "generated"
)]

pub mod event_store {
    pub mod client {
        tonic::include_proto!("event_store.client");
        pub mod streams {
            tonic::include_proto!("event_store.client.streams");
        }
        pub mod gossip {
            tonic::include_proto!("event_store.client.gossip");
        }
        pub mod server_features {
            tonic::include_proto!("event_store.client.server_features");
        }
    }
}

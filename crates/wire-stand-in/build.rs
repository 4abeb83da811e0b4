//! Compiles the protocol's files in Rust, so that nobody needs `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=protos");
    let files = ["protos/streams.proto", "protos/gossip.proto", "protos/serverfeatures.proto"];
    let compiled = protox::compile(files, ["protos"])?;
    tonic_build::configure()
        .build_client(false)
        .bytes([
            ".event_store.client.StreamIdentifier.stream_name",
            ".event_store.client.streams.AppendReq.ProposedMessage",
            ".event_store.client.streams.ReadResp.ReadEvent.RecordedEvent",
        ])
        .compile_fds(compiled)?;
    Ok(())
}

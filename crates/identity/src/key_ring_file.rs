//! The file in which a key ring is kept, and its rotation.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::ed25519::Ed25519Key;
use crate::key_ring::{KeyDuty, KeyRing, RingKey};
use crate::pem::{self, KeyBlock};
use crate::signing::{Es256Key, Sign};
use crate::sm2_key::Sm2Key;
use crate::{KeyFileError, key_file};

const EXPECTED: &str = "P-256, Ed25519 or SM2 private keys in PKCS #8 PEM";

/// What a new key of a ring signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingAlgorithm {
    /// ECDSA on P-256 with SHA-256: what every JWT library verifies.
    Es256,
    /// Ed25519 (RFC 8037).
    Ed25519,
    /// SM2 with SM3 (GM/T 0003, GM/T 0125): for departments that have to use the national algorithms, and can.
    Sm2,
}

/// The file of a [`KeyRing`]: private keys (PKCS #8 in PEM, RFC 7468), each under a line `Signs-From: <RFC 3339 time>`
/// that other readers pass over. A key without that line always signs, so that a file of one key is a ring.
#[derive(Debug, Clone)]
pub struct KeyRingFile(PathBuf);

/// Why a ring can't be rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// There is a key already that is still to sign: rotating again would overtake it.
    #[error("key {key} is published and signs from {signs_from}; rotate again after that")]
    UnderWay {
        /// That key.
        key: String,
        /// When it begins.
        signs_from: Timestamp,
    },
    /// The time at which the key would begin to sign can't be written down.
    #[error("the new key would sign too far in the future")]
    TooFarAhead,
}

impl KeyRingFile {
    /// The ring in this file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the ring.
    ///
    /// # Errors
    /// When the file can't be read, or holds something else.
    pub fn load(&self) -> Result<KeyRing, KeyFileError> {
        self.ring(&self.blocks(&key_file::read(&self.0)?)?)
    }

    /// Reads the ring once more, without the warnings of the first time.
    pub(crate) fn load_again(&self) -> Result<KeyRing, KeyFileError> {
        self.ring(&self.blocks(&key_file::read_again(&self.0)?)?)
    }

    /// Reads the ring; a missing file is made with one ES256 key, readable by its owner alone.
    ///
    /// # Errors
    /// When the file can't be read or made, or holds something else.
    pub fn load_or_generate(&self) -> Result<KeyRing, KeyFileError> {
        let make =
            || Ok(pem::write(&KeyBlock { pkcs8: RingAlgorithm::Es256.new_pkcs8()?, signs_from: None }));
        self.ring(&self.blocks(&key_file::read_or_create(&self.0, make)?)?)
    }

    /// Adds a key that signs `ahead` from `now`, and takes out those that nobody needs any more.
    ///
    /// Gateways read the file again by themselves. `ahead` has to be longer than that takes, and than backends keep the
    /// published keys. Rotations at once take turns, by a lock file that stays beside this one.
    ///
    /// # Errors
    /// When the last rotation isn't over yet, or the file can't be read or written.
    pub fn rotate(
        &self,
        algorithm: RingAlgorithm,
        ahead: SignedDuration,
        now: Timestamp,
    ) -> Result<KeyRing, RotationError> {
        let _lock = key_file::lock(&self.0)?;
        let mut blocks = self.blocks(&key_file::read(&self.0)?)?;
        let entries = self.ring(&blocks)?.entries(now);
        if let Some(next) = entries.iter().find(|entry| entry.duty == KeyDuty::Next) {
            return Err(RotationError::UnderWay { key: next.id.clone(), signs_from: next.signs_from });
        }
        let done = |id: &str| entries.iter().any(|entry| entry.id == id && entry.duty == KeyDuty::Done);
        blocks.retain(|block| !key(&block.pkcs8).is_some_and(|key| done(key.key_id())));
        let signs_from = now.checked_add(ahead).map_err(|_| RotationError::TooFarAhead)?;
        blocks.push(KeyBlock { pkcs8: algorithm.new_pkcs8()?, signs_from: Some(signs_from) });
        let ring = self.ring(&blocks)?;
        key_file::replace(&self.0, &blocks.iter().map(pem::write).collect::<String>())?;
        Ok(ring)
    }

    fn blocks(&self, text: &str) -> Result<Vec<KeyBlock>, KeyFileError> {
        pem::read(text).ok_or_else(|| self.malformed())
    }

    fn ring(&self, blocks: &[KeyBlock]) -> Result<KeyRing, KeyFileError> {
        let keys = blocks.iter().map(|block| {
            let signs_from = block.signs_from.unwrap_or(Timestamp::UNIX_EPOCH);
            key(&block.pkcs8).map(|key| RingKey { key, signs_from })
        });
        keys.collect::<Option<Vec<_>>>().and_then(KeyRing::new).ok_or_else(|| self.malformed())
    }

    fn malformed(&self) -> KeyFileError {
        KeyFileError::Malformed { path: self.0.clone(), expected: EXPECTED }
    }
}

impl RingAlgorithm {
    fn new_pkcs8(self) -> Result<Vec<u8>, KeyFileError> {
        match self {
            Self::Es256 => Es256Key::new_pkcs8(),
            Self::Ed25519 => Ed25519Key::new_pkcs8(),
            Self::Sm2 => Sm2Key::new_pkcs8(),
        }
    }
}

fn key(pkcs8: &[u8]) -> Option<Arc<dyn Sign>> {
    let es256 = || Es256Key::from_pkcs8(pkcs8).map(|key| Arc::new(key) as Arc<dyn Sign>);
    let ed25519 = || Ed25519Key::from_pkcs8(pkcs8).map(|key| Arc::new(key) as Arc<dyn Sign>);
    let sm2 = || Sm2Key::from_pkcs8(pkcs8).map(|key| Arc::new(key) as Arc<dyn Sign>);
    es256().or_else(ed25519).or_else(sm2)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const AHEAD: SignedDuration = SignedDuration::from_mins(10);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("within range")
    }

    fn ids(ring: &KeyRing, second: i64) -> Vec<(String, KeyDuty)> {
        ring.entries(at(second)).into_iter().map(|entry| (entry.id, entry.duty)).collect()
    }

    #[test]
    fn a_ring_turns_and_forgets_the_keys_that_nobody_needs() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = KeyRingFile::new(folder.path().join("assertion-key.pem"));
        let first = ids(&file.load_or_generate().expect("made"), 0)[0].0.clone();
        let ring = file.rotate(RingAlgorithm::Ed25519, AHEAD, at(1000)).expect("rotated");
        assert!(file.load().expect("kept").is_same_as(&ring), "what was written is what was said");
        let second = ids(&ring, 1000)[1].0.clone();
        assert_eq!(ids(&ring, 1000), [(first.clone(), KeyDuty::Signs), (second.clone(), KeyDuty::Next)]);
        assert_eq!(ids(&ring, 1600), [(first.clone(), KeyDuty::Verifies), (second.clone(), KeyDuty::Signs)]);

        let ring = file.rotate(RingAlgorithm::Es256, AHEAD, at(9000)).expect("rotated again");
        assert_eq!(ids(&ring, 9000)[0], (second, KeyDuty::Signs), "the first key is gone");
        assert_eq!(ids(&ring, 9000).len(), 2);
        let names = ids(&ring, 9000);
        assert!(names.iter().all(|(id, _)| *id != first), "{names:?}");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "the ring and its lock");
    }

    #[test]
    fn a_rotation_is_not_overtaken_by_the_next() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = KeyRingFile::new(folder.path().join("assertion-key.pem"));
        file.load_or_generate().expect("made");
        let ring = file.rotate(RingAlgorithm::Es256, AHEAD, at(1000)).expect("rotated");
        let error = file.rotate(RingAlgorithm::Es256, AHEAD, at(1599)).expect_err("under way");
        assert!(
            matches!(error, RotationError::UnderWay { signs_from, .. } if signs_from == at(1600)),
            "{error}"
        );
        assert!(file.load().expect("untouched").is_same_as(&ring));
        file.rotate(RingAlgorithm::Es256, AHEAD, at(1600)).expect("over");
    }

    #[test]
    fn of_rotations_at_once_one_comes_through() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = KeyRingFile::new(folder.path().join("assertion-key.pem"));
        file.load_or_generate().expect("made");
        let rotate = || file.rotate(RingAlgorithm::Ed25519, AHEAD, at(1000)).is_ok();
        let rotated = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(rotate)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert_eq!(rotated.iter().filter(|done| **done).count(), 1, "{rotated:?}");
        assert_eq!(file.load().expect("a ring").entries(at(1000)).len(), 2);
    }

    #[test]
    fn a_file_with_one_bad_key_is_no_ring() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = KeyRingFile::new(folder.path().join("assertion-key.pem"));
        file.load_or_generate().expect("made");
        let good = fs::read_to_string(file.path()).expect("readable");
        let bad = good.clone() + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for text in ["", "not a key", &bad] {
            fs::write(file.path(), text).expect("writable");
            let error = file.load().expect_err("no ring");
            assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
        }
    }

    #[test]
    fn there_has_to_be_a_ring_to_rotate() {
        let file = KeyRingFile::new("/nonexistent/assertion-key.pem");
        let error = file.rotate(RingAlgorithm::Es256, AHEAD, at(0)).expect_err("no file");
        assert!(matches!(error, RotationError::File(KeyFileError::Read { .. })), "{error}");
    }
}

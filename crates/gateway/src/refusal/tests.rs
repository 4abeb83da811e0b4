use identity::ProofFault;

use super::*;

/// One of each kind, and of each whose outcome depends on what it holds.
fn refusals() -> Vec<Refusal> {
    use Refusal as R;
    let department: DepartmentId = "local:a".parse().expect("well formed");
    let region: Division = "330106".parse().expect("well formed");
    let (text, wait) = (LocalizedText::zh("停"), Duration::ZERO);
    let upload =
        [UploadFault::TooLarge, UploadFault::ClientIdle, UploadFault::ClientGone, UploadFault::Malformed];
    let credential = [
        CredentialError::Absent,
        CredentialError::UnsupportedScheme,
        CredentialError::RepeatedAuthorization,
        CredentialError::MalformedAuthorization,
        CredentialError::TokenTooLong,
        CredentialError::MalformedToken,
        CredentialError::AlgorithmRefused,
        CredentialError::CriticalHeader,
        CredentialError::WrongType,
        CredentialError::UnknownIssuer,
        CredentialError::UnknownKey,
        CredentialError::BadSignature,
        CredentialError::Expired,
        CredentialError::Inactive,
        CredentialError::NotYetValid,
        CredentialError::Revoked,
        CredentialError::WrongAudience,
        CredentialError::MalformedClaim("aud"),
        CredentialError::SenderConstrained,
        CredentialError::BoundToKey,
        CredentialError::NotBoundToKey,
        CredentialError::BoundToCertificate,
        CredentialError::Proof(ProofFault::Absent),
        CredentialError::Proof(ProofFault::OtherKey),
        CredentialError::Proof(ProofFault::Replayed),
        CredentialError::ProofsExhausted,
        CredentialError::KeysUnavailable,
        CredentialError::IntrospectionUnavailable,
    ];
    let others = [
        R::MalformedPath(crate::path::check("//../").expect_err("malformed")),
        R::MalformedDepartment(String::new()),
        R::MalformedRegion(String::new()),
        R::MethodNotAllowed,
        R::ExpectationFailed,
        R::UpgradeNotSupported,
        R::UnknownEntry,
        R::Retired { explanation: text.clone() },
        R::RegionRequired { choices: Vec::new() },
        R::NotOfferedByDepartment { department, choices: Vec::new() },
        R::NotOfferedInRegion { region, choices: Vec::new() },
        R::Suspended { notice: text },
        R::NotCallable,
        R::InsufficientAuthentication { levels: Vec::new() },
        R::StaffToken,
        R::ChannelNotApproved,
        R::ChannelSuspended,
        R::KeyRequired,
        R::CertificateRequired,
        R::InsufficientScope { required: Vec::new() },
        R::RateLimited { policy: "caller", wait },
        R::BodyTooLarge,
        R::Overloaded,
        R::BackendUnreachable,
        R::BackendBusy,
        R::BackendAddressRefused,
        R::CircuitOpen { wait },
        R::BackendTimeout(Phase::Total),
        R::BackendBrokeOff,
        R::AssertionUnavailable,
        R::Internal,
    ];
    let uploads = upload.into_iter().map(R::Upload);
    uploads.chain(credential.into_iter().map(R::Credential)).chain(others).collect()
}

#[test]
fn metrics_have_a_number_for_every_refusal() {
    for refusal in refusals() {
        let outcome = refusal.outcome();
        let known = outcome.place().and_then(|place| crate::outcome::OUTCOMES.get(place));
        assert_eq!(known, Some(&outcome), "{refusal:?}");
    }
}

#[test]
fn waits_are_rounded_up_to_whole_seconds() {
    for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (300_000, 300)] {
        let wait = Duration::from_millis(millis);
        let settings =
            Settings { suspended_retry_after: wait, overloaded_retry_after: wait, ..Settings::default() };
        for refusal in [
            Refusal::RateLimited { policy: "caller", wait },
            Refusal::CircuitOpen { wait },
            Refusal::Suspended { notice: LocalizedText::zh("停") },
            Refusal::Overloaded,
        ] {
            assert_eq!(refusal.retry_after(&settings), Some(seconds), "{refusal:?}");
        }
    }
}

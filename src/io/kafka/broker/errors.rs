//! What each error code of the client library means: wait, stop, or end because another writes.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;

/// What to do about an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::io::kafka) enum Meaning {
    /// It passes when a broker answers again, or a leader or coordinator has been found.
    Passing,
    /// It passes too, but not by an answer alone; says what is waited for.
    Awaiting(&'static str),
    /// A newer writer of the same name is at work.
    Fenced,
    /// Waiting does not help; says what does.
    Final(&'static str),
}

/// Brokers that start, stop, move leaders or are slow.
const PASSING: &[Code] = &[
    Code::BrokerDestroy,
    Code::BrokerTransportFailure,
    Code::Resolve,
    Code::MessageTimedOut,
    Code::AllBrokersDown,
    Code::OperationTimedOut,
    Code::QueueFull,
    Code::NodeUpdate,
    Code::WaitingForCoordinator,
    Code::InProgress,
    Code::PreviousInProgress,
    Code::Outdated,
    Code::TimedOutQueue,
    Code::WaitCache,
    Code::Interrupted,
    Code::Partial,
    Code::Retry,
    Code::PurgeQueue,
    Code::PurgeInflight,
    Code::UnknownBroker,
    Code::Noop,
    Code::DestroyBroker,
    Code::LeaderNotAvailable,
    Code::NotLeaderForPartition,
    Code::RequestTimedOut,
    Code::BrokerNotAvailable,
    Code::ReplicaNotAvailable,
    Code::StaleControllerEpoch,
    Code::NetworkException,
    Code::CoordinatorLoadInProgress,
    Code::CoordinatorNotAvailable,
    Code::NotCoordinator,
    Code::NotController,
    Code::ConcurrentTransactions,
    Code::TransactionCoordinatorFenced,
    Code::ReassignmentInProgress,
    Code::FetchSessionIdNotFound,
    Code::InvalidFetchSessionEpoch,
    Code::FencedLeaderEpoch,
    Code::UnknownLeaderEpoch,
    Code::StaleBrokerEpoch,
    Code::OffsetNotAvailable,
    Code::PreferredLeaderNotAvailable,
    Code::EligibleLeadersNotAvailable,
    Code::RebootstrapRequired,
    // A refusal of a start ends it, see `refusal`; later an operator can lift it.
    Code::SSL,
    Code::Authentication,
];

/// A transaction that meets one of these is aborted and written again, by a new producer if need be.
const WRITTEN_AGAIN: &[Code] = &[
    Code::GaplessGuarantee,
    Code::Inconsistent,
    Code::OutOfOrderSequenceNumber,
    Code::DuplicateSequenceNumber,
    Code::UnknownProducerId,
    Code::InvalidProducerIdMapping,
];

const REPLICAS: &str = "enough in-sync replicas: check that the other brokers run, or lower \
                        min.insync.replicas";

/// What passes, but may last until an operator helps.
const AWAITING: &[(Code, &str)] = &[
    (Code::ISRInsufficient, REPLICAS),
    (Code::NotEnoughReplicas, REPLICAS),
    (Code::NotEnoughReplicasAfterAppend, REPLICAS),
    (
        Code::InvalidReplicationFactor,
        "as many brokers as the replication factor asks for: check that all brokers run, or lower \
         default.replication.factor",
    ),
    (Code::UnknownTopicOrPartition, "the topic to be known to every broker"),
    (Code::UnknownTopicId, "the topic to be known to every broker"),
    (Code::ListenerNotFound, "the leader to be reachable by the listener that we use"),
    (Code::KafkaStorageError, "a broker with a disk that works: see the broker's log"),
    (Code::ThrottlingQuotaExceeded, "the broker's quota to allow more"),
    (Code::UnstableOffsetCommit, "the end of another transaction"),
    (Code::Unknown, "the broker to recover from an error of its own: see its log"),
];

/// A newer producer has our name.
const FENCED: &[Code] = &[Code::Fenced, Code::InvalidProducerEpoch, Code::ProducerFenced];

const RIGHTS: &str = "give this client's user the right to do it (ACLs of the broker)";
const SECURITY: &str = "check the TLS and SASL settings, and the broker's listeners";
const SIZE: &str = "raise max.message.bytes of the topic and message.max.bytes of the broker to \
                    16777216";
const TOPIC: &str = "check the topic's settings and the broker's policy; a topic that was deleted \
                     is made again at the next start";
const VERSION: &str = "the broker is too old, or no Kafka: use Apache Kafka 2.5 or newer, or \
                       Redpanda";
const LOST: &str = "the topic no longer holds what was to be read: check its retention and whether \
                    the brokers lost data";
const DATA: &str = "the bytes in the topic or on the way are damaged: check network and disks";
const TIMEOUT: &str = "raise transaction.max.timeout.ms of the broker to 60000 or more";
const MACHINE: &str = "check this machine's memory, threads, open files and disks";
/// What there is no better advice for.
pub(in crate::io::kafka) const REPORT: &str =
    "this should not happen: please report it, with the lines before it";

/// What waiting does not help.
const FINAL: &[(&str, &[Code])] = &[
    (
        RIGHTS,
        &[
            Code::TopicAuthorizationFailed,
            Code::GroupAuthorizationFailed,
            Code::ClusterAuthorizationFailed,
            Code::TransactionalIdAuthorizationFailed,
            Code::DelegationTokenAuthorizationFailed,
        ],
    ),
    (
        SECURITY,
        &[
            Code::UnsupportedSASLMechanism,
            Code::IllegalSASLState,
            Code::SecurityDisabled,
            Code::SaslAuthenticationFailed,
            Code::DelegationTokenAuthDisabled,
            Code::DelegationTokenNotFound,
            Code::DelegationTokenOwnerMismatch,
            Code::DelegationTokenRequestNotAllowed,
            Code::DelegationTokenExpired,
            Code::InvalidPrincipalType,
            Code::PrincipalDeserializationFailure,
            Code::UnacceptableCredential,
        ],
    ),
    (SIZE, &[Code::InvalidMessageSize, Code::MessageSizeTooLarge, Code::MessageBatchTooLarge]),
    (
        TOPIC,
        &[
            Code::UnknownPartition,
            Code::UnknownTopic,
            Code::InvalidTopic,
            Code::TopicAlreadyExists,
            Code::InvalidPartitions,
            Code::InvalidReplicaAssignment,
            Code::InvalidConfig,
            Code::PolicyViolation,
            Code::TopicDeletionDisabled,
            Code::ReadOnly,
        ],
    ),
    (
        VERSION,
        &[
            Code::UnknownProtocol,
            Code::NotImplemented,
            Code::UnsupportedFeature,
            Code::UnsupportedVersion,
            Code::UnsupportedForMessageFormat,
            Code::UnsupportedCompressionType,
            Code::UnsupportedAssignor,
            Code::FeatureUpdateFailed,
            Code::InvalidUpdateVersion,
        ],
    ),
    (LOST, &[Code::NoOffset, Code::AutoOffsetReset, Code::LogTruncation, Code::OffsetOutOfRange]),
    (
        DATA,
        &[
            Code::BadMessage,
            Code::BadCompression,
            Code::Underflow,
            Code::InvalidDifferentRecord,
            Code::InvalidMessage,
            Code::InvalidTimestamp,
            Code::InvalidRecord,
        ],
    ),
    (TIMEOUT, &[Code::InvalidTransactionTimeout]),
    (MACHINE, &[Code::CriticalSystemResource, Code::FileSystem, Code::LogDirNotFound]),
    (
        REPORT,
        &[
            Code::Fail,
            Code::PartitionEOF,
            Code::InvalidArgument,
            Code::UnknownGroup,
            Code::ExistingSubscription,
            Code::AssignPartitions,
            Code::RevokePartitions,
            Code::Conflict,
            Code::State,
            Code::KeySerialization,
            Code::ValueSerialization,
            Code::KeyDeserialization,
            Code::ValueDeserialization,
            Code::NoEnt,
            Code::InvalidType,
            Code::Fatal,
            Code::PollExceeded,
            Code::NotConfigured,
            Code::Application,
            Code::AssignmentLost,
            Code::NoError,
            Code::OffsetMetadataTooLarge,
            Code::InvalidRequiredAcks,
            Code::IllegalGeneration,
            Code::InconsistentGroupProtocol,
            Code::InvalidGroupId,
            Code::UnknownMemberId,
            Code::InvalidSessionTimeout,
            Code::RebalanceInProgress,
            Code::InvalidCommitOffsetSize,
            Code::InvalidRequest,
            Code::InvalidTransactionalState,
            Code::OperationNotAttempted,
            Code::NonEmptyGroup,
            Code::GroupIdNotFound,
            Code::MemberIdRequired,
            Code::GroupMaxSizeReached,
            Code::FencedInstanceId,
            Code::ElectionNotNeeded,
            Code::NoReassignmentInProgress,
            Code::GroupSubscribedToTopic,
            Code::ResourceNotFound,
            Code::DuplicateResource,
            Code::InconsistentVoterSet,
            Code::FencedMemberEpoch,
            Code::UnreleasedInstanceId,
            Code::StaleMemberEpoch,
            Code::UnknownSubscriptionId,
            Code::TelemetryTooLarge,
        ],
    ),
];

/// The rows of the table that name a code.
fn rows(code: Code) -> impl Iterator<Item = Meaning> {
    let has = move |codes: &[Code]| codes.contains(&code);
    let passing = [PASSING, WRITTEN_AGAIN].into_iter().filter(move |it| has(it));
    let awaiting = AWAITING.iter().filter(move |(it, _)| *it == code);
    let fenced = [FENCED].into_iter().filter(move |it| has(it));
    let ending = FINAL.iter().filter(move |(_, it)| has(it));
    passing
        .map(|_| Meaning::Passing)
        .chain(awaiting.map(|(_, what)| Meaning::Awaiting(what)))
        .chain(fenced.map(|_| Meaning::Fenced))
        .chain(ending.map(|(advice, _)| Meaning::Final(advice)))
}

/// What a code means. A code of a newer client library that the table lacks ends the program.
pub(in crate::io::kafka) fn meaning(code: Code) -> Meaning {
    rows(code).next().unwrap_or(Meaning::Final(REPORT))
}

/// The code of an error; the client library returns none for what an administrator asks for.
pub(in crate::io::kafka) fn code(error: &KafkaError) -> Option<Code> {
    if let KafkaError::AdminOp(code) = error { Some(*code) } else { error.rdkafka_error_code() }
}

/// What an error means; one without a code is final.
pub(in crate::io::kafka) fn meaning_of(error: &KafkaError) -> Meaning {
    if let KafkaError::Transaction(error) = error
        && error.is_retriable()
        && matches!(meaning(error.code()), Meaning::Final(_))
    {
        return Meaning::Passing;
    }
    code(error).map_or(Meaning::Final(REPORT), meaning)
}

/// Whether waiting can help.
pub(in crate::io::kafka) fn is_passing(error: &KafkaError) -> bool {
    matches!(meaning_of(error), Meaning::Passing | Meaning::Awaiting(_))
}

#[cfg(test)]
mod tests {
    use rdkafka::types::RDKafkaRespErr;

    use super::*;
    use crate::io::kafka::client::failed;

    /// Every code that the client library has.
    fn codes() -> impl Iterator<Item = Code> {
        let known = (-300..1_000).filter_map(|it: i32| RDKafkaRespErr::try_from(it).ok());
        let marks = [Code::Begin, Code::End, Code::EndAll];
        known.map(Code::from).filter(move |it| !marks.contains(it))
    }

    #[test]
    fn every_code_has_one_row() {
        assert!(codes().count() > 150, "{}", codes().count());
        for code in codes() {
            assert_eq!(rows(code).count(), 1, "{code:?}");
        }
    }

    #[test]
    fn what_does_not_pass_says_what_to_do() {
        for code in codes() {
            if let Meaning::Final(advice) = meaning(code) {
                let words = failed("asking", &KafkaError::AdminOp(code)).to_string();
                assert!(words.starts_with("asking: ") && words.ends_with(advice), "{words}");
            }
        }
    }

    #[test]
    fn what_passes_by_itself_passes_whatever_was_asked() {
        let asked: [fn(Code) -> KafkaError; 5] = [
            KafkaError::AdminOp,
            KafkaError::Global,
            KafkaError::MessageConsumption,
            KafkaError::MessageProduction,
            KafkaError::MetadataFetch,
        ];
        let passing = [
            Code::BrokerTransportFailure,
            Code::NotController,
            Code::InvalidReplicationFactor,
            Code::NotEnoughReplicas,
            Code::OffsetNotAvailable,
            Code::ThrottlingQuotaExceeded,
        ];
        let ending = [Code::PolicyViolation, Code::TopicAuthorizationFailed, Code::InvalidConfig];
        for of in asked {
            for code in passing {
                assert!(is_passing(&of(code)), "{:?}", of(code));
            }
            for code in ending.into_iter().chain(FENCED.iter().copied()) {
                assert!(!is_passing(&of(code)), "{:?}", of(code));
            }
        }
    }
}

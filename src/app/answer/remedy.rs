//! For each reason why a command is refused, what would be right.

use crate::domain::cooperation::Why;

/// What a reason means, and what to do.
pub(in crate::app) fn remedy(why: Why) -> &'static str {
    REMEDIES.iter().find(|(it, _)| *it == why).map_or("see --help of the command", |it| it.1)
}

const REMEDIES: [(Why, &str); 51] = [
    (
        Why::NotOpen,
        "this log asks bodies for no answers. Make it with `airshed serve`, or with \
         --commands FILE of `airshed play` or `airshed demo`, and with answers = \"asked\" in \
         cooperation.toml",
    ),
    (
        Why::WrongStatus,
        "a drill and the real world are kept apart. Give --status exercise to the log of a \
         drill, and --status actual, or none, to every other",
    ),
    (Why::BadId, "an id has 1 to 64 letters, digits, '.', '_' and '-'. Give another --id, or none"),
    (Why::Duplicate, "this very command was given before. Nothing needs to be done"),
    (
        Why::IdReused,
        "your body has given another command under this id. Give another --id, or none",
    ),
    (
        Why::FromTheFuture,
        "it is given later than the clock of the log shows. Check --given and the clock of \
         this computer",
    ),
    (
        Why::TooOld,
        "it was given longer ago than ids are remembered (command_memory_d). Give it again, \
         with the time of now",
    ),
    (
        Why::UnknownBody,
        "the airshed has no such body. Bodies have six digits, are a province such as 13, or \
         are region: check --as",
    ),
    (
        Why::UnknownRole,
        "roles are officer, command, government, forecaster, inspector and hotline: check \
         --role",
    ),
    (
        Why::RoleNotAllowed,
        "this role may not give this command. Its --help lists the roles that may",
    ),
    (
        Why::BadField,
        "this field is missing, twice in a list, or not of its type, set or range. See --help \
         of the command",
    ),
    (
        Why::UnknownObject,
        "the log has nothing with this id. `airshed matters LOG` lists what is open",
    ),
    (
        Why::NotYours,
        "your body may not give this command for this object. Its owner may, and a body to \
         which it was escalated: `airshed matters LOG` shows them",
    ),
    (Why::AlreadyAcknowledged, "the order is acknowledged. Nothing needs to be done"),
    (Why::AlreadyAnswered, "the matter is answered. Nothing needs to be done"),
    (Why::AlreadyObjected, "an order can be objected to once. Ask the body above you"),
    (Why::AlreadyVerified, "the measure is confirmed for that day, and stays so"),
    (Why::Closed, "the response is closed, and takes no more reports"),
    (Why::Ended, "it has ended, and asks for nothing more"),
    (Why::Excused, "the measure is excused after an objection. Report the others"),
    (Why::NoObjection, "no objection is pending. It may have been decided, by silence too"),
    (
        Why::NotIndependent,
        "no body verifies its own work on the spot. Use power, cems or remote as --source, or \
         let an inspector of another body verify",
    ),
    (Why::NotObjectable, "to this there is no objection"),
    (
        Why::NotOrdered,
        "the order does not list this measure for that time. `airshed log cat LOG --type \
         order_set_issued` shows those that it lists",
    ),
    (Why::NotReported, "there is no report to verify yet, or none since it was refuted"),
    (
        Why::NotTransferable,
        "this matter stays with its owner. Only report, redo, inspect, rectify and resolve \
         can be handed over",
    ),
    (Why::NotYet, "its time has not come. Give it later"),
    (Why::ObjectionPending, "an objection is pending. Wait for its decision"),
    (
        Why::OfferPending,
        "it is offered to another body. Wait until that body accepts or declines, or the \
         offer lapses",
    ),
    (Why::StillInForce, "a level is in force, or will be. Close the response after its lift"),
    (Why::Superseded, "there is a newer order. Answer that one"),
    (Why::TooLate, "its time is over"),
    (Why::AlreadyDecided, "it was decided before"),
    (Why::AlreadyDone, "the task is done"),
    (Why::AlreadyExcluded, "the complaint is excluded"),
    (Why::AlreadyExposed, "the case is public. Nothing needs to be done"),
    (Why::AlreadyLocked, "the vehicle is locked. Nothing needs to be done"),
    (Why::AlreadySettled, "the proposal is settled or has lapsed"),
    (Why::BadHeader, "the header of the list is not as it must be. Compare it with the samples"),
    (
        Why::BadParties,
        "the parties do not fit: your body must be one of them; own is the owner alone, cross \
         one body outside it, joint at least two with the owner or a body over it",
    ),
    (
        Why::BelowMajority,
        "most opinions are stricter. Conclude their grade or a stricter one; the region and \
         provinces may go below it with --reason",
    ),
    (
        Why::EvidenceInsufficient,
        "evidence from afar decides no case. Inspect again, with onsite, sample or statement",
    ),
    (
        Why::EvidenceMissing,
        "name at least one piece of evidence: --evidence \
         '{\"kind\":\"photo\",\"ref\":\"...\"}'",
    ),
    (Why::NoViolation, "the last inspection found no violation. Drop the case instead"),
    (Why::NotJoint, "a key case is supervised by two bodies or more. Name them as --parties"),
    (Why::NotLocked, "the vehicle is not locked. Nothing needs to be done"),
    (Why::NotPlace, "a case goes to its place, or to the member of that place"),
    (Why::OldVersion, "the list has this version or a newer one. Give a higher version"),
    (Why::VehicleLocked, "the vehicle is locked until it passes a re-test"),
    (Why::ViolationFound, "the last inspection found a violation. Decide the case instead"),
    (Why::WrongState, "this does not follow from its state. `airshed log cat LOG` shows its moves"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_one_remedy() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../schemas/record.avsc")).unwrap();
        let mut names = Vec::new();
        symbols(&schema, &mut names);
        assert!(names.len() > 50, "{names:?}");
        let known: Vec<String> = REMEDIES.iter().map(|it| it.0.name()).collect();
        assert_eq!(known.iter().collect::<BTreeSet<_>>(), names.iter().collect());
        assert_eq!(known.len(), names.len());
    }

    /// The symbols of the enum of reasons.
    fn symbols(schema: &serde_json::Value, found: &mut Vec<String>) {
        if schema["name"] == "refused_because" && schema["symbols"].is_array() {
            *found = serde_json::from_value(schema["symbols"].clone()).unwrap();
        }
        let children = schema.as_object().into_iter().flat_map(|it| it.values());
        for child in children.chain(schema.as_array().into_iter().flatten()) {
            symbols(child, found);
        }
    }
}

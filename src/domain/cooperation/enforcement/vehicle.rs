//! A vehicle that fails a test on the road is locked everywhere until it passes a re-test.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::shape::{EVIDENCE_FIELD, Shape, required};
use crate::domain::cooperation::{Change, Changing, Role, Why};

/// Locks a vehicle.
pub(crate) const LOCK_VEHICLE: Definition = Definition {
    name: "lock_vehicle",
    about: "Lock a vehicle that failed a test",
    example: r#"110000 inspector V7 --evidence='{"kind":"onsite","ref":"test 3"}'"#,
    roles: &[Role::Inspector],
    fields: &[required("vehicle", Shape::Text), EVIDENCE_FIELD],
    may: |_| true,
    decide: lock_vehicle,
};

/// Tests it again.
pub(crate) const RETEST_VEHICLE: Definition = Definition {
    name: "retest_vehicle",
    about: "Record the re-test of a locked vehicle",
    example: "110000 inspector V7 --passed true",
    roles: &[Role::Inspector],
    fields: &[required("vehicle", Shape::Text), required("passed", Shape::Flag)],
    may: |_| true,
    decide: retest_vehicle,
};

/// Lets it pass through an office.
pub(crate) const CLEAR_VEHICLE: Definition = Definition {
    name: "clear_vehicle",
    about: "Clear a vehicle for an inspection, a transfer or scrapping",
    example: "120000 officer V7 --operation transfer",
    roles: &[Role::Officer, Role::Command],
    fields: &[
        required("vehicle", Shape::Text),
        required("operation", Shape::OneOf(&["inspection", "transfer", "scrap"])),
    ],
    may: |_| true,
    decide: clear_vehicle,
};

/// What is known of a vehicle.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Vehicle {
    pub(crate) record: String,
    pub(crate) locked: bool,
}

impl Meeting<'_> {
    fn vehicle_moved(&self, command: &str, locked: bool) -> VehicleMoved {
        let vehicle = self.text("vehicle").to_owned();
        let record = self.state.vehicles.get(&*vehicle).map(|it| it.record.clone());
        let command = command.to_owned();
        VehicleMoved { record, vehicle, command, locked, passed: None, operation: None }
    }

    fn is_locked(&self) -> bool {
        self.state.vehicles.get(self.text("vehicle")).is_some_and(|it| it.locked)
    }
}

fn lock_vehicle(it: &Meeting<'_>) -> Outcome {
    if it.is_locked() {
        return Err(Why::AlreadyLocked.into());
    }
    if it.lacks_evidence() {
        return Err(Why::EvidenceMissing.into());
    }
    let moved = it.vehicle_moved(LOCK_VEHICLE.name, true);
    let record = moved.record.clone().or_else(|| Some(it.state.next_id(it.body, 'v')));
    Ok(vec![VehicleMoved { record, ..moved }.into()])
}

fn retest_vehicle(it: &Meeting<'_>) -> Outcome {
    if !it.is_locked() {
        return Err(Why::NotLocked.into());
    }
    let passed = it.fields.get("passed").and_then(serde_json::Value::as_bool);
    let moved = it.vehicle_moved(RETEST_VEHICLE.name, passed != Some(true));
    Ok(vec![VehicleMoved { passed, ..moved }.into()])
}

fn clear_vehicle(it: &Meeting<'_>) -> Outcome {
    if it.is_locked() {
        return Err(Why::VehicleLocked.into());
    }
    let operation = Some(it.text("operation").to_owned());
    Ok(vec![VehicleMoved { operation, ..it.vehicle_moved(CLEAR_VEHICLE.name, false) }.into()])
}

/// A vehicle was locked, tested or cleared.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct VehicleMoved {
    /// Its record, named at the first lock; none for a vehicle that was never locked.
    pub record: Option<String>,
    /// Its opaque registration number.
    pub vehicle: String,
    /// Which command.
    pub command: String,
    /// Whether it is locked now.
    pub locked: bool,
    /// Whether it passed a re-test.
    pub passed: Option<bool>,
    /// For what it was cleared.
    pub operation: Option<String>,
}

impl Change for VehicleMoved {
    fn change(&self, it: &mut Changing<'_>) {
        let vehicle: Arc<str> = self.vehicle.as_str().into();
        if let Some(known) = it.state.vehicles.get_mut(&vehicle) {
            known.locked = self.locked;
        } else if let Some(record) = &self.record {
            let new = Vehicle { record: record.clone(), locked: self.locked };
            it.state.vehicles.insert(vehicle, new);
            if let Some(body) = it.by.and_then(|by| it.numbers.bodies.find(by.body.code())) {
                it.state.note_id(&body, 'v');
            }
        }
    }
}

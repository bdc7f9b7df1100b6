//! The convener signs: from here on the conclusion is an outlook, and may approve.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Conclusion, ConsultationKind, Dissent, Phase};
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::shape::{Shape, Thing, required};
use crate::domain::cooperation::{Body, Change, Changing, Role, Why};

/// Signs a conclusion.
pub(crate) const SIGN: Definition = Definition {
    name: "sign",
    about: "Sign the conclusion of a consultation that you convened",
    example: "region command region-c1",
    roles: &[Role::Command, Role::Government],
    fields: &[required("consultation", Shape::Id(Thing::Consultation))],
    may: |it| it.consultation().is_some_and(|of| of.convener == *it.body),
    decide: sign,
};

fn sign(it: &Meeting<'_>) -> Outcome {
    let consultation = it.consultation_in(&[Phase::Concluded], Why::WrongState)?;
    let Some(concluded) = &consultation.concluded else { return Err(Why::WrongState.into()) };
    let signed = ConsultationSigned {
        consultation: it.text("consultation").to_owned(),
        concludes: concluded.concludes.clone(),
        dissent: concluded.dissent.clone(),
        silent: consultation.silent(),
    };
    Ok(vec![signed.into()])
}

/// A conclusion was signed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConsultationSigned {
    /// Of which consultation.
    pub consultation: String,
    /// What is concluded of each jurisdiction.
    pub concludes: Vec<Conclusion>,
    /// The opinions that differ.
    pub dissent: Vec<Dissent>,
    /// The participants that did not speak.
    pub silent: Vec<Body>,
}

/// Nothing was signed in time.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ConsultationLapsed {
    /// Which consultation.
    pub consultation: String,
}

impl Change for ConsultationSigned {
    fn change(&self, it: &mut Changing<'_>) {
        let (state, at) = (&mut *it.state, it.at);
        let mut is_daily = false;
        state.consultations.change(&self.consultation, &mut state.calendar, |it| {
            it.phase = Phase::Signed;
            it.signed_at = Some(at);
            is_daily = matches!(
                it.kind,
                ConsultationKind::Routine | ConsultationKind::Episode | ConsultationKind::Guarantee
            );
        });
        let id: Arc<str> = self.consultation.as_str().into();
        for concluded in &self.concludes {
            let of = concluded.jurisdiction.clone();
            state.consultations.newest_signed.insert(of, Arc::clone(&id));
        }
        let convener = state.consultations.get(&self.consultation).map(|it| it.convener.clone());
        if let Some(convener) = convener {
            state.add_prompts(self, &convener, it.numbers);
        }
        if is_daily {
            state.consultations.daily_signed_at = Some(at);
        }
    }
}

impl Change for ConsultationLapsed {
    fn change(&self, it: &mut Changing<'_>) {
        let state = &mut *it.state;
        state.consultations.change(&self.consultation, &mut state.calendar, |it| {
            it.phase = Phase::Lapsed;
        });
    }
}

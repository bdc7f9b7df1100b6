//! What a signed conclusion does beyond approval: it is an outlook, and a floor where it binds.

use std::sync::Arc;

use super::{Conclusion, ConsultationSigned};
use crate::domain::cooperation::{Body, ConclusionBinds, Cooperation, CooperationRules};
use crate::domain::response::floor::ResponseFloor;
use crate::domain::response::orders::index_of;
use crate::domain::{Cause, Forecast, Grade, Hour, Outlook, OutlookHour, Rules, Timestamp};

/// Days from the signature for which a conclusion is an outlook.
const REACH_D: i32 = 59;

impl ConsultationSigned {
    /// The outlook that it is from its signature on; none where it says nothing of days.
    pub(in crate::domain) fn outlook(&self, at: Timestamp, rules: &Rules) -> Option<Forecast> {
        let outlooks: Vec<Outlook> =
            self.concludes.iter().flat_map(|it| of_days(it, at, rules)).collect();
        (!outlooks.is_empty()).then(|| Forecast {
            issued_at: at,
            maker: format!("consultation:{}", self.consultation).into(),
            source: None,
            outlooks,
        })
    }
}

/// Each day stands for its 24 hours.
fn of_days(concluded: &Conclusion, at: Timestamp, rules: &Rules) -> Vec<Outlook> {
    let Some(jurisdiction) = index_of(rules, &concluded.jurisdiction) else { return Vec::new() };
    let today = at.date();
    let within = concluded.days.iter().filter(|it| (0..=REACH_D).contains(&(it.date.0 - today.0)));
    let days = within.filter_map(|day| {
        let (lower_ug_m3, upper_ug_m3) = (day.lower_ug_m3, day.upper_ug_m3);
        Some(Outlook {
            jurisdiction,
            first: Hour::of_beijing(day.date, 1)?,
            hours: vec![OutlookHour::Range { lower_ug_m3, upper_ug_m3 }; 24],
        })
    });
    days.collect()
}

impl Cooperation {
    /// The conclusions that bind are floors from here on.
    pub(super) fn add_prompts(
        &mut self,
        signed: &ConsultationSigned,
        convener: &Body,
        numbers: &CooperationRules,
    ) {
        let source: Arc<str> = signed.consultation.as_str().into();
        let binding = signed.concludes.iter().filter(|it| it.binding && it.grade != Grade::None);
        for concluded in binding.filter(|it| may_bind(convener, &it.jurisdiction, numbers)) {
            let (Some(from), Some(to)) = (concluded.start, concluded.end) else { continue };
            self.floors.add(ResponseFloor {
                source: Arc::clone(&source),
                cause: Cause::Prompt,
                jurisdictions: vec![concluded.jurisdiction.clone()],
                from,
                to,
                level: concluded.grade,
                sectors: Vec::new(),
                extra: Vec::new(),
            });
        }
    }
}

fn may_bind(convener: &Body, jurisdiction: &Body, numbers: &CooperationRules) -> bool {
    let bodies = &numbers.bodies;
    let of_province =
        || bodies.is_province(convener) && bodies.is_or_is_over(convener, jurisdiction);
    match numbers.consultation.conclusion_binds {
        ConclusionBinds::Never => false,
        ConclusionBinds::Region => convener.is_region(),
        ConclusionBinds::Province => convener.is_region() || of_province(),
    }
}

//! What is expected of the hours that have not closed.

use std::sync::Arc;

use crate::domain::{Airshed, Bound, Hour, JurisdictionIndex, OutlookHour, Timestamp};

/// The newest outlook for one hour that has not closed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpectedHour {
    /// The hour.
    pub hour: Hour,
    /// Lower bound of PM2.5.
    pub lower_ug_m3: u16,
    /// Upper bound, the one that counts.
    pub upper_ug_m3: u16,
    /// Who expects it.
    pub maker: Arc<str>,
    /// When that was issued.
    pub issued_at: Timestamp,
}

impl Airshed {
    /// What forecasts say of the hours of a jurisdiction that have not closed, up to the horizon. An
    /// hour of which none says anything is left out.
    pub fn expected_hours(
        &self,
        jurisdiction: JurisdictionIndex,
    ) -> impl Iterator<Item = ExpectedHour> {
        let begin = self.next_hour().zip(self.rules());
        let hours = begin.into_iter().flat_map(|(next, rules)| {
            let horizon_h = rules.parameters.outlooks.horizon_h;
            (0..horizon_h).map(move |it| next.plus(it))
        });
        let outlooks = &self.air.judged.outlooks;
        hours.filter_map(move |hour| {
            let slot = outlooks.slot(jurisdiction, hour);
            let OutlookHour::Range { lower_ug_m3, upper_ug_m3 } = slot.says else { return None };
            let maker = Arc::clone(outlooks.maker(slot.maker)?);
            Some(ExpectedHour { hour, lower_ug_m3, upper_ug_m3, maker, issued_at: slot.issued_at })
        })
    }

    /// The lowest 24 h mean with an index above a bound, by the index standard of an hour.
    pub fn exceeds_from(&self, bound: Bound, hour: Hour) -> Option<u16> {
        let table = self.air.tables().table(hour);
        let place = table.partition_point(|index| !bound.exceeded_by(*index));
        u16::try_from(place).ok().filter(|_| place < table.len())
    }
}

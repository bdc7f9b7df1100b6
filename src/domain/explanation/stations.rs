//! The stations of a jurisdiction at an hour, and why some are not in its mean.

use crate::domain::air::hour::CityMean;
use crate::domain::airshed::Airshed;
use crate::domain::{Flag, Hour, JurisdictionIndex, MISSING, Pollutant, StationIndex, Tenths};

/// One station at an hour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ExplainedStation {
    /// Which one.
    pub station: StationIndex,
    /// Its current value, in tenths of a µg/m³.
    pub tenths: Option<Tenths>,
    /// What is suspicious about it.
    pub flag: Option<Flag>,
    /// Why it is not in the mean; none where it is.
    pub left_out: Option<LeftOut>,
}

/// Why a station is not in its city's mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LeftOut {
    /// It is a background point.
    ControlPoint,
    /// It does not live at that hour, or its successor does.
    NotLive,
    /// It reported that it has no value, or all its values were refused.
    ReportedMissing,
    /// It reported nothing that can be used.
    NotReported,
    /// Its value is suspicious, and such values are not used.
    Flagged,
}

impl LeftOut {
    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ControlPoint => "control_point",
            Self::NotLive => "not_live",
            Self::ReportedMissing => "reported_missing",
            Self::NotReported => "not_reported",
            Self::Flagged => "flagged",
        }
    }
}

impl Airshed {
    /// Every station of a jurisdiction, by rising code.
    pub(super) fn explained_stations(
        &self,
        jurisdiction: JurisdictionIndex,
        hour: Hour,
        mean: &CityMean,
    ) -> Vec<ExplainedStation> {
        let (Some(rules), Some(cells)) = (self.rules(), &self.air.cells) else { return Vec::new() };
        let own = self.air.tables().stations.get(usize::from(jurisdiction.0));
        let (living, counting) = (self.air.tables().living(hour), self.air.tables().counting(hour));
        let explained = |station: &StationIndex| {
            let cell = cells.get(hour, Pollutant::Pm25, *station);
            let control =
                rules.stations.get(usize::from(station.0)).is_some_and(|it| it.control_point);
            let flag = mean.flagged.iter().find(|it| it.0 == *station).map(|it| it.1);
            let why = if !living.have(*station) {
                Some(LeftOut::NotLive)
            } else if control {
                Some(LeftOut::ControlPoint)
            } else if !counting.have(*station) {
                Some(LeftOut::NotLive)
            } else if cell.tenths == MISSING {
                Some(if cell.reported { LeftOut::ReportedMissing } else { LeftOut::NotReported })
            } else {
                mean.left_out.contains(station).then_some(LeftOut::Flagged)
            };
            let tenths = (cell.tenths != MISSING).then_some(cell.tenths);
            ExplainedStation { station: *station, tenths, flag, left_out: why }
        };
        own.into_iter().flatten().map(explained).collect()
    }
}

//! Air-quality files as others publish them, recognised by what is in them, not by their names.
//!
//! | format | its header | a line is |
//! |---|---|---|
//! | CNEMC, bjmemc | `date,hour,type,<stations>` | one hour, one pollutant, all stations |
//! | CNEMC, transposed | `date,<dates>` | one station; a column is what is a line above |
//! | UCI PRSA | `No,year,month,day,hour,PM2.5,...,station` | one hour, one station |
//! | CNEMC since 2022 | `timepoint,stationcode,...,pm2_5,...` | one hour, one station |
//! | outlook | `issued_at,source,jurisdiction,hour,pm25_lower,...` | one hour or day, one city |
//! | KDD Cup 2018 | `run_utc,seed,station_id,lead_h,PM2.5,...` | one hour, one station |
//! | exclusions | `jurisdiction,from,to,kind,evidence` | one interval |
//!
//! Each may be plain, gzip or xz. A line is read by itself: none of the formats has a line break
//! within quotes, and so a stray quote spoils its own line and not the rest of the file. An empty
//! line says nothing; every other line becomes a row, a refusal, or both. A file may change its
//! header, and its format, wherever a header stands. A file that goes back in time because it is
//! several, one after the other, is read as [`Parts`] that go on side by side.

mod beginning;
mod cells;
mod exclusion;
mod fields;
mod forecast;
mod heading;
mod kdd;
mod layout;
mod lines;
mod long;
mod missing;
mod moment;
mod number;
mod outlooks;
mod packed;
mod parts;
mod reader;
#[cfg(test)]
mod real_files;
mod seen;
#[cfg(test)]
mod spoilt_files;
#[cfg(test)]
pub(crate) mod testing;
mod transposed;
mod wide;

pub use beginning::Beginning;
pub use exclusion::{ExclusionError, read_exclusions};
pub use forecast::{ForecastError, ForecastFile, Inverse, read_forecasts};
pub use missing::says_missing;
pub use parts::Parts;
pub use reader::Reader;

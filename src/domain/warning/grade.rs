//! The four warning grades and the response levels that answer them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Warning grade (预警等级), mildest first.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Grade {
    /// No warning.
    #[default]
    None = 0,
    /// Blue (蓝色), level IV; cancelled in 2018.
    Blue = 1,
    /// Yellow (黄色), level III.
    Yellow = 2,
    /// Orange (橙色), level II.
    Orange = 3,
    /// Red (红色), level I.
    Red = 4,
}

impl Grade {
    /// All five, mildest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Blue, Self::Yellow, Self::Orange, Self::Red];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    /// The grade with that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The response level (响应级别) in Roman numerals; empty for no warning.
    pub fn level(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Blue => "IV",
            Self::Yellow => "III",
            Self::Orange => "II",
            Self::Red => "I",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

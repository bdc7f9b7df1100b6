//! Who gives a command.

use serde::{Deserialize, Serialize};

use super::Body;

/// A body, in the person of an official.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// For which body.
    #[serde(rename = "jurisdiction")]
    pub body: Body,
    /// In which role: one of [`Role`], or a name that is refused.
    pub role: String,
    /// The official's own name or title.
    pub name: String,
}

/// In which role an official acts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// The duty officer (值班员).
    Officer,
    /// The office of the emergency command (指挥部办公室).
    Command,
    /// The people's government (人民政府).
    Government,
    /// The forecaster (预报员).
    Forecaster,
    /// The inspector of the enforcement team (执法人员).
    Inspector,
    /// The citizens' hotline 12345.
    Hotline,
}

impl Role {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::Officer,
        Self::Command,
        Self::Government,
        Self::Forecaster,
        Self::Inspector,
        Self::Hotline,
    ];

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Command => "command",
            Self::Government => "government",
            Self::Forecaster => "forecaster",
            Self::Inspector => "inspector",
            Self::Hotline => "hotline",
        }
    }

    /// The role with a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

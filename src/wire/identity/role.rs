//! The roles that a token can have.

use std::fmt;

use crate::domain::cooperation::Role;

/// The role of a token.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TokenRole {
    /// An official: gives the commands of its body in this role, and reads what its body sees.
    Official(Role),
    /// Reads what its body sees, and gives no commands.
    Reader,
    /// Runs the program: reads everything, posts readings, and gives no commands.
    Operator,
}

impl TokenRole {
    /// All of them: the six of officials, then the others.
    pub fn all() -> impl Iterator<Item = Self> {
        Role::ALL.into_iter().map(Self::Official).chain([Self::Reader, Self::Operator])
    }

    /// The fixed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Official(role) => role.name(),
            Self::Reader => "reader",
            Self::Operator => "operator",
        }
    }

    /// The role with a name.
    pub fn find(name: &str) -> Option<Self> {
        Self::all().find(|it| it.name() == name)
    }

    /// The names of all, for a sentence.
    pub fn names() -> String {
        Self::all().map(Self::name).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for TokenRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_own_name() {
        assert_eq!(
            TokenRole::names(),
            "officer, command, government, forecaster, inspector, hotline, reader, operator"
        );
        assert!(TokenRole::all().all(|it| TokenRole::find(it.name()) == Some(it)));
        assert_eq!(TokenRole::find("Officer"), None);
    }
}

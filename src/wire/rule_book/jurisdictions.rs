//! `airshed.toml`, `[[jurisdictions]]`: the jurisdictions that orders bind.

use super::RuleBookError;
use super::keys::{Keys, Value};
use crate::domain::{Division, Jurisdiction, JurisdictionIndex};

/// Whom codes in the other files can name.
#[derive(Debug)]
pub(super) struct Jurisdictions {
    /// By rising code.
    pub(super) list: Vec<Jurisdiction>,
}

/// A jurisdiction as it was read, its code, and the codes of whom it follows and answers to.
type Read<'a> = (Jurisdiction, Value<'a>, Option<Value<'a>>, Option<Value<'a>>);

impl Jurisdictions {
    pub(super) fn parse(airshed: &mut Keys<'_>) -> Result<Self, RuleBookError> {
        let mut read: Vec<Read<'_>> = Vec::new();
        for mut keys in airshed.tables("jurisdictions")? {
            let code = keys.need("code")?;
            let division = division(&code)?;
            let name = keys.need("name")?.shared()?;
            let name_zh = keys.need("name_zh")?.shared()?;
            let follows = keys.take("follows");
            let answers_to = keys.take("answers_to");
            if let Some(certainty) = keys.take("certainty") {
                certainty.certainty()?;
            }
            keys.finish()?;
            let jurisdiction =
                Jurisdiction { division, name, name_zh, follows: None, answers_to: None };
            read.push((jurisdiction, code, follows, answers_to));
        }
        if read.is_empty() {
            return Err(airshed.refuse("no [[jurisdictions]]", "at least one must be given"));
        }
        read.sort_by_key(|(jurisdiction, ..)| jurisdiction.division);
        if let Some([_, (_, code, ..)]) =
            read.windows(2).find(|pair| pair[0].0.division == pair[1].0.division)
        {
            return Err(code.refuse("is given twice", "each jurisdiction must be given once"));
        }
        let mut all = Self { list: read.iter().map(|(it, ..)| it.clone()).collect() };
        for (place, (_, _, follows, answers_to)) in read.iter().enumerate() {
            if let Some(value) = answers_to {
                all.list[place].answers_to = Some(all.find(value)?);
            }
            let Some(value) = follows else { continue };
            let leader = all.find(value)?;
            if read[usize::from(leader.0)].2.is_some() || usize::from(leader.0) == place {
                return Err(value.refuse("follows one that follows", "name one with stations"));
            }
            all.list[place].follows = Some(leader);
        }
        all.refuse_circles(&read)?;
        Ok(all)
    }

    /// Refuses a jurisdiction that answers to itself by way of others.
    fn refuse_circles(&self, read: &[Read<'_>]) -> Result<(), RuleBookError> {
        for (place, (_, _, _, answers_to)) in read.iter().enumerate() {
            let above = |it: usize| self.list[it].answers_to.map(|to| usize::from(to.0));
            let chain = std::iter::successors(above(place), |it| above(*it));
            if let Some(value) = answers_to
                && chain.take(self.list.len()).any(|it| it == place)
            {
                return Err(value.refuse("answers to itself by way of others", "no circle"));
            }
        }
        Ok(())
    }

    /// The jurisdiction that a code names.
    pub(super) fn find(&self, code: &Value<'_>) -> Result<JurisdictionIndex, RuleBookError> {
        let wanted = division(code)?;
        self.named(wanted).ok_or_else(|| {
            code.refuse(&format!("no jurisdiction has the code {wanted}"), &self.known())
        })
    }

    pub(super) fn named(&self, wanted: Division) -> Option<JurisdictionIndex> {
        let place = self.list.binary_search_by_key(&wanted, |it| it.division).ok()?;
        u16::try_from(place).ok().map(JurisdictionIndex)
    }

    /// A list of codes under a key; empty where the key is absent.
    pub(super) fn list_under(
        &self,
        keys: &mut Keys<'_>,
        key: &'static str,
    ) -> Result<Vec<JurisdictionIndex>, RuleBookError> {
        let Some(value) = keys.take(key) else { return Ok(Vec::new()) };
        value.list()?.iter().map(|it| self.find(it)).collect()
    }

    pub(super) fn known(&self) -> String {
        let codes: Vec<_> = self.list.iter().map(|it| it.division.to_string()).collect();
        format!("airshed.toml knows {}", codes.join(", "))
    }
}

fn division(code: &Value<'_>) -> Result<Division, RuleBookError> {
    read_division(code.text()?)
        .ok_or_else(|| code.refuse("not a code", "right are six digits in quotes, as \"110000\""))
}

/// Six digits.
pub(super) fn read_division(text: &str) -> Option<Division> {
    let six = text.len() == 6 && text.bytes().all(|it| it.is_ascii_digit());
    if six { text.parse().ok().map(Division) } else { None }
}

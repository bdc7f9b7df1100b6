//! The bodies that act together, and which of them is above which (上级).

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Code of a body: six digits for a district or member, two for a province, or `region`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Body(Arc<str>);

impl Body {
    /// The office that coordinates the whole airshed; no body is above it.
    pub const REGION: &'static str = "region";

    /// A body by its code. Whether there is such a body is a question to [`Bodies`].
    pub fn new(code: &str) -> Self {
        Self(code.into())
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// Whether it is the office of the region.
    pub fn is_region(&self) -> bool {
        &*self.0 == Self::REGION
    }
}

impl Borrow<str> for Body {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a body is, which decides who is above it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BodyKind {
    /// A district or county (区县) of a member or province.
    District,
    /// A member (成员) of the airshed: it has warnings and orders.
    Member,
    /// A province of members.
    Province,
    /// A province that takes part in consultations only.
    Guest,
    /// The office of the region.
    Region,
}

/// The members and provinces of an airshed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bodies {
    /// Each member, with the member to which it answers where the rule book names one.
    members: BTreeMap<Body, Option<Body>>,
    /// Two-digit codes of provinces; those of municipalities are read as their member.
    provinces: Vec<Body>,
    guests: Vec<Body>,
    /// Two-digit codes of all provinces in which there may be districts.
    of_districts: Vec<Arc<str>>,
}

impl Bodies {
    /// The bodies of an airshed. A member with the code `XX0000` is a municipality: its two-digit
    /// code is another name of it.
    pub fn new(members: BTreeMap<Body, Option<Body>>, provinces: &[Body], guests: &[Body]) -> Self {
        let is_municipality = |it: &&Body| !members.contains_key(&*format!("{it}0000"));
        let of_districts = provinces.iter().map(|it| Arc::clone(&it.0)).collect();
        let provinces = provinces.iter().filter(is_municipality).cloned().collect();
        Self { provinces, guests: guests.to_vec(), of_districts, members }
    }

    /// The body that a code names, by the code under which records know it; none if there is no
    /// such body.
    pub fn find(&self, code: &str) -> Option<Body> {
        let municipality = format!("{code}0000");
        let code = if code.len() == 2 && self.members.contains_key(&*municipality) {
            &municipality
        } else {
            code
        };
        let body = Body::new(code);
        self.kind(&body).map(|_| body)
    }

    /// What a body is; none if there is no such body.
    pub fn kind(&self, body: &Body) -> Option<BodyKind> {
        if body.is_region() {
            return Some(BodyKind::Region);
        }
        if self.members.contains_key(body) {
            return Some(BodyKind::Member);
        }
        if self.provinces.contains(body) {
            return Some(BodyKind::Province);
        }
        if self.guests.contains(body) {
            return Some(BodyKind::Guest);
        }
        let code = body.code();
        let is_division = code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit());
        let is_district = is_division
            && !code.ends_with("00")
            && self.of_districts.iter().any(|it| code.starts_with(&**it));
        is_district.then_some(BodyKind::District)
    }

    /// All bodies that are known by name: all but districts.
    pub fn named(&self) -> impl Iterator<Item = Body> {
        let listed = self.members.keys().chain(&self.provinces).chain(&self.guests);
        listed.cloned().chain([Body::new(Body::REGION)])
    }

    /// All members.
    pub fn members(&self) -> impl Iterator<Item = &Body> {
        self.members.keys()
    }

    /// Whether a body is a member.
    pub fn is_member(&self, body: &Body) -> bool {
        self.members.contains_key(body)
    }

    /// Whether a body may only give opinions.
    pub fn is_guest(&self, body: &Body) -> bool {
        self.guests.contains(body)
    }

    /// Whether a body answers as a province: a province, or a municipality.
    pub fn is_province(&self, body: &Body) -> bool {
        self.provinces.contains(body) || (self.is_member(body) && body.code().ends_with("0000"))
    }

    /// The body above another; none above the region and above what is no body.
    pub fn above(&self, body: &Body) -> Option<Body> {
        match self.kind(body)? {
            BodyKind::Region => None,
            BodyKind::Province | BodyKind::Guest => Some(Body::new(Body::REGION)),
            BodyKind::Member => {
                let answers_to = self.members.get(body).cloned().flatten();
                Some(answers_to.unwrap_or_else(|| self.province(body)))
            }
            BodyKind::District => {
                let [city, municipality] = [4, 2].map(|it| format!("{:0<6}", &body.code()[..it]));
                let member = [city, municipality]
                    .into_iter()
                    .map(|it| Body::new(&it))
                    .into_iter()
                    .find(|it| self.is_member(it));
                Some(member.unwrap_or_else(|| self.province(body)))
            }
        }
    }

    /// The province of a place; of a municipality the region.
    fn province(&self, of: &Body) -> Body {
        let province = Body::new(&of.code()[..2]);
        let known = self.provinces.contains(&province);
        if known { province } else { Body::new(Body::REGION) }
    }

    /// The bodies above another, the nearest first.
    pub fn all_above(&self, body: &Body) -> impl Iterator<Item = Body> {
        std::iter::successors(self.above(body), |it| self.above(it))
    }

    /// Whether one body is over another.
    pub fn is_over(&self, over: &Body, under: &Body) -> bool {
        self.all_above(under).any(|it| it == *over)
    }

    /// Whether one body is another, or over it.
    pub fn is_or_is_over(&self, over: &Body, under: &Body) -> bool {
        over == under || self.is_over(over, under)
    }

    /// The member of a place: itself, or the first member over it.
    pub fn member_of(&self, place: &Body) -> Option<Body> {
        if self.is_member(place) {
            return Some(place.clone());
        }
        self.all_above(place).find(|it| self.is_member(it))
    }

    /// Whether some member answers to itself by way of others.
    pub fn has_circle(&self) -> bool {
        self.members
            .keys()
            .any(|it| self.all_above(it).take(self.members.len() + 2).any(|by| by == *it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies() -> Bodies {
        let [province, region] = ["13", "region"].map(Body::new);
        assert!(region.is_region());
        let mut members: BTreeMap<_, _> =
            ["110000", "120000", "130100", "130181", "130682", "131000"]
                .map(|it| (Body::new(it), None))
                .into();
        members.insert(Body::new("130682"), Some(Body::new("130600")));
        members.insert(Body::new("130600"), None);
        let guests = ["14", "37"].map(Body::new);
        Bodies::new(
            members,
            &["11", "12"].map(Body::new).into_iter().chain([province]).collect::<Vec<_>>(),
            &guests,
        )
    }

    #[test]
    fn each_body_has_one_above_it() {
        for (body, above) in [
            ("110105", Some("110000")),
            ("130102", Some("130100")),
            ("130181", Some("13")),
            ("130682", Some("130600")),
            ("130983", Some("13")),
            ("110000", Some("region")),
            ("11", Some("region")),
            ("13", Some("region")),
            ("37", Some("region")),
            ("region", None),
        ] {
            let body = bodies().find(body).unwrap();
            assert_eq!(bodies().above(&body).as_ref().map(Body::code), above, "{body}");
        }
    }

    #[test]
    fn codes_of_no_body_are_not_found() {
        for code in ["139900", "13990", "1399001", "140105", "99", "", "Region", "13\u{661}101"] {
            assert_eq!(bodies().find(code), None, "{code}");
        }
        assert_eq!(bodies().find("12").unwrap().code(), "120000");
    }

    #[test]
    fn the_member_of_a_place_is_the_first_one_over_it() {
        for (place, member) in [
            ("130102", Some("130100")),
            ("130181", Some("130181")),
            ("131081", Some("131000")),
            ("130983", None),
            ("120111", Some("120000")),
        ] {
            let member_of = bodies().member_of(&Body::new(place));
            assert_eq!(member_of.as_ref().map(Body::code), member, "{place}");
        }
    }

    #[test]
    fn all_but_districts_are_known_by_name() {
        let named = bodies().named().map(|it| it.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(named, "110000 120000 130100 130181 130600 130682 131000 13 14 37 region");
    }

    #[test]
    fn a_circle_is_found() {
        assert!(!bodies().has_circle());
        let [a, b] = ["130100", "130200"].map(Body::new);
        let members = [(a.clone(), Some(b.clone())), (b, Some(a))].into();
        assert!(Bodies::new(members, &[], &[]).has_circle());
    }
}

//! What a message says, in Chinese and in English.

use super::message::{Message, Said};
use super::profile::{InBoth, Profile};
use crate::domain::{ActKind, Bound, Clause, Condition, Grade, Hour, Timestamp, WarningAct};

/// A language of the messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Language {
    Chinese,
    English,
}

impl Language {
    /// Both, in the order of the messages.
    pub(super) const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// Its name in CAP and Atom.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en-US",
        }
    }

    pub(super) fn of(self, text: &InBoth) -> &str {
        match self {
            Self::Chinese => &text.zh,
            Self::English => &text.en,
        }
    }
}

impl Message {
    /// Its headline in Chinese and in English.
    pub fn headlines(&self, profile: &Profile) -> [String; 2] {
        Language::ALL.map(|it| Words::new(self, profile, it).headline())
    }
}

/// A headline has at most this many characters.
const HEADLINE_MAX: usize = 139;

/// The texts of a message in one language.
pub(super) struct Words<'a> {
    message: &'a Message,
    profile: &'a Profile,
    language: Language,
    said: Said<'a>,
}

impl<'a> Words<'a> {
    pub(super) fn new(message: &'a Message, profile: &'a Profile, language: Language) -> Self {
        Self { message, profile, language, said: message.said() }
    }

    /// The name of the jurisdiction.
    pub(super) fn place(&self) -> &'a str {
        match self.language {
            Language::Chinese => &self.said.jurisdiction.name_zh,
            Language::English => &self.said.jurisdiction.name,
        }
    }

    pub(super) fn event(&self) -> &'a str {
        self.language.of(&self.profile.settings.event.name)
    }

    pub(super) fn headline(&self) -> String {
        let text = match self.language {
            Language::Chinese => self.headline_zh(),
            Language::English => self.headline_en(),
        };
        let text = format!("{}{text}", self.drill());
        if text.chars().count() <= HEADLINE_MAX {
            return text;
        }
        text.chars().take(HEADLINE_MAX - 1).chain(['…']).collect()
    }

    pub(super) fn description(&self) -> String {
        let text = match self.language {
            Language::Chinese => self.description_zh(),
            Language::English => self.description_en(),
        };
        format!("{}{text}", self.drill())
    }

    /// What people should do; none after a lift, and where neither profile nor rule book says it.
    pub(super) fn instruction(&self) -> Option<String> {
        let Said { act, rules, .. } = self.said;
        if act.kind == ActKind::Lift {
            return None;
        }
        let (settings, date) = (&self.profile.settings, self.message.onset.date());
        let advice = settings.advice(act.grade, date);
        let measures = rules.measures.iter().filter(|it| {
            *it.sector == *settings.instructed_sector
                && !settings.not_instructed.iter().any(|id| **id == *it.id)
                && it.is_for(act.grade)
                && it.is_in(act.warning.jurisdiction)
                && it.is_on(date)
        });
        let (end, gap) = match self.language {
            Language::Chinese => ("。", ""),
            Language::English => (".", " "),
        };
        let measures = measures.filter_map(|it| match self.language {
            Language::Chinese => it.text_zh.as_deref(),
            Language::English => Some(&*it.text),
        });
        let measures = measures.map(|it| format!("{it}{end}"));
        let advice = advice.iter().map(|it| self.language.of(it).to_owned());
        let all: Vec<String> = advice.chain(measures).collect();
        (!all.is_empty()).then(|| all.join(gap))
    }

    fn drill(&self) -> &'static str {
        match (self.message.is_exercise(self.profile), self.language) {
            (false, _) => "",
            (true, Language::Chinese) => "【演练】",
            (true, Language::English) => "EXERCISE: ",
        }
    }

    fn headline_en(&self) -> String {
        let Said { act, .. } = self.said;
        let (event, place) = (self.event().to_lowercase(), self.place());
        let [grade, before] = [act.grade, act.previous_grade].map(Grade::name);
        let from = minute(self.message.onset.end());
        let of = format!("warning of {event} for {place}");
        match act.kind {
            ActKind::Issue => format!("{} {of} issued, from {from}", capital(grade)),
            ActKind::Raise => format!("{} {of}, raised from {before}, from {from}", capital(grade)),
            ActKind::Lower => {
                format!("{} {of}, lowered from {before}, from {from}", capital(grade))
            }
            ActKind::Advance => format!("{} {of} begins earlier, at {from}", capital(grade)),
            ActKind::Extend => format!("{} {of} extended, {}", capital(grade), until_en(act)),
            ActKind::Shorten => format!("{} {of} shortened, {}", capital(grade), until_en(act)),
            ActKind::Lift => format!("{} {of} lifted, from {from}", capital(grade)),
        }
    }

    fn headline_zh(&self) -> String {
        let Said { act, .. } = self.said;
        let (event, place) = (self.event(), self.place());
        let [grade, before] = [act.grade, act.previous_grade].map(grade_zh);
        let from = minute(self.message.onset.end());
        match act.kind {
            ActKind::Issue => format!("{place}发布{event}{grade}预警，自{from}起"),
            ActKind::Raise => format!("{place}将{event}预警由{before}升级为{grade}，自{from}起"),
            ActKind::Lower => format!("{place}将{event}预警由{before}降级为{grade}，自{from}起"),
            ActKind::Advance => format!("{place}提前启动{event}{grade}预警，自{from}起"),
            ActKind::Extend => format!("{place}延长{event}{grade}预警，{}", until_zh(act)),
            ActKind::Shorten => format!("{place}缩短{event}{grade}预警，{}", until_zh(act)),
            ActKind::Lift => format!("{place}解除{event}{grade}预警，自{from}起"),
        }
    }

    fn description_en(&self) -> String {
        let Said { act, .. } = self.said;
        let (place, decided) = (self.place(), minute(self.message.sent));
        let standard = &act.standard;
        if act.kind == ActKind::Lift {
            let (start, end) = (minute(act.start.end()), minute(self.message.onset.end()));
            return format!(
                "{place}: the {} warning in force from {start} is lifted from {end} on (Beijing \
                 time). Decided {decided} by {standard}.",
                act.grade
            );
        }
        let (grade, level, from) = (act.grade, act.grade.level(), minute(self.message.onset.end()));
        let until = until_en(act);
        let mut parts = vec![format!(
            "{place}: {grade} warning (response level {level}) from {from}, {until} (Beijing time). \
             Decided {decided} by {standard}"
        )];
        if let Some(clause) = self.clause() {
            let clause = &clause.text;
            parts.push(format!(": {clause}, by 24 h means of PM2.5 as index"));
        }
        let (observed, forecast) = (act.observed_hours, act.forecast_hours);
        parts.push(format!(". Based on {observed} h observed and {forecast} h forecast"));
        if let Some(worst) = act.windows.iter().max_by_key(|it| it.mean_ug_m3) {
            let (mean, index) = (worst.mean_ug_m3, worst.index);
            parts.push(format!("; highest 24 h mean {mean} µg/m³, index {index}"));
        }
        parts.concat() + "."
    }

    fn description_zh(&self) -> String {
        let Said { act, .. } = self.said;
        let (place, decided) = (self.place(), minute(self.message.sent));
        let standard = &act.standard;
        let grade = grade_zh(act.grade);
        if act.kind == ActKind::Lift {
            let (start, end) = (minute(act.start.end()), minute(self.message.onset.end()));
            return format!(
                "{place}：自{start}起的{grade}预警，自{end}起解除（北京时间）。{decided}按{standard}作出决定。"
            );
        }
        let (level, from) = (act.grade.level(), minute(self.message.onset.end()));
        let until = until_zh(act);
        let mut parts = vec![format!(
            "{place}：{grade}预警（{level}级响应），自{from}起，{until}（北京时间）。{decided}按{standard}作出决定"
        )];
        if let Some(clause) = self.clause() {
            parts.push(format!("（PM2.5的24小时指数{}）", clause_zh(clause)));
        }
        let (observed, forecast) = (act.observed_hours, act.forecast_hours);
        parts.push(format!("。依据{observed}小时实测和{forecast}小时预报"));
        if let Some(worst) = act.windows.iter().max_by_key(|it| it.mean_ug_m3) {
            let (mean, index) = (worst.mean_ug_m3, worst.index);
            parts.push(format!("，24小时平均浓度最高{mean}微克/立方米，指数{index}"));
        }
        parts.concat() + "。"
    }

    /// The clause that is satisfied.
    fn clause(&self) -> Option<&'a Clause> {
        let Said { act, rules, .. } = self.said;
        let standard = rules.standards.iter().find(|it| it.id == act.standard)?;
        let id = act.clause.as_deref()?;
        standard.clauses.iter().find(|it| *it.id == *id)
    }
}

fn until_en(act: &WarningAct) -> String {
    act.end.map_or("until further notice".to_owned(), |it| {
        format!("expected to end {}", minute(Hour::end(it)))
    })
}

fn until_zh(act: &WarningAct) -> String {
    act.end.map_or("结束时间另行通知".to_owned(), |it| {
        format!("预计{}结束", minute(Hour::end(it)))
    })
}

/// What a clause asks for. The wording in the rule data is English, so this follows from its bounds.
fn clause_zh(clause: &Clause) -> String {
    let condition = |Condition { bound, windows }: Condition| {
        let bound = match bound {
            Bound::Above(index) => format!("大于{index}"),
            Bound::AtLeast(index) => format!("达到{index}"),
        };
        format!("{bound}持续{}小时", u32::from(windows) * 24)
    };
    let within = clause.within.map(|it| format!("，且其中{}", condition(it)));
    condition(clause.main) + &within.unwrap_or_default()
}

/// `2025-12-05 08:00`
fn minute(at: Timestamp) -> String {
    at.to_string().chars().take(16).collect::<String>().replace('T', " ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|it| it.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn grade_zh(grade: Grade) -> &'static str {
    match grade {
        Grade::None => "无",
        Grade::Blue => "蓝色",
        Grade::Yellow => "黄色",
        Grade::Orange => "橙色",
        Grade::Red => "红色",
    }
}

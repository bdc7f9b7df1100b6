//! Plays scenarios.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use airshed::domain::cooperation::{Actor, Body};
use airshed::domain::{
    ActKind, Airshed, Cause, Command, CommandGiven, Date, Decision, Event, Fact, Grade, Hour,
    JurisdictionIndex, Order, OrderAct, OrderSet, ResponseEvent, RuleBook, Source, Status, Stream,
    Tick, Timestamp, WarningAct, WarningEvent, WarningId, complete, decide, due, follows, ordered,
};
use airshed::engine::projection::{Channel, Involved};
use airshed::engine::{Entry, Memory, Position, Record};
use airshed::wire::publication;
use airshed::wire::record::json;
use airshed::wire::rule_book::{built_in_with_answers, parse};
use airshed::wire::state;
use serde_json::Value;

/// Plays every scenario of a file.
pub(super) fn play(text: &str) {
    for scenario in text.split("\n## ").skip(1) {
        let (name, lines) = scenario.split_once('\n').unwrap_or((scenario, ""));
        let lines: Vec<&str> = lines.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        let is_rule = |it: &&&str| it.starts_with("rules ");
        let rules: Vec<&str> = lines.iter().filter(is_rule).map(|it| &it[6..]).collect();
        let mut stage = Stage::new(name, &rules, lines.contains(&"empty"));
        for line in lines.iter().filter(|it| !is_rule(it) && **it != "empty") {
            stage.line(line);
        }
        stage.nothing_is_left("the end");
        stage.is_read_back();
    }
}

/// The log of a scenario of which no record is named.
pub(super) fn log_of(text: &str) -> Vec<Arc<Entry>> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let (rules, lines): (Vec<&str>, Vec<&str>) =
        lines.into_iter().partition(|it| it.starts_with("rules "));
    let rules: Vec<&str> = rules.iter().map(|it| &it[6..]).collect();
    let mut stage = Stage::new("a log", &rules, lines.contains(&"empty"));
    for line in lines.iter().filter(|it| **it != "empty") {
        stage.line(line);
        stage.records.clear();
    }
    stage.log
}

pub(super) struct Stage<'a> {
    name: &'a str,
    pub(super) book: Arc<RuleBook>,
    pub(super) airshed: Airshed,
    position: u64,
    given: u64,
    /// Whether order sets are among the records.
    shows_sets: bool,
    /// Records that no line has named.
    pub(super) records: VecDeque<Value>,
    /// Which bodies have a part in what.
    involved: Involved,
    /// All records of what bodies do.
    taken: Vec<Record>,
    last_fact: Option<Position>,
    /// All records.
    pub(super) log: Vec<Arc<Entry>>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(name: &'a str, rules: &[&str], is_empty: bool) -> Self {
        let mut files = built_in_with_answers();
        for (name, text) in &mut files {
            if &**name == "airshed.toml" {
                *text = text.replace("clock = \"sources\"", "clock = \"wall\"").into();
            }
            if &**name == "cooperation.toml" {
                *text = with(text, rules).into();
            }
        }
        let book = Arc::new(parse(files).unwrap());
        let mut stage = Self {
            name,
            book: Arc::clone(&book),
            airshed: Airshed::default(),
            position: 0,
            given: 0,
            shows_sets: false,
            records: VecDeque::new(),
            involved: Involved::default(),
            taken: Vec::new(),
            last_fact: None,
            log: Vec::new(),
        };
        stage.take(vec![Event::Fact(Fact::RuleBookAdopted(book))]);
        if !is_empty {
            stage.tick(moment("08:29"));
            let orders = "130100 impose orange 12-05T08:00; 130181 impose orange 12-05T08:00; \
                130400 impose red 12-05T08:00; 130500 impose red 12-05T08:00";
            stage.set(&format!("1 08:30 {orders}"));
            assert_eq!(stage.records.pop_front().unwrap()["type"], "episode_opened");
        }
        stage
    }

    fn line(&mut self, line: &str) {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match first {
            "=" => self.expect(rest),
            "topics" => self.goes_to(rest),
            body if rest.starts_with("sees ") => self.sees(body, &rest[5..]),
            "set" => {
                self.nothing_is_left(line);
                self.set(rest);
            }
            "decide" => {
                self.nothing_is_left(line);
                self.decide(rest);
            }
            "sets" => self.shows_sets = true,
            "adopt" => {
                self.nothing_is_left(line);
                self.adopt(rest);
            }
            "jump" => {
                self.nothing_is_left(line);
                self.tick(moment(rest));
            }
            time if rest.is_empty() => {
                let to = moment(time);
                let mut at = self.airshed.clock().map_or(to, |it| it.plus_minutes(1));
                while at < to {
                    self.tick(at);
                    at = at.plus_minutes(1);
                }
                self.tick(to);
            }
            _ => {
                self.nothing_is_left(line);
                self.command(line);
            }
        }
    }

    /// Goes on with another rule book: `without CODE`, or a rule as at the beginning.
    fn adopt(&mut self, text: &str) {
        let mut files = self.book.files.clone();
        for (name, file) in &mut files {
            match text.strip_prefix("without ") {
                Some(code) => *file = without(file, code).into(),
                None if &**name == "cooperation.toml" => *file = with(file, &[text]).into(),
                None => {}
            }
        }
        let book = Arc::new(parse(files).unwrap_or_else(|it| panic!("{text}: {it}")));
        self.book = Arc::clone(&book);
        let events = decide(&self.airshed, Command::Adopt(book));
        self.take(events);
    }

    pub(super) fn tick(&mut self, at: Timestamp) {
        let events = decide(&self.airshed, Command::Tick(Tick { at, source: None }));
        self.take(events);
        while let Some(events) = due(&self.airshed, false) {
            self.take(events);
        }
    }

    /// `1 08:30 130100 impose orange 12-05T08:00; ...`
    pub(super) fn set(&mut self, text: &str) {
        let mut words = text.splitn(3, ' ');
        let epoch = words.next().unwrap().parse().unwrap();
        let decided_at = moment(words.next().unwrap());
        if self.airshed.clock() < Some(decided_at) {
            self.tick(decided_at);
        }
        let hour = decided_at.hour_at_or_before();
        let orders = words.next().unwrap().split(';').map(|it| self.order(it, decided_at));
        let orders: Vec<Order> = orders.collect();
        let imposed = orders.iter().find(|it| it.act == OrderAct::Impose);
        let effective_at = imposed.map(|it| it.effective_at);
        let effective_at =
            effective_at.unwrap_or_else(|| orders.iter().filter_map(|it| it.effective_at).min());
        let acts: Vec<Event> = orders.iter().map(|it| act(it, hour, decided_at)).collect();
        self.take(acts);
        let mut set = OrderSet {
            epoch,
            hour,
            decided_at,
            effective_at,
            linked: false,
            orders,
            floor_orders: Vec::new(),
            proposal: None,
        };
        complete(&self.airshed, &mut set);
        let follows = follows(&self.airshed, &set);
        self.take(vec![Event::Response(ResponseEvent::OrderSetIssued(set))]);
        self.take(follows);
    }

    /// `08:30 [linked;] 130400 issue red 12-05T08:00 12-09T08:00 warning; ...`: each act with the
    /// start that it would have by itself, its end and its cause.
    fn decide(&mut self, text: &str) {
        let (at, text) = text.split_once(' ').unwrap();
        let decided_at = moment(at);
        if self.airshed.clock() < Some(decided_at) {
            self.tick(decided_at);
        }
        let linked = text.starts_with("linked;");
        let acts = text.trim_start_matches("linked;").split(';').filter(|it| it.trim() != "-");
        let proposed: Vec<Proposed> = acts.map(|it| self.proposed(it, decided_at)).collect();
        let due = |it: &&Proposed| it.0.kind == ActKind::Issue && it.0.cause == Cause::Warning;
        let shared = proposed.iter().filter(due).map(|it| it.1).min();
        let issued = proposed.iter().filter(|it| it.0.kind == ActKind::Issue);
        let own_starts = issued.map(|it| (it.0.warning.jurisdiction, it.1)).collect();
        let mut acts: Vec<WarningAct> = proposed.into_iter().map(|it| it.0).collect();
        for act in acts.iter_mut().filter(|it| it.kind == ActKind::Issue) {
            act.start = shared.unwrap_or(act.start);
        }
        acts.sort_by_key(|it| it.warning.jurisdiction);
        let hour = decided_at.hour_at_or_before();
        let decision = Decision { hour, decided_at, linked, acts, own_starts };
        let events = ordered(&self.airshed, decision, &[]);
        self.take(events);
    }

    fn proposed(&self, text: &str, decided_at: Timestamp) -> Proposed {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [code, kind, grade, start, end, cause] = words[..] else { panic!("{text}") };
        let (jurisdiction, start) = (self.place(code), moment(start).hour_at_or_after());
        let kinds = ["issue", "raise", "advance", "extend", "shorten", "lower", "lift"];
        let kind = ActKind::ALL[kinds.iter().position(|it| *it == kind).unwrap()];
        let grade = Grade::named(grade).unwrap();
        let open = self.airshed.warning(jurisdiction);
        let act = WarningAct {
            warning: open.map_or(WarningId { jurisdiction, number: 1 }, |it| it.id),
            kind,
            grade,
            previous_grade: open.map(|it| it.grade).unwrap_or_default(),
            start,
            end: (end != "-").then(|| moment(end).hour_at_or_after()),
            cause: Cause::ALL.into_iter().find(|it| it.name() == cause).unwrap(),
            ..act_at(decided_at)
        };
        (act, start)
    }

    fn place(&self, code: &str) -> JurisdictionIndex {
        let is_it = |it: &airshed::domain::Jurisdiction| it.division.to_string() == code;
        let place = self.book.rules.jurisdictions.iter().position(is_it).unwrap();
        JurisdictionIndex(u16::try_from(place).unwrap())
    }

    fn order(&self, text: &str, decided_at: Timestamp) -> Order {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [code, act, grade, from] = words[..] else { panic!("{text}") };
        let rules = &self.book.rules;
        let jurisdiction = self.place(code);
        let act = OrderAct::ALL.into_iter().find(|it| it.name() == act).unwrap();
        let grade = Grade::named(grade).unwrap();
        let measures = [
            "health-tip",
            "outdoor-activity-stop",
            "industry-by-performance-grade",
            "roads-cleaned-more",
        ];
        let within_h = rules.parameters.orders.acknowledge_within_h[grade as usize];
        let number = 1;
        Order {
            jurisdiction,
            warning: WarningId { jurisdiction, number },
            act,
            effective_at: (from != "-").then(|| moment(from).hour_at_or_after()),
            grade,
            measures: if act == OrderAct::Lift {
                Vec::new()
            } else {
                measures.map(Into::into).into()
            },
            floors: Vec::new(),
            causes: vec![Cause::Warning],
            expected_end: None,
            acknowledge_by: decided_at.plus_hours(within_h),
            response: None,
            measure_causes: Vec::new(),
            conclusion: None,
        }
    }

    /// `[id=ID] [given=TIME] ROLE BODY COMMAND {...}`
    fn command(&mut self, line: &str) {
        let (words, fields) = line.split_once('{').unwrap_or((line, "}"));
        let mut words: Vec<&str> = words.split_whitespace().collect();
        let now = self.airshed.clock().unwrap_or_default();
        self.given += 1;
        let (mut id, mut given_at) = (format!("c{}", self.given), now);
        let mut status = Status::Actual;
        while let Some((name, value)) = words[0].split_once('=') {
            match name {
                "id" => id = value.replace('~', " ").replace("65", &"x".repeat(65)),
                "given" => given_at = moment(value),
                "status" => {
                    status = if value == "exercise" { Status::Exercise } else { Status::Actual };
                }
                _ => panic!("{line}"),
            }
            words.remove(0);
        }
        let [role, body, command] = words[..] else { panic!("{line}") };
        let fields = format!("{{{fields}")
            .replace("EV", r#"[{"kind": "onsite", "ref": "r1"}]"#)
            .replace("LONG", &"x".repeat(2_001));
        let fields = serde_json::from_str(&fields).unwrap_or_else(|it| panic!("{line}: {it}"));
        self.meet((id, role, body, command), given_at, status, fields);
    }

    /// A command that is given now.
    pub(super) fn give(&mut self, id: &str, role: &str, body: &str, command: &str, fields: Value) {
        self.given += 1;
        let now = self.airshed.clock().unwrap_or_default();
        self.meet((id.to_owned(), role, body, command), now, Status::Actual, fields);
    }

    /// The clock goes on, minute by minute.
    pub(super) fn pass_minutes(&mut self, minutes: i32) {
        for _ in 0..minutes {
            self.tick(self.airshed.clock().unwrap_or_default().plus_minutes(1));
        }
    }

    fn meet(
        &mut self,
        (id, role, body, command): (String, &str, &str, &str),
        given_at: Timestamp,
        status: Status,
        fields: Value,
    ) {
        let stream = Stream::topic("airshed.commands", 0);
        let given = CommandGiven {
            at: Timestamp::default(),
            id,
            actor: Actor {
                body: Body::new(body),
                role: role.to_owned(),
                name: "duty officer".to_owned(),
            },
            given_at,
            status,
            command: command.into(),
            fields: Arc::new(fields),
            source: Some(Source { stream, position: self.given }),
        };
        self.submit(given);
    }

    /// Any command.
    pub(super) fn submit(&mut self, given: CommandGiven) {
        let events = decide(&self.airshed, Command::Give(Box::new(given)));
        self.take(events);
        while let Some(events) = due(&self.airshed, false) {
            self.take(events);
        }
    }

    fn take(&mut self, events: Vec<Event>) {
        let first = Position(self.position);
        for event in events {
            self.airshed.evolve(&event, self.position);
            let at = self.airshed.clock().unwrap_or_default();
            let position = Position(self.position);
            self.position += 1;
            let is_fact = event.is_fact();
            let correlation = self.last_fact.filter(|_| !is_fact);
            let causation = if position > first { Some(first) } else { correlation };
            let record = Record {
                position,
                happened_at: event.happened_at().unwrap_or(at),
                recorded_at: at,
                correlation,
                causation,
                event,
            };
            if is_fact {
                self.last_fact = Some(position);
            }
            let book = Some(Arc::clone(&self.book));
            self.log.push(Arc::new(Entry { record: record.clone(), book }));
            let is_shown = match &record.event {
                Event::Cooperation(_) => true,
                Event::Response(_) | Event::Warning(_) => self.shows_sets,
                _ => false,
            };
            if !is_shown {
                continue;
            }
            self.records.push_back(json::record(&record, Some(&self.book.rules)));
            self.involved.note(&record, &self.book.rules);
            self.taken.push(record);
        }
    }

    /// The next record has this type and these fields; without a type there is none.
    #[track_caller]
    fn expect(&mut self, text: &str) {
        if text.is_empty() {
            return self.nothing_is_left("=");
        }
        let (kind, fields) = text.split_once(' ').unwrap_or((text, ""));
        let Some(record) = self.records.pop_front() else {
            panic!("{}: no record where {text} should be", self.name)
        };
        assert_eq!(record["type"], kind, "{}: {text}: {record}", self.name);
        for field in fields.split(' ').filter(|it| !it.is_empty()) {
            let (name, value) = field.split_once('=').unwrap();
            let found = name.split('.').fold(&record["body"], |it, name| match name.parse() {
                Ok(place) => it.get::<usize>(place).unwrap_or(&Value::Null),
                Err(_) => &it[name],
            });
            let found = match found {
                Value::String(found) => found.clone(),
                found => found.to_string().replace('"', ""),
            };
            let is_time = found.ends_with("+08:00");
            let expected = if is_time { moment(value).to_string() } else { value.to_owned() };
            assert_eq!(found, expected, "{}: {text}: {record}", self.name);
        }
    }

    /// The last record that a line has named.
    fn last_named(&self) -> &Record {
        &self.taken[self.taken.len() - self.records.len() - 1]
    }

    /// The bodies to which it is sent: `130100 13- 110000~-`, each with `~` where in part, and with
    /// `-` where without the actor's name.
    #[track_caller]
    fn goes_to(&self, bodies: &str) {
        let record = self.last_named();
        let receivers = self.involved.receivers(record, &self.book.rules);
        let receivers = receivers.iter().map(|(body, sight)| {
            let part = if sight.fields.is_none() { "" } else { "~" };
            let unnamed = if sight.names_actor { "" } else { "-" };
            format!("{body}{part}{unnamed}")
        });
        let found = receivers.collect::<Vec<_>>().join(" ");
        assert_eq!(found, bodies, "{}: {record:?}", self.name);
    }

    /// The fields of it that a body sees, or `nothing`.
    #[track_caller]
    fn sees(&self, body: &str, fields: &str) {
        let (record, rules) = (self.last_named(), &self.book.rules);
        let sight = self.involved.sight(record, rules, &Body::new(body));
        let found = sight.map_or("nothing".to_owned(), |sight| {
            let seen = publication::seen(record, rules, &sight);
            let fields = seen["body"].as_object().unwrap().iter().map(|(name, value)| {
                let members = value.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
                let members = members.map(|it| format!("({})", it.join(",")));
                let is_list = name == "matters";
                let list = is_list.then(|| value.to_string().replace('"', ""));
                format!("{name}{}{}", members.unwrap_or_default(), list.unwrap_or_default())
            });
            fields.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(found, fields, "{}: {body}: {record:?}", self.name);
    }

    /// What is remembered survives a snapshot, and says of each record to whom it was sent.
    pub(super) fn is_read_back(&self) {
        let (mut memory, mut sent) = (Memory::default(), Vec::new());
        let rules = &self.book.rules;
        for entry in &self.log {
            memory.evolve(&entry.record).unwrap();
            sent.push(memory.marks.involved().receivers(&entry.record, rules));
        }
        assert!(memory.airshed == self.airshed, "{}: {memory:#?}", self.name);
        let (mut bytes, mut beside) = (Vec::new(), Vec::new());
        state::write(&memory, &mut bytes);
        state::write_undigested(&memory, &mut beside);
        let read = state::read(&bytes, &beside, Some(&self.book)).unwrap();
        assert!(read == memory, "{}: {read:#?} is not {memory:#?}", self.name);
        let mut last = BTreeMap::new();
        for (entry, then) in self.log.iter().zip(&sent) {
            let now = read.marks.involved().receivers(&entry.record, rules);
            assert_eq!(now, *then, "{}: {:?}", self.name, entry.record);
            last.extend(now.into_iter().map(|it| (it.0, entry.record.position)));
        }
        let marked = read.marks.sent().filter_map(|(channel, position)| match channel {
            Channel::Matters(body) => Some((body, position)),
            Channel::Orders(_) | Channel::Alerts(_) | Channel::Refused => None,
        });
        assert_eq!(marked.collect::<BTreeMap<_, _>>(), last, "{}", self.name);
    }

    #[track_caller]
    fn nothing_is_left(&self, before: &str) {
        assert!(self.records.is_empty(), "{}: before {before}: {:#?}", self.name, self.records);
    }
}

/// The act that an order answers.
fn act(order: &Order, hour: Hour, decided_at: Timestamp) -> Event {
    let kind = match order.act {
        OrderAct::Impose => ActKind::Issue,
        OrderAct::Raise => ActKind::Raise,
        OrderAct::Advance => ActKind::Advance,
        OrderAct::Extend => ActKind::Extend,
        OrderAct::Lower => ActKind::Lower,
        OrderAct::Lift => ActKind::Lift,
    };
    Event::Warning(WarningEvent::WarningDecided(WarningAct {
        warning: order.warning,
        kind,
        hour,
        grade: order.grade,
        start: order.effective_at.unwrap_or(hour),
        end: order.effective_at,
        ..act_at(decided_at)
    }))
}

/// An act, and when it would start by itself.
type Proposed = (WarningAct, Hour);

/// An act that is decided then, with nothing in it.
fn act_at(decided_at: Timestamp) -> WarningAct {
    let hour = decided_at.hour_at_or_before();
    WarningAct {
        warning: WarningId { jurisdiction: JurisdictionIndex(0), number: 1 },
        kind: ActKind::Issue,
        hour,
        decided_at,
        grade: Grade::None,
        previous_grade: Grade::None,
        start: hour,
        end: None,
        standard: "BTH-2023".into(),
        clause: None,
        windows: Vec::new(),
        observed_hours: 0,
        forecast_hours: 0,
        makers: Vec::new(),
        lead_time_h: 0,
        cause: Cause::Warning,
        in_force_from: None,
    }
}

/// The file without a jurisdiction, its stations and all that names it.
fn without(file: &str, code: &str) -> String {
    let table = "[[jurisdictions]]";
    let is_of_it = |it: &&str| it.contains(&format!("code = \"{code}\""));
    let file = match file.split(table).find(is_of_it) {
        Some(own) => file.replace(&format!("{table}{own}"), ""),
        None => file.to_owned(),
    };
    let file = file.replace(&format!("\"{code}\", "), "");
    let others = file.lines().filter(|line| !line.contains(&format!(",{code},")));
    others.flat_map(|line| [line, "\n"]).collect()
}

/// The file with other values of some keys.
fn with(text: &str, rules: &[&str]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for rule in rules {
        let key = rule.split(" = ").next().unwrap();
        match lines.iter_mut().find(|it| it.starts_with(&format!("{key} ="))) {
            Some(line) => (*rule).clone_into(line),
            None => lines.push(rule.replace("\\n", "\n")),
        }
    }
    lines.join("\n")
}

/// `09:10`, `09:10:05.001`, `12-05T08:00`, `2026-01-04T09:10`.
fn moment(text: &str) -> Timestamp {
    let (day, time) = text.split_once('T').unwrap_or(("12-04", text));
    let day = if day.len() == 5 { format!("2025-{day}") } else { day.to_owned() };
    assert!(Date::parse(&day).is_some(), "{text}");
    let seconds = if time.len() == 5 { ":00" } else { "" };
    Timestamp::parse(&format!("{day}T{time}{seconds}+08:00")).unwrap_or_else(|| panic!("{text}"))
}

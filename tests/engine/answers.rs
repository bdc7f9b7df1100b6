//! What must be true of every log in which bodies answer, whatever led to it: a small model of
//! deadlines, states and ids that shares nothing with the domain.

use std::collections::BTreeMap;
use std::sync::Arc;

use airshed::domain::cooperation::*;
use airshed::domain::*;
use airshed::engine::Record;

/// The first record that cannot be, or what is missing at the end.
pub(crate) fn check(log: &[Record], rules: &Rules, end: Option<Timestamp>) -> Result<(), String> {
    let numbers = rules.cooperation.as_ref().ok_or("nothing is asked")?;
    let mut model = Model {
        numbers,
        rules,
        matters: BTreeMap::new(),
        ids: BTreeMap::new(),
        states: BTreeMap::new(),
    };
    for (place, record) in log.iter().enumerate() {
        let position = record.position.0;
        if let Event::Cooperation(it) = &record.event
            && let What::ProposalSettled(settled) = &it.what
        {
            settles_whole(settled, &log[place + 1..], rules)?;
        }
        model.take(record).map_err(|it| format!("record {position}: {it}: {:?}", record.event))?;
        if let Event::Fact(Fact::CommandGiven(given)) = &record.event {
            let follows: Vec<_> = log[place + 1..]
                .iter()
                .take_while(|it| !it.event.is_fact())
                .filter_map(
                    |it| if let Event::Cooperation(it) = &it.event { Some(it) } else { None },
                )
                .filter(|it| it.by.as_ref() == Some(&given.actor) && it.at == given.at)
                .collect();
            let refusals = follows.iter().filter(|it| matches!(it.what, What::CommandRefused(_)));
            if follows.is_empty() || (refusals.count() > 0 && follows.len() > 1) {
                return Err(format!(
                    "record {position}: a command without one outcome: {follows:?}"
                ));
            }
            model.look_at_id(position, given, &follows[0].what)?;
        }
    }
    model.look_for_lost(end)
}

/// What a proposal approves becomes one set, before anything else comes in.
fn settles_whole(settled: &ProposalSettled, after: &[Record], rules: &Rules) -> Result<(), String> {
    let follows = after.iter().take_while(|it| !it.event.is_fact());
    let mut sets = follows.filter_map(|it| match &it.event {
        Event::Response(ResponseEvent::OrderSetIssued(set)) => Some(set),
        _ => None,
    });
    let code = |it: JurisdictionIndex| rules.jurisdictions[usize::from(it.0)].division.to_string();
    let mut ordered: Vec<String> = Vec::new();
    if let Some(set) = sets.next().filter(|_| !settled.approved.is_empty()) {
        ordered.extend(set.orders.iter().map(|it| code(it.jurisdiction)));
        ordered.extend(set.floor_orders.iter().map(|it| format!("{}-f", code(it.jurisdiction))));
        ordered.sort();
    }
    let mut approved = settled.approved.clone();
    approved.sort();
    must(ordered == approved, &format!("{settled:?} and {ordered:?} were ordered"))
}

struct Model<'a> {
    numbers: &'a CooperationRules,
    rules: &'a Rules,
    /// By id of the matter; those alone of which every deadline follows from the log.
    matters: BTreeMap<String, Matter>,
    /// By body and id: what was given, and where.
    ids: BTreeMap<(String, String), (u64, Arc<CommandGiven>)>,
    /// By id of anything that has states: where it stands.
    states: BTreeMap<String, &'static str>,
}

/// The table of states of cases: command, from, to.
const CASE: [(&str, &str, &str); 16] = [
    ("lead", "", "lead"),
    ("assign", "lead", "assigned"),
    ("inspect", "assigned", "inspected"),
    ("inspect", "inspected", "inspected"),
    ("decide_case", "inspected", "decided"),
    ("drop_case", "lead", "closed"),
    ("drop_case", "inspected", "closed"),
    ("rectify", "decided", "rectified"),
    ("accept_rectification", "rectified", "accepted"),
    ("accept_rectification", "rectified", "decided"),
    ("post_supervise", "accepted", "closed"),
    ("post_supervise", "accepted", "assigned"),
    ("expose", "decided", "decided"),
    ("expose", "rectified", "rectified"),
    ("expose", "accepted", "accepted"),
    ("expose", "closed", "closed"),
];

/// The states of all else: kind of record, from, to.
const STATES: [(&str, &str, &str); 23] = [
    ("consultation_convened", "", "open"),
    ("opinion_given", "open", "open"),
    ("opinions_closed", "open", "deliberating"),
    ("opinions_closed", "open", "failed"),
    ("consultation_concluded", "deliberating", "concluded"),
    ("consultation_concluded", "concluded", "concluded"),
    ("consultation_signed", "concluded", "signed"),
    ("consultation_lapsed", "concluded", "lapsed"),
    ("consultation_lapsed", "deliberating", "lapsed"),
    ("order_objected", "", "objected"),
    ("objection_decided", "objected", "decided"),
    ("response_closed", "", "closed"),
    ("order_ended", "", "ended"),
    ("order_acknowledged", "", "acknowledged"),
    ("matter_offered", "", "offered"),
    // The answer to a matter ends its offer, and it may be asked anew.
    ("matter_offered", "offered", "offered"),
    ("matter_declined", "offered", ""),
    ("warning_proposed", "", "pending"),
    ("proposal_item_decided", "", "decided"),
    ("proposal_settled", "pending", "settled"),
    ("proposal_lapsed", "pending", "lapsed"),
    ("episode_opened", "", "open"),
    ("episode_closed", "open", "closed"),
];

struct Matter {
    owner: Body,
    class: Class,
    due_at: Timestamp,
    /// 1 overdue, 2 reminded, 3 and more escalated.
    step: u32,
    /// When the next step is due; none at the end of the ladder.
    next_at: Option<Timestamp>,
    /// Stopped by an objection.
    stopped: bool,
    over: bool,
}

fn must(holds: bool, words: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words.to_owned()) }
}

impl Model<'_> {
    fn take(&mut self, record: &Record) -> Result<(), String> {
        match &record.event {
            Event::Response(ResponseEvent::OrderSetIssued(set)) => self.ordered(set),
            Event::Cooperation(it) => self.decided(it.at, &it.what),
            _ => Ok(()),
        }
    }

    fn open(&mut self, id: String, owner: &Body, class: Class, due_at: Timestamp) {
        let (owner, next_at) = (owner.clone(), Some(due_at));
        let (step, stopped, over) = (0, false, false);
        self.matters.insert(id, Matter { owner, class, due_at, step, next_at, stopped, over });
    }

    fn ordered(&mut self, set: &OrderSet) -> Result<(), String> {
        for order in &set.orders {
            let place = usize::from(order.jurisdiction.0);
            let body = Body::new(&self.rules.jurisdictions[place].division.to_string());
            let id = format!("{}-{body}/acknowledge", set.epoch);
            must(!self.matters.contains_key(&id), "an order of this id was given before")?;
            self.open(id, &body, Class::of(order.grade), order.acknowledge_by);
            let starts = order.act == OrderAct::Impose;
            must(!starts || order.effective_at == set.effective_at, "two hours of one set")?;
        }
        Ok(())
    }

    fn decided(&mut self, at: Timestamp, what: &What) -> Result<(), String> {
        self.moved(what)?;
        match what {
            What::MatterOverdue(it) => {
                must(!it.owner.code().is_empty(), "no owner")?;
                must(it.due_at <= at, "it is not due yet")?;
                let due_at = it.due_at;
                self.step(&it.matter, 1, at, |matter| {
                    must(matter.due_at == due_at, "another deadline was set")
                })
            }
            What::MatterReminded(it) => {
                must(!it.owner.code().is_empty(), "no owner")?;
                self.step(&it.matter, 2, at, |_| Ok(()))
            }
            What::MatterEscalated(it) => {
                must(!it.owner.code().is_empty(), "no owner")?;
                self.step(&it.matter, 2 + it.step, at, |_| Ok(()))
            }
            What::OrderAcknowledged(it) => {
                self.answered(&format!("{}/acknowledge", it.order), at, it.in_time)
            }
            What::WhistleBlown(it) => {
                for body in &it.summons {
                    let id = format!("{}/report_in:{body}", it.whistle);
                    self.open(id, body, Class::Grade(Grade::Orange), it.due_at);
                }
                Ok(())
            }
            What::WhistleAnswered(it) => {
                self.answered(&format!("{}/report_in:{}", it.whistle, it.body), at, it.in_time)
            }
            What::OrderObjected(it) => {
                let stops = self.numbers.objection_stops_clock;
                let matter = self.matters.get_mut(&format!("{}/acknowledge", it.order));
                let matter = matter.ok_or("no such order")?;
                must(matter.over || at < matter.due_at, "an objection after the deadline")?;
                matter.stopped = stops && !matter.over;
                Ok(())
            }
            What::ObjectionDecided(it) => {
                let matter = self.matters.get_mut(&format!("{}/acknowledge", it.order));
                let matter = matter.ok_or("no such order")?;
                if let (true, Some(due_at)) = (matter.stopped, it.acknowledge_by) {
                    (matter.stopped, matter.due_at, matter.next_at) = (false, due_at, Some(due_at));
                }
                Ok(())
            }
            What::OrderEnded(it) => {
                let matter = self.matters.get_mut(&format!("{}/acknowledge", it.order));
                matter.ok_or("no such order")?.over = true;
                Ok(())
            }
            What::DeadlinesMoved(it) => {
                let is_in = |at: Timestamp| it.from < at && at < it.moved_to;
                let open = self.matters.iter_mut().filter(|(_, it)| !it.over && !it.stopped);
                for (id, matter) in open.filter(|(_, it)| it.next_at.is_some_and(is_in)) {
                    must(it.matters.contains(id), "a deadline in the hole is not moved")?;
                    if is_in(matter.due_at) {
                        matter.due_at = it.moved_to;
                    }
                    matter.next_at = Some(it.moved_to);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Nothing leaves the table of its states.
    fn moved(&mut self, what: &What) -> Result<(), String> {
        if let What::CaseMoved(it) = what {
            must(!it.owner.code().is_empty(), "no owner")?;
            let name = |state: CaseState| serde_json::to_value(state).unwrap();
            let (from, to) = (it.from.map(name), name(it.to));
            let from = from.as_ref().map_or("", |it| it.as_str().unwrap());
            let is_it =
                |row: &&(&str, &str, &str)| **row == (&*it.command, from, to.as_str().unwrap());
            let row = CASE.iter().find(is_it).ok_or("not in the table of cases")?;
            let before = self.states.insert(it.case.clone(), row.2);
            return must(before.unwrap_or("") == from, "a case was in another state");
        }
        let (id, to) = match what {
            What::ConsultationConvened(it) => (it.consultation.clone(), "open"),
            What::OpinionGiven(it) => (it.consultation.clone(), "open"),
            What::OpinionsClosed(it) if it.quorate => (it.consultation.clone(), "deliberating"),
            What::OpinionsClosed(it) => (it.consultation.clone(), "failed"),
            What::ConsultationConcluded(it) => (it.consultation.clone(), "concluded"),
            What::ConsultationSigned(it) => (it.consultation.clone(), "signed"),
            What::ConsultationLapsed(it) => (it.consultation.clone(), "lapsed"),
            What::OrderObjected(it) => (format!("{}/objection", it.order), "objected"),
            What::ObjectionDecided(it) => (format!("{}/objection", it.order), "decided"),
            What::ResponseClosed(it) => (it.response.clone(), "closed"),
            What::OrderEnded(it) => (format!("{}/end", it.order), "ended"),
            What::OrderAcknowledged(it) => (format!("{}/acknowledged", it.order), "acknowledged"),
            What::WarningProposed(it) => (it.proposal.clone(), "pending"),
            What::ProposalItemDecided(it) => {
                let pending = self.states.get(&it.proposal) == Some(&"pending");
                must(pending, "an item of a proposal that is over")?;
                (format!("{}/{}", it.proposal, it.jurisdiction), "decided")
            }
            What::ProposalSettled(it) => (it.proposal.clone(), "settled"),
            What::ProposalLapsed(it) => (it.proposal.clone(), "lapsed"),
            What::EpisodeOpened(it) => (it.episode.clone(), "open"),
            What::EpisodeClosed(it) => (it.episode.clone(), "closed"),
            What::MatterOffered(it) => (format!("{}/offer", it.matter), "offered"),
            What::MatterDeclined(it) => (format!("{}/offer", it.matter), ""),
            What::MatterAccepted(it) => {
                must(!it.owner.code().is_empty(), "no owner")?;
                self.states.insert(format!("{}/offer", it.matter), "");
                return Ok(());
            }
            _ => return Ok(()),
        };
        let before = self.states.insert(id, to).unwrap_or("");
        let row = (what.record_type(), before, to);
        must(STATES.contains(&row), &format!("not in the table of states: {row:?}"))
    }

    /// A step of a ladder: each once, in their order, none too early and none of an answered matter.
    fn step(
        &mut self,
        id: &str,
        step: u32,
        at: Timestamp,
        also: impl FnOnce(&Matter) -> Result<(), String>,
    ) -> Result<(), String> {
        let Some(matter) = self.matters.get_mut(id) else { return Ok(()) };
        must(!matter.over, "a step of a matter that is over")?;
        must(matter.step + 1 == step, "a step that is not the next one")?;
        must(matter.next_at.is_some_and(|it| it <= at), "a step too early")?;
        also(matter)?;
        let ladder = self.numbers.ladder(&matter.owner, matter.class);
        let taken = usize::try_from(step).unwrap().saturating_sub(2);
        let is_at_the_top =
            step > 1 && self.numbers.bodies.all_above(&matter.owner).nth(taken).is_none();
        let minutes = if step == 1 { ladder.reminder_min } else { ladder.escalation_min };
        matter.next_at = (!is_at_the_top).then(|| at.plus_minutes(minutes));
        matter.step = step;
        Ok(())
    }

    fn answered(&mut self, id: &str, at: Timestamp, in_time: bool) -> Result<(), String> {
        let matter = self.matters.get_mut(id).ok_or("no such matter")?;
        must(!matter.over, "answered twice, or too late to be answered")?;
        must(in_time == (matter.stopped || at < matter.due_at), "in time or not")?;
        matter.over = true;
        Ok(())
    }

    /// Whether an id is known as it was remembered.
    fn look_at_id(
        &mut self,
        position: u64,
        given: &Arc<CommandGiven>,
        outcome: &What,
    ) -> Result<(), String> {
        let refused = if let What::CommandRefused(it) = outcome { Some(it) } else { None };
        let early = [Why::NotOpen, Why::WrongStatus, Why::BadId];
        if refused.is_some_and(|it| early.contains(&it.reason)) {
            return Ok(());
        }
        let key = (given.actor.body.code().to_owned(), given.id.clone());
        let memory_h = 24 * self.numbers.command_memory_d;
        let known = self.ids.get(&key).filter(|it| given.at <= it.1.at.plus_hours(memory_h));
        let told = refused.filter(|it| matches!(it.reason, Why::Duplicate | Why::IdReused));
        let told = told.map(|it| (it.reason, it.first));
        let due = known.map(|(first, before)| {
            let same = before.actor == given.actor
                && before.given_at == given.given_at
                && before.command == given.command
                && before.fields == given.fields;
            (if same { Why::Duplicate } else { Why::IdReused }, Some(*first))
        });
        if told != due {
            return Err(format!("record {position}: id {}: {told:?}, not {due:?}", given.id));
        }
        if known.is_none() {
            self.ids.insert(key, (position, Arc::clone(given)));
        }
        Ok(())
    }

    /// No step that was due by the end is missing.
    fn look_for_lost(&self, end: Option<Timestamp>) -> Result<(), String> {
        let open = self.matters.iter().filter(|(_, it)| !it.over && !it.stopped);
        let mut lost = open.filter(|(_, it)| it.next_at.is_some_and(|at| Some(at) <= end));
        match lost.next() {
            Some((id, it)) => {
                Err(format!("{id}: step {} was due at {:?}", it.step + 1, it.next_at))
            }
            None => Ok(()),
        }
    }
}

//! Commands of bodies over the broker: in, in both encodings, each with one outcome; and out, to
//! the bodies that may see it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use airshed::domain::cooperation::What;
use airshed::domain::{Command, Event, Fact, Reason, Source, Status, Stream, Tick, Timestamp};
use airshed::engine::projection::{Channel, Grounds, Involved, messages};
use airshed::engine::{Engine, Inbox as _, Record, entries};
use airshed::io::kafka::{KafkaFeed, KafkaLog, KafkaLogReader, Topics};
use airshed::io::memory::{MemoryInbox, NoOutbox};
use airshed::wire::avro::{Put, fingerprints};
use airshed::wire::message::{Framing, Kind, MessageWriter, read_command};
use airshed::wire::publication;
use airshed::wire::rule_book::{built_in_with_answers, parse};
use serde_json::Value;

use crate::inbox::{HOUR, feed, inbox, rules, send, take};
use crate::log::parse_rules;
use crate::made_again::day;
use crate::process::Process;
use crate::program::{airshed, printed};
use crate::support::{Broker, COMMITTED, broker_test, consume_all, fresh, now};
use crate::world::World;

/// The envelope of an acknowledgement, as JSON.
fn as_json(id: &str, body: &str, given_at: Timestamp, order: &str) -> Vec<u8> {
    let fields = serde_json::json!({"order": order});
    as_json_at(given_at, id, body, "officer", "acknowledge", &fields)
}

/// The same as Avro, by the schema for other programs.
fn as_avro(id: &str, body: &str, given_at_ms: i64, order: &str) -> Vec<u8> {
    let mut bytes = vec![0xC3, 0x01];
    bytes.extend(fingerprints(Kind::Command.schema()).unwrap().standard);
    let mut put = Put(&mut bytes);
    for text in [id, body, "officer", "duty officer"] {
        put.string(text);
    }
    put.long(given_at_ms);
    // The status `actual`, then the branch `acknowledge`.
    put.long(0);
    put.long(0);
    put.string(order);
    bytes
}

broker_test!(commands_come_in_both_encodings_and_what_is_none_is_refused, |broker| {
    let topics = Topics::new(&fresh("in"));
    let mut kafka = feed(broker, &topics);
    let ms = 1_764_810_600_000;
    for bytes in [
        as_json("a-1", "130100", Timestamp(ms), "1-130100"),
        as_avro("a-2", "130100", ms, "1-130100"),
        b"{\"id\": 1}".to_vec(),
        b"<html>".to_vec(),
    ] {
        kafka.command("130100", &bytes).unwrap();
    }
    let mut tick = Vec::new();
    MessageWriter::new(&rules(), Framing::SingleObject).tick(HOUR.end(), &mut tick);
    kafka.tick(&tick).unwrap();
    kafka.flush().unwrap();
    let mut inbox = inbox(broker, &topics, &[]);
    let stream = Stream::topic(&topics.commands(), 0);
    let all = take(&mut inbox, 8);
    let own = all.iter().filter(|it| it.source().unwrap().0 == &stream);
    let told: Vec<String> = own
        .map(|command| match command {
            Command::Give(given) => {
                let (id, at) = (&given.id, given.source.as_ref().unwrap().position);
                assert_eq!((given.given_at.0, given.status), (ms, Status::Actual));
                format!("{at} {id} {} {}", given.command, given.fields)
            }
            Command::Refuse(refusal) => {
                assert_eq!(refusal.reason, Reason::Unreadable);
                format!("{} refused", refusal.source.as_ref().unwrap().position)
            }
            Command::Tick(tick) => format!("{} tick", tick.source.as_ref().unwrap().position),
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::Observe(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_) => panic!("{command:?}"),
        })
        .collect();
    let expected = [
        r#"0 a-1 acknowledge {"order":"1-130100"}"#,
        r#"1 a-2 acknowledge {"order":"1-130100"}"#,
        "2 refused",
        "3 refused",
        "4 tick",
    ];
    assert_eq!(told, expected);
});

broker_test!(commands_that_are_taken_apart_wait_and_too_many_are_not_read, |broker| {
    let (topics, rules) = (Topics::new(&fresh("in")), rules());
    let mut kafka = feed(broker, &topics);
    for number in 0..2_500 {
        let bytes = as_json(&format!("a-{number}"), "130100", Timestamp(0), "1-130100");
        kafka.command("130100", &bytes).unwrap();
    }
    send(&mut kafka, &rules, 0, HOUR, &[1]);
    kafka.flush().unwrap();
    let mut inbox = inbox(broker, &topics, &[]);
    inbox.set_commands_apart();
    // Readings come as ever.
    assert!(matches!(take(&mut inbox, 1)[..], [Command::Observe(_)]));
    let mut taken = Vec::new();
    while taken.len() < 2_500 {
        assert!(inbox.poll().unwrap().is_empty());
        taken.extend(inbox.take_commands().unwrap());
    }
    let offsets: Vec<u64> = taken.iter().map(|it| it.source().unwrap().1).collect();
    assert_eq!(offsets, (0..2_500).collect::<Vec<_>>());
    assert!(!inbox.has_commands());
});

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "A command says when it is given.")]
fn wall() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(now.as_millis()).unwrap())
}

/// The envelope of a command, as JSON.
fn as_json_at(
    at: Timestamp,
    id: &str,
    body: &str,
    role: &str,
    command: &str,
    fields: &Value,
) -> Vec<u8> {
    serde_json::json!({
        "id": id,
        "actor": {"jurisdiction": body, "role": role, "name": "duty officer"},
        "given_at": at.to_string(),
        "status": "actual",
        "command": command,
        "body": fields,
    })
    .to_string()
    .into_bytes()
}

fn lead(place: &str) -> Value {
    serde_json::json!({
        "place": place, "source": "patrol", "sector": "dust", "text": "dust", "evidence": [],
    })
}

/// The records of a log.
fn logged(broker: &Broker, world: &World) -> Vec<Record> {
    let reader = KafkaLogReader::open(&broker.connect(), &world.topic("log"), parse_rules);
    reader.unwrap().unwrap().map(|it| it.unwrap()).collect()
}

/// Returns when the log has everything up to an offset of the topic of commands.
fn await_taken(broker: &Broker, world: &World, serving: &Process, last: u64) {
    let begin = now();
    let is_last = |it: &Record| source(&it.event).is_some_and(|it| it.position == last);
    while !logged(broker, world).iter().any(is_last) {
        assert!(begin.elapsed() < Duration::from_secs(60), "{}", serving.words());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Where a record of a command or of what is none came from.
fn source(event: &Event) -> Option<&Source> {
    let Event::Fact(fact) = event else { return None };
    if let Fact::CommandGiven(it) = fact {
        return it.source.as_ref();
    }
    let Fact::InputRefused(it) = fact else { return None };
    it.source.as_ref()
}

/// What each body must have been sent of a log: position and body of each message.
fn owed(world: &World, records: Vec<Record>) -> BTreeMap<String, Vec<(u64, String)>> {
    let (mut involved, grounds) = (Involved::default(), Grounds::default());
    let mut owed = BTreeMap::<String, Vec<(u64, String)>>::new();
    for entry in entries(records.into_iter().map(Ok::<_, ()>)) {
        let entry = Arc::new(entry.unwrap());
        if let Some(rules) = entry.rules() {
            involved.note(&entry.record, rules);
        }
        for message in messages(&entry, &grounds, &involved) {
            if let Channel::Matters(body) = &message.channel {
                let topic = world.topic(&format!("matters.{body}"));
                let text = publication::message(&message).to_string();
                owed.entry(topic).or_default().push((entry.record.position.0, text));
            }
        }
    }
    owed
}

/// Every body has what it may see, each record once and in order, and nothing else.
fn check_matters(broker: &Broker, world: &World, records: Vec<Record>) {
    let sent = consume_all(&broker.bootstrap, &world.topic("matters."), COMMITTED);
    let sent = sent.into_iter().map(|(topic, messages)| {
        let content = |it: crate::support::Message| (it.position(), world.content(&it));
        (topic, messages.into_iter().map(content).collect::<Vec<_>>())
    });
    let (sent, owed) = (sent.collect::<BTreeMap<_, _>>(), owed(world, records));
    assert_eq!(sent.keys().collect::<Vec<_>>(), owed.keys().collect::<Vec<_>>());
    for (topic, owed) in &owed {
        assert_eq!(&sent[topic], owed, "{topic}");
    }
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % end
    }
}

const KILLS: u64 = 20;
const BODIES: [&str; 5] = ["130100", "130400", "110105", "13", "region"];

/// The bytes of the command with this number, and what comes of it.
fn numbered(number: u64) -> (&'static str, Vec<u8>, &'static str) {
    let body = BODIES[usize::try_from(number).unwrap() % BODIES.len()];
    let id = format!("{body}-{number}");
    match number % 8 {
        // The same id once more, with something else.
        3 => {
            let before = format!("{body}-{}", number.saturating_sub(10));
            let command = as_json_at(wall(), &before, body, "inspector", "lead", &lead("130102"));
            (body, command, if number < 10 { "case_moved" } else { "command_refused" })
        }
        5 => (body, as_avro(&id, body, wall().0, "1-130100"), "command_refused"),
        6 => (body, format!("{number} is no envelope").into_bytes(), "input_refused"),
        _ => {
            let command = as_json_at(wall(), &id, body, "inspector", "lead", &lead("130102"));
            (body, command, "case_moved")
        }
    }
}

broker_test!(killed_again_and_again_each_command_has_one_outcome, |broker| {
    let world = World::by_wall(&broker.bootstrap);
    let mut kafka = feed(broker, &Topics::new(world.prefix()));
    let (mut random, mut number, mut expected) = (Random(11), 0, Vec::new());
    let mut give = |kafka: &mut KafkaFeed| {
        let (body, bytes, outcome) = numbered(number);
        kafka.command(body, &bytes).unwrap();
        kafka.flush().unwrap();
        expected.push(outcome);
        number += 1;
    };
    for round in 0..KILLS {
        let mut serving = world.serve();
        // Half of them come as far as to take commands.
        let mut begin = (round % 2 == 1).then(now);
        let lives = Duration::from_millis(150 + random.below(650));
        while begin.is_none_or(|it| it.elapsed() < lives) {
            give(&mut kafka);
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(serving.ended(), None, "{}", serving.words());
            if serving.words().contains("INFO serving") {
                begin.get_or_insert_with(now);
            }
        }
        serving.kill();
    }
    let mut serving = world.serve();
    give(&mut kafka);
    await_taken(broker, &world, &serving, expected.len() as u64 - 1);
    serving.kill();
    // A start publishes what is in the log before it serves.
    serving = world.serve();
    serving.await_words("serving");
    serving.end();

    let records = logged(broker, &world);
    let mut outcomes = BTreeMap::<u64, Vec<&str>>::new();
    for record in &records {
        let Some(source) = source(&record.event) else { continue };
        let follows = records.iter().filter(|it| it.causation == Some(record.position));
        let mut found: Vec<&str> = follows.map(|it| it.event.record_type()).collect();
        if matches!(record.event, Event::Fact(Fact::InputRefused(_))) {
            found.push("input_refused");
        }
        outcomes.entry(source.position).or_default().extend(found);
    }
    let found: Vec<String> = outcomes.values().map(|it| it.join(" ")).collect();
    assert_eq!(outcomes.keys().copied().collect::<Vec<_>>(), (0..number).collect::<Vec<_>>());
    assert_eq!(found, expected);
    check_matters(broker, &world, records);
    world.check_whole();
    let log = world.topic("log");
    printed(&["replay", "--brokers", &broker.bootstrap, "--topic", &log, "--check"]);
});

/// A whistle was blown so many minutes ago, with an hour to answer. Then nothing ran, and the answer
/// came. Gives what `serve` records of it.
fn answered_after(broker: &Broker, minutes: i32) -> Vec<String> {
    let world = World::by_wall(&broker.bootstrap);
    let mut files = built_in_with_answers();
    for (name, text) in &mut files {
        if &**name == "cooperation.toml" {
            *text = text.replace("otherwise = 1440 }", "otherwise = 60 }").into();
        } else if &**name == "airshed.toml" {
            *text = text.replace("clock = \"sources\"", "clock = \"wall\"").into();
        }
    }
    let (then, log) = (wall().plus_minutes(-minutes), world.topic("log"));
    let log = KafkaLog::open(&broker.connect(), &log, &log, parse_rules).unwrap();
    let (book, inbox) = (Arc::new(parse(files).unwrap()), MemoryInbox::default());
    let mut engine = Engine::open(book, then, inbox, log, NoOutbox).unwrap();
    let fields = serde_json::json!({"place": "130102", "summons": ["130400"], "text": "smoke"});
    let blown = as_json_at(then, "w-1", "130100", "officer", "whistle", &fields);
    let blown = Command::Give(Box::new(read_command(&blown, None).unwrap()));
    let tick = Command::Tick(Tick { at: then, source: None });
    engine.submit(vec![tick, blown], Some(then)).unwrap();
    drop(engine);
    let before = logged(broker, &world).len();

    let mut kafka = feed(broker, &Topics::new(world.prefix()));
    let fields = serde_json::json!({"whistle": "130100-w1", "for": "130400", "text": "there"});
    let answer = as_json_at(wall(), "w-2", "130400", "officer", "report_in", &fields);
    kafka.command("130400", &answer).unwrap();
    kafka.flush().unwrap();
    let mut serving = world.serve();
    await_taken(broker, &world, &serving, 0);
    serving.end();
    let after = logged(broker, &world).split_off(before);
    let told = after.iter().filter_map(|record| {
        let Event::Cooperation(event) = &record.event else { return None };
        let in_time =
            if let What::WhistleAnswered(it) = &event.what { Some(it.in_time) } else { None };
        let in_time = in_time.map(|it| format!(" in time {it}")).unwrap_or_default();
        Some(format!("{}{in_time}", record.event.record_type()))
    });
    told.collect()
}

broker_test!(a_deadline_that_passes_while_nothing_runs_comes_before_the_command, |broker| {
    let late = ["matter_overdue", "whistle_answered in time false", "whistle_met"];
    assert_eq!(answered_after(broker, 90), late);
    // For two hours no body could answer.
    let moved = ["deadlines_moved", "whistle_answered in time true", "whistle_met"];
    assert_eq!(answered_after(broker, 180), moved);
});

/// Gives commands from the command line to a `serve` that runs, and to one that does not.
fn check_do(broker: &Broker, world: &World) {
    let given = |words: &str, more: &[&str]| {
        let mut arguments = vec!["do"];
        arguments.extend(words.split(' '));
        arguments.extend(["--by", "duty officer", "--brokers", &broker.bootstrap]);
        let (code, out, err) = airshed(&[&arguments[..], more].concat());
        (code, out + &err)
    };
    let check = |words: &str, more: &[&str], code: i32, said: &[&str]| {
        let more = [&["--topic-prefix", world.prefix()], more].concat();
        let found = given(words, &more);
        assert_eq!(found.0, code, "{words}: {}", found.1);
        for part in said {
            assert!(found.1.contains(part), "{words}: {}", found.1);
        }
    };
    let lead = "lead 130102 --role inspector --source patrol --sector dust --text dust --as";
    let mut serving = world.serve_plainly(&[]);
    serving.await_words("INFO serving");
    check(&format!("{lead} 130100"), &[], 0, &["taken: case_moved: ", "130100-e1"]);
    let acknowledge = "acknowledge 1-130100 --as 130100 --role officer";
    check(acknowledge, &[], 1, &["refused: unknown_object (1-130100)"]);
    // A district that was never named, and another name of a municipality.
    check(&format!("{lead} 110105"), &[], 0, &["130100-e2"]);
    check(&format!("{lead} 12"), &["--json"], 0, &["\"type\":\"case_moved\""]);
    let at = wall().to_string();
    let again = ["--id", "twice", "--given", &at];
    check(&format!("{lead} region"), &again, 0, &["130100-e4"]);
    check(&format!("{lead} region"), &again, 1, &["refused: duplicate (first: record "]);
    serving.end();
    let silent = ["no answer within 1 s", "Is `airshed serve` running", "--id late"];
    check(&format!("{lead} 130100"), &["--wait", "1", "--id", "late"], 1, &silent);
    let (code, words) = given(&format!("{lead} 130100"), &["--topic-prefix", "no.such"]);
    assert!(code == 1 && words.contains("there is no topic no.such.commands"), "{words}");
}

broker_test!(a_command_is_given_from_the_command_line, |broker| {
    check_do(broker, &World::by_wall(&broker.bootstrap));
});

broker_test!(a_command_is_given_where_the_log_is_in_files, |broker| {
    let world = World::by_wall(&broker.bootstrap);
    let folder = world.of("log");
    world.configure(&format!("[log]\nkeep = \"segments\"\nfolder = {folder:?}\n"));
    check_do(broker, &world);
});

broker_test!(by_the_clock_of_the_sources_a_command_waits_for_the_other_streams, |broker| {
    let world = World::new(&broker.bootstrap);
    let mut kafka = feed(broker, &Topics::new(world.prefix()));
    let at = Timestamp::parse("2019-11-01T05:20:00+08:00").unwrap();
    let command = as_json_at(at, "a", "130100", "inspector", "lead", &lead("130102"));
    kafka.command("130100", &command).unwrap();
    kafka.flush().unwrap();
    // The feed of the readings writes its ticks behind it, into the topic of commands too.
    assert!(world.feed_plain(&day(&world, "day.csv", 30, 9)).await_end().success());
    let mut serving = world.serve();
    world.await_hour(&mut serving, "2019-11-01T09:00:00+08:00");
    serving.end();
    let records = logged(broker, &world);
    let moved = records.iter().position(|it| it.event.record_type() == "case_moved").unwrap();
    let kinds: Vec<&str> =
        records[moved - 2..=moved].iter().map(|it| it.event.record_type()).collect();
    assert_eq!(kinds, ["ticked", "command_given", "case_moved"]);
    let Event::Cooperation(event) = &records[moved].event else { panic!() };
    assert_eq!(event.at, at);
    // Every reading up to then has been taken before, and none of a later hour.
    let hours = records[..moved].iter().filter_map(|it| match &it.event {
        Event::Fact(Fact::ReadingsReceived(batch)) => Some(batch.hour.end()),
        Event::Fact(_)
        | Event::Station(_)
        | Event::Air(_)
        | Event::Warning(_)
        | Event::Response(_)
        | Event::Cooperation(_) => None,
    });
    let last = hours.max().unwrap();
    assert!(last <= at && last > at.plus_hours(-2), "{last}");
    check_matters(broker, &world, records);
    let log = world.topic("log");
    printed(&["replay", "--brokers", &broker.bootstrap, "--topic", &log, "--check"]);
});

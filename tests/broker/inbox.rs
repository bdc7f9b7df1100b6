//! Inputs come once, in the order of their partition, from where the log left off.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use airshed::domain::{
    Batch, Command, Forecast, Hour, JurisdictionIndex, Outcome, Outlook, OutlookHour, Pollutant,
    Reading, Reason, Rules, StationIndex, Stream,
};
use airshed::engine::Inbox as _;
use airshed::io::kafka::{KafkaFeed, KafkaInbox, Topics};
use airshed::wire::message::{Framing, MessageWriter};
use airshed::wire::rule_book::{built_in, parse};

use crate::support::{Broker, broker_test, fresh, now};

pub(crate) const PARTITIONS: i32 = 2;
pub(crate) const HOUR: Hour = Hour(430_000);

pub(crate) fn rules() -> Rules {
    parse(built_in()).unwrap().rules
}

pub(crate) fn feed(broker: &Broker, topics: &Topics) -> KafkaFeed {
    KafkaFeed::open(&broker.connect(), topics, PARTITIONS).unwrap()
}

/// An inbox whose log has taken so much.
pub(crate) fn inbox(broker: &Broker, topics: &Topics, taken: &[(Stream, u64)]) -> KafkaInbox {
    let mut inbox = KafkaInbox::open(&broker.connect(), topics, PARTITIONS).unwrap();
    inbox.adopt(&Arc::new(parse(built_in()).unwrap()));
    inbox.resume(taken).unwrap();
    inbox
}

/// Takes until so many positions have come, or it is clear that they do not.
pub(crate) fn take(inbox: &mut KafkaInbox, count: usize) -> Vec<Command> {
    let (mut commands, begin) = (Vec::new(), now());
    while commands.iter().map(positions).map(|it| it.len()).sum::<usize>() < count {
        assert!(begin.elapsed() < Duration::from_secs(30), "only {commands:?}");
        commands.extend(inbox.poll().unwrap());
    }
    commands
}

/// The offsets of a command.
pub(crate) fn positions(command: &Command) -> Vec<u64> {
    match command {
        Command::Observe(batch) => batch.rows.iter().map(|it| it.position).collect(),
        Command::Adopt(_)
        | Command::JoinStreams(_)
        | Command::Tick(_)
        | Command::ReceiveForecast(_)
        | Command::Exclude(_)
        | Command::Give(_)
        | Command::Refuse(_) => command.source().map(|(_, at)| at).into_iter().collect(),
    }
}

fn reading(station: u16, tenths: i32) -> Reading {
    let (station, outcome) = (StationIndex(station), Outcome::Taken);
    Reading { tenths, station, revision: 0, pollutant: Pollutant::Pm25, outcome }
}

/// One message for each reading.
pub(crate) fn send(
    kafka: &mut KafkaFeed,
    rules: &Rules,
    partition: usize,
    hour: Hour,
    values: &[i32],
) {
    let writer = MessageWriter::new(rules, Framing::SingleObject);
    let mut bytes = Vec::new();
    for (value, station) in values.iter().zip(0..) {
        writer.readings(&[(hour, &[reading(station, *value)])], &mut bytes);
        kafka.readings(partition, "key", &bytes).unwrap();
    }
}

broker_test!(messages_of_one_hour_are_one_batch_and_ticks_come_in_between, |broker| {
    let (topics, rules) = (Topics::new(&fresh("in")), rules());
    let mut kafka = feed(broker, &topics);
    let writer = MessageWriter::new(&rules, Framing::SingleObject);
    let mut tick = Vec::new();
    writer.tick(HOUR.end(), &mut tick);
    send(&mut kafka, &rules, 1, HOUR, &[10, 20, 30]);
    kafka.tick(&tick).unwrap();
    send(&mut kafka, &rules, 1, HOUR.plus(1), &[40]);
    kafka.flush().unwrap();

    let mut inbox = inbox(broker, &topics, &[]);
    let partition = |it| Stream::topic(&topics.readings(), it);
    let others = [topics.forecasts(), topics.commands()].map(|it| Stream::topic(&it, 0));
    let expected: Vec<_> = [partition(0), partition(1)].into_iter().chain(others).collect();
    let mut streams = inbox.streams();
    streams.retain(|it| it.as_topic_id().is_none());
    assert_eq!(streams, expected);
    let mut by_stream = BTreeMap::<_, Vec<_>>::new();
    for command in take(&mut inbox, 8) {
        let stream = command.source().map(|(stream, _)| stream.clone()).unwrap();
        let text = match &command {
            Command::Observe(Batch { hour, readings, .. }) => {
                let values: Vec<_> = readings.iter().map(|it| it.tenths).collect();
                format!("+{} {values:?} at {:?}", hour.0 - HOUR.0, positions(&command))
            }
            Command::Tick(tick) => {
                format!("tick +{} at {:?}", tick.at.0 - HOUR.end().0, positions(&command))
            }
            Command::Adopt(_)
            | Command::JoinStreams(_)
            | Command::ReceiveForecast(_)
            | Command::Exclude(_)
            | Command::Give(_)
            | Command::Refuse(_) => panic!("{command:?}"),
        };
        by_stream.entry(stream).or_default().push(text);
    }
    let told = by_stream.into_values().collect::<Vec<_>>();
    let expected = [
        vec!["tick +0 at [0]"],
        vec!["tick +0 at [0]"],
        vec!["tick +0 at [0]"],
        vec!["+0 [10, 20, 30] at [0, 1, 2]", "tick +0 at [3]", "+1 [40] at [4]"],
    ];
    assert_eq!(told, expected);
});

broker_test!(it_goes_on_after_what_the_log_has_taken, |broker| {
    let (topics, rules) = (Topics::new(&fresh("in")), rules());
    let mut kafka = feed(broker, &topics);
    send(&mut kafka, &rules, 0, HOUR, &[1, 2, 3, 4, 5]);
    send(&mut kafka, &rules, 1, HOUR, &[6, 7]);
    kafka.flush().unwrap();
    let partition = |it| Stream::topic(&topics.readings(), it);
    for taken in 0..5 {
        let mut inbox = inbox(broker, &topics, &[(partition(0), taken)]);
        let left = usize::try_from(4 - taken).unwrap();
        let commands = take(&mut inbox, left + 2);
        let of = |stream: &Stream| -> Vec<u64> {
            let own = commands.iter().filter(|it| it.source().unwrap().0 == stream);
            own.flat_map(positions).collect()
        };
        assert_eq!(of(&partition(0)), (taken + 1..5).collect::<Vec<_>>(), "after {taken}");
        assert_eq!(of(&partition(1)), [0, 1], "after {taken}");
    }
});

broker_test!(a_topic_that_was_made_anew_is_noticed, |broker| {
    let topics = Topics::new(&fresh("in"));
    drop(feed(broker, &topics));
    let mut inbox = KafkaInbox::open(&broker.connect(), &topics, PARTITIONS).unwrap();
    let taken = [(Stream::topic(&topics.readings(), 0), 17)];
    let refused = inbox.resume(&taken).unwrap_err().to_string();
    assert!(refused.contains("up to offset 17, but it now holds 0 to 0"), "{refused}");
});

broker_test!(what_cannot_be_read_is_refused_and_the_rest_goes_on, |broker| {
    let (topics, rules) = (Topics::new(&fresh("in")), rules());
    let mut kafka = feed(broker, &topics);
    send(&mut kafka, &rules, 0, HOUR, &[1]);
    kafka.readings(0, "key", b"<html>404</html>").unwrap();
    // A registry's frame with an id that nobody has explained.
    kafka.readings(0, "key", &[0, 0, 0, 0, 9, 1]).unwrap();
    send(&mut kafka, &rules, 0, HOUR, &[2]);
    kafka.flush().unwrap();
    let mut inbox = inbox(broker, &topics, &[]);
    let mut refused = Vec::new();
    let commands = take(&mut inbox, 4);
    for command in &commands {
        if let Command::Refuse(refusal) = command {
            assert_eq!(refusal.reason, Reason::Unreadable);
            refused.push(refusal.source.as_ref().unwrap().position);
        }
    }
    assert_eq!(refused, [1, 2]);
    assert_eq!(commands.iter().flat_map(positions).collect::<Vec<_>>(), [0, 1, 2, 3]);
});

broker_test!(a_forecast_comes_with_its_place, |broker| {
    let (topics, rules) = (Topics::new(&fresh("in")), rules());
    let mut kafka = feed(broker, &topics);
    let range = OutlookHour::Range { lower_ug_m3: 80, upper_ug_m3: 160 };
    let outlook = Outlook {
        jurisdiction: JurisdictionIndex(2),
        first: HOUR.plus(1),
        hours: vec![range, OutlookHour::Missing],
    };
    let stream = Stream::topic(&topics.forecasts(), 0);
    let mut forecast = Forecast {
        issued_at: HOUR.end(),
        maker: "bureau".into(),
        source: None,
        outlooks: vec![outlook],
    };
    let mut bytes = Vec::new();
    MessageWriter::new(&rules, Framing::SingleObject).forecast(&forecast, &mut bytes);
    kafka.forecast("bureau", &bytes).unwrap();
    kafka.flush().unwrap();
    forecast.source = Some(stream.at(0));
    let mut inbox = inbox(broker, &topics, &[]);
    assert_eq!(take(&mut inbox, 1), [Command::ReceiveForecast(forecast)]);
});

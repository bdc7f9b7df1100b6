//! Messages of readings, outlooks and ticks, in both framings and in none.

use std::sync::{Arc, LazyLock};

use airshed::domain::{Command, Hour, Reading, Stream, Timestamp};
use airshed::wire::message::{Codes, Framing, Kind, MessageWriter, Schemas, StreamReader};

use super::support::rules;

const REGISTRY: Framing = Framing::Registry { readings: 1, forecast: 2, tick: 3 };

static CODES: LazyLock<Arc<Codes>> = LazyLock::new(|| Arc::new(Codes::new(rules())));
static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut schemas = Schemas::default();
    for (id, kind) in (1..).zip(Kind::ALL) {
        schemas.learn_id(id, kind.schema()).expect("our own schema");
    }
    schemas
});
/// What stands before a datum of each kind, in each framing; then nothing.
static FRAMES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut frames = Vec::new();
    for framing in [Framing::SingleObject, REGISTRY] {
        let (writer, mut out) = (MessageWriter::new(rules(), framing), Vec::new());
        writer.readings(&[], &mut out);
        // An array without items is one byte, so is the tick at 0.
        frames.push(out[..out.len() - 1].to_vec());
        let length = out.len() - 1;
        writer.tick(Timestamp(0), &mut out);
        frames.push(out[..length].to_vec());
        let nothing = airshed::domain::Forecast {
            issued_at: Timestamp(0),
            maker: "".into(),
            source: None,
            outlooks: Vec::new(),
        };
        writer.forecast(&nothing, &mut out);
        frames.push(out[..length].to_vec());
    }
    frames.push(Vec::new());
    frames
});

/// Reads the messages of a stream.
pub(crate) fn read(message: &[u8], schemas: &Schemas) -> Option<Vec<Command>> {
    let mut commands = Vec::new();
    let mut reader = StreamReader::new(Stream::topic("airshed.readings", 0), Arc::clone(&CODES));
    let read = reader.read(7, message, schemas, &mut |it| commands.push(it));
    reader.flush(&mut |it| commands.push(it));
    read.ok().map(|()| commands)
}

/// The first byte chooses the frame. What is read comes back from what is written of it.
pub(crate) fn fuzz(data: &[u8]) {
    let Some((first, datum)) = data.split_first() else { return };
    let frame = &FRAMES[usize::from(*first) % FRAMES.len()];
    let message = [frame, datum].concat();
    let Some(commands) = read(&message, &SCHEMAS) else { return };
    come_back(&commands);
}

/// Whatever is no refusal comes back from what is written of it.
pub(crate) fn come_back(commands: &[Command]) {
    let mut out = Vec::new();
    let mut hours: Vec<(Hour, &[Reading])> = Vec::new();
    let mut expected = Vec::new();
    for framing in [Framing::SingleObject, REGISTRY] {
        let writer = MessageWriter::new(rules(), framing);
        for command in commands {
            match command {
                Command::Observe(batch) => {
                    hours.clear();
                    hours.push((batch.hour, &batch.readings));
                    writer.readings(&hours, &mut out);
                    expected.clone_from(&batch.readings);
                    let again = read(&out, &SCHEMAS);
                    let Some([Command::Observe(again)]) = again.as_deref() else {
                        panic!("{again:?} instead of one batch")
                    };
                    assert_eq!((again.hour, &again.readings), (batch.hour, &expected));
                    continue;
                }
                Command::ReceiveForecast(forecast) => writer.forecast(forecast, &mut out),
                Command::Tick(tick) => writer.tick(tick.at, &mut out),
                Command::Adopt(_)
                | Command::JoinStreams(_)
                | Command::Exclude(_)
                | Command::Give(_)
                | Command::Refuse(_) => {
                    continue;
                }
            }
            assert_eq!(read(&out, &SCHEMAS).as_deref(), Some(std::slice::from_ref(command)));
        }
    }
}

//! Followers of a log are shown each record once it is durable and its orders have left.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use airshed::domain::{Command, RuleBook, Tick, Timestamp};
use airshed::engine::projection::Marks;
use airshed::engine::{
    Engine, Entry, EventLog, Follower, Needs, Outbox, PortError, Position, Record, Records,
};
use airshed::io::memory::{MemoryInbox, MemoryLog};
use airshed::wire::rule_book::{built_in, parse};

/// What happened, in order.
type Story = Rc<RefCell<Vec<String>>>;

struct Log(MemoryLog, Story);

impl EventLog for Log {
    fn append(&mut self, records: &[Record]) -> Result<(), PortError> {
        self.1.borrow_mut().push(format!("append {}", records.len()));
        self.0.append(records)
    }

    fn read(&self, from: Position) -> Result<Records<'_>, PortError> {
        self.0.read(from)
    }
}

/// Fails once so many appends have been sent.
struct Sender(Story, usize);

impl Outbox for Sender {
    fn unsent_from(&mut self) -> Result<Position, PortError> {
        Ok(Position(0))
    }

    fn needs(&self, _marks: &Marks) -> Needs {
        Needs::Nothing
    }

    fn recall(&mut self, _: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn publish(&mut self, _: &Arc<Entry>) -> Result<(), PortError> {
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PortError> {
        self.1 = self.1.checked_sub(1).ok_or(PortError::Failed("no receiver".into()))?;
        self.0.borrow_mut().push("sent".into());
        Ok(())
    }
}

#[derive(Debug)]
struct Seen(Story);

impl Follower for Seen {
    fn follow(&mut self, entry: &Arc<Entry>) {
        let (record, book) = (&entry.record, entry.book.as_ref());
        let (kind, digest) = (record.event.record_type(), book.map_or("none", |it| &it.digest));
        self.0.borrow_mut().push(format!("seen {} {kind} {}", record.position.0, &digest[..4]));
    }
}

fn book(clock: &str) -> Arc<RuleBook> {
    let mut files = built_in();
    let run = format!("[parameters]\nclock = \"{clock}\"\n");
    files.push((airshed::wire::rule_book::RUN_FILE.into(), run.into()));
    Arc::new(parse(files).unwrap())
}

fn tick() -> Vec<Command> {
    vec![Command::Tick(Tick { at: Timestamp(0), source: None })]
}

#[test]
fn followers_are_shown_what_is_durable_and_sent_with_its_rule_book() {
    let story = Story::default();
    let (wall, sources) = (book("wall"), book("sources"));
    let log = Log(MemoryLog::default(), Rc::clone(&story));
    let outbox = Sender(Rc::clone(&story), 5);
    let inbox = MemoryInbox::default();
    let mut engine = Engine::open(Arc::clone(&wall), Timestamp(0), inbox, log, outbox).unwrap();
    story.borrow_mut().clear();
    engine.follow(Seen(Rc::clone(&story)));
    engine.submit(tick(), None).unwrap();
    engine.submit(vec![Command::Adopt(Arc::clone(&sources))], None).unwrap();
    engine.submit(tick(), None).unwrap();
    let digests = [&wall, &sources].map(|it| it.digest[..4].to_owned());
    let expected = [
        "append 1".to_owned(),
        "sent".to_owned(),
        format!("seen 1 ticked {}", digests[0]),
        "append 1".to_owned(),
        "sent".to_owned(),
        format!("seen 2 rule_book_adopted {}", digests[1]),
        "append 1".to_owned(),
        "sent".to_owned(),
        format!("seen 3 ticked {}", digests[1]),
    ];
    assert_eq!(*story.borrow(), expected);
    // What could not be sent is not shown; who follows finds it in the log.
    story.borrow_mut().clear();
    engine.submit(tick(), None).unwrap_err();
    assert_eq!(*story.borrow(), ["append 1"]);
}

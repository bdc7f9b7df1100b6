//! The streams that an hour waits for before it closes.

use serde_json::{Value, json};

use crate::domain::Stream;
use crate::wire::avro::{ByteReader, Malformed, Put};

use super::Payload;
use crate::wire::record::names::{Names, list, stream};
use crate::wire::record::parts::{parse_stream, put_stream};

impl Payload for Vec<Stream> {
    fn put(&self, put: &mut Put<'_>) {
        put.array(self, put_stream);
    }

    fn parse(reader: &mut ByteReader<'_>) -> Result<Self, Malformed> {
        reader.array(parse_stream)
    }

    fn json(&self, _: Names<'_>) -> Value {
        json!({"streams": list(self, stream)})
    }

    fn words(&self, _: Names<'_>) -> String {
        self.iter().map(Stream::to_string).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod samples {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::record::samples::{Sample, stream};

    impl Sample for Vec<Stream> {
        fn sample() -> Self {
            vec![Stream::file("a.csv"), Stream::topic("airshed.readings", 0)]
        }

        fn any() -> BoxedStrategy<Self> {
            vec(stream(), 0..4).boxed()
        }
    }
}

//! Where the broker is, for commands that cannot do without one.

/// Where the broker is.
#[derive(Debug, clap::Args)]
pub(super) struct Broker {
    /// Addresses of the broker, separated by commas.
    #[arg(
        long,
        env = "AIRSHED_BROKERS",
        default_value = "localhost:9092",
        value_name = "HOST:PORT"
    )]
    pub(super) brokers: String,
}

//! Spans for a collector of OpenTelemetry, by OTLP over HTTP. They leave in a thread of their own, and
//! a collector that does not answer costs nothing but the spans.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span, SpanData};
use thiserror::Error;

use super::client_builder;

/// The longest wait for a collector.
const WITHIN: Duration = Duration::from_secs(5);
/// How long the end of the program waits for the last spans.
const END_WITHIN: Duration = Duration::from_millis(500);

/// Spans cannot be exported.
#[derive(Debug, Error)]
#[error("telemetry.otlp_endpoint: {0}")]
pub struct OtlpError(String);

/// Makes spans and exports them, some seconds later or when it is closed.
#[derive(Debug)]
pub struct Spans {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// A span that has not ended. It ends when it is dropped.
#[derive(Debug)]
pub struct OpenSpan(Span);

impl Spans {
    /// Exports to a collector at this address. Connects to nothing yet.
    pub fn open(endpoint: &str, airshed: &str) -> Result<Self, OtlpError> {
        let client = client_builder().timeout(WITHIN).build();
        let client = client.map_err(|error| OtlpError(error.to_string()))?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint)
            .with_timeout(WITHIN)
            .build()
            .map_err(|error| OtlpError(error.to_string()))?;
        let name = KeyValue::new("airshed.name", airshed.to_owned());
        let resource = Resource::builder().with_service_name("airshed").with_attribute(name);
        let exporter = Heard { exporter, is_silent: AtomicBool::new(false) };
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        let tracer = provider.tracer("airshed");
        Ok(Self { provider, tracer })
    }

    /// Begins a span of the trace that a header names; none if the header is wrong. It is exported
    /// if the header says that the trace is.
    pub fn begin(
        &self,
        header: &str,
        name: &'static str,
        began: SystemTime,
        position: u64,
    ) -> Option<OpenSpan> {
        let parent =
            TraceContextPropagator::new().extract_with_context(&Context::new(), &Header(header));
        if !parent.span().span_context().is_valid() {
            return None;
        }
        let position =
            KeyValue::new("airshed.position", i64::try_from(position).unwrap_or(i64::MAX));
        let builder = self.tracer.span_builder(name);
        let builder = builder.with_kind(SpanKind::Consumer).with_start_time(began);
        let builder = builder.with_attributes([position]);
        Some(OpenSpan(self.tracer.build_with_context(builder, &parent)))
    }
}

impl Spans {
    /// Sends the last spans. No others are sent afterwards.
    pub fn close(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(END_WITHIN) {
            tracing::debug!(%error, "the last spans may be lost");
        }
    }
}

impl OpenSpan {
    /// The header of what belongs to this span.
    pub fn header(&self) -> String {
        let context: &SpanContext = self.0.span_context();
        let flags = context.trace_flags().to_u8();
        format!("00-{}-{}-{flags:02x}", context.trace_id(), context.span_id())
    }

    /// Notes that something has happened.
    pub fn note(&mut self, event: &'static str) {
        self.0.add_event(event, Vec::new());
    }
}

/// One header.
struct Header<'a>(&'a str);

impl Extractor for Header<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// Warns once when a collector does not take spans, until it does again.
#[derive(Debug)]
struct Heard<E> {
    exporter: E,
    is_silent: AtomicBool,
}

impl<E: opentelemetry_sdk::trace::SpanExporter> opentelemetry_sdk::trace::SpanExporter
    for Heard<E>
{
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let exported = self.exporter.export(batch).await;
        match &exported {
            Ok(()) => {
                if self.is_silent.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes spans again");
                }
            }
            Err(error) => {
                if !self.is_silent.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, spans, "the collector does not take spans, and they are lost; check telemetry.otlp_endpoint");
                }
            }
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

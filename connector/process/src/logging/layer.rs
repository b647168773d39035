//! The bridge from `tracing` to the destinations.

use std::fmt;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Clock;
use super::level::Levels;
use super::line::{Content, Line};
use super::sink::Sink;

/// Turns events into lines. Fields of the spans around an event follow its own, innermost first.
pub(super) struct LogLayer {
    levels: Levels,
    sinks: Vec<Arc<Sink>>,
    clock: Clock,
}

impl LogLayer {
    pub(super) fn new(levels: Levels, sinks: Vec<Arc<Sink>>, clock: Clock) -> Self {
        Self {
            levels,
            sinks,
            clock,
        }
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayer").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, _registry: Context<'_, S>) -> bool {
        self.levels
            .enabled(metadata.target(), (*metadata.level()).into())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.most())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, registry: Context<'_, S>) {
        if let Some(span) = registry.span(id) {
            let mut content = Content::default();
            attributes.record(&mut content);
            span.extensions_mut().insert(content);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, registry: Context<'_, S>) {
        if let Some(span) = registry.span(id)
            && let Some(content) = span.extensions_mut().get_mut::<Content>()
        {
            values.record(content);
        }
    }

    fn on_event(&self, event: &Event<'_>, registry: Context<'_, S>) {
        let mut content = Content::default();
        event.record(&mut content);
        let spans = registry.event_scope(event).into_iter().flatten();
        for span in spans {
            if let Some(fields) = span.extensions().get::<Content>() {
                content.surround(fields);
            }
        }
        let metadata = event.metadata();
        let line = Line {
            time: (self.clock)(),
            level: (*metadata.level()).into(),
            logger: metadata.target(),
            content,
        };
        for sink in &self.sinks {
            sink.send(&line);
        }
    }
}

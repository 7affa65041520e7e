import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ExitReason, SessionState } from './protocol/types.js';

/** What a controller counts. No series has a label that grows with sessions, keys or addresses. */
export interface ControllerMetrics {
  readonly registry: Registry;
  readonly created: Counter;
  readonly sessions: Gauge<'state'>;
  readonly ended: Counter<'reason'>;
  readonly startSeconds: Histogram<'phase'>;
  readonly firstByteSeconds: Histogram;
  readonly requests: Counter<'route' | 'status'>;
  readonly tickets: Counter<'outcome'>;
  readonly segmentBytes: Counter;
  readonly watchAgeSeconds: Gauge;
  readonly reaperLagSeconds: Gauge;
  readonly stepFailures: Counter<'step'>;
  readonly warmRunners: Gauge;
  /** Ends what measures by itself. */
  close(): void;
}

const startBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/** Metrics of a controller, in the given registry or one of their own; nothing is registered globally. */
export function createControllerMetrics(registry: Registry = new Registry()): ControllerMetrics {
  const registers = [registry];
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const lag = new Gauge({
    name: 'hawser_sessions_event_loop_lag_seconds',
    help: '99th percentile of the delay of the event loop since the last scrape.',
    registers,
    collect: () => {
      lag.set(delay.percentile(99) / 1e9);
      delay.reset();
    },
  });
  return {
    registry,
    created: new Counter({ name: 'hawser_sessions_created_total', help: 'Sessions taken.', registers }),
    sessions: new Gauge({
      name: 'hawser_sessions_sessions',
      help: 'Sessions that are not over, by state.',
      labelNames: ['state'],
      registers,
    }),
    ended: new Counter({
      name: 'hawser_sessions_ended_total',
      help: 'Sessions that ended, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    startSeconds: new Histogram({
      name: 'hawser_sessions_start_seconds',
      help: 'From the request until a phase began.',
      labelNames: ['phase'],
      buckets: startBuckets,
      registers,
    }),
    firstByteSeconds: new Histogram({
      name: 'hawser_sessions_first_byte_seconds',
      help: 'From the request until the runner told of the first byte of output.',
      buckets: startBuckets,
      registers,
    }),
    requests: new Counter({
      name: 'hawser_sessions_requests_total',
      help: 'Requests answered, by route and status.',
      labelNames: ['route', 'status'],
      registers,
    }),
    tickets: new Counter({
      name: 'hawser_sessions_tickets_total',
      help: 'Tickets, by what became of them.',
      labelNames: ['outcome'],
      registers,
    }),
    segmentBytes: new Counter({
      name: 'hawser_sessions_segment_bytes_total',
      help: 'Packed bytes of log taken from runners.',
      registers,
    }),
    watchAgeSeconds: new Gauge({
      name: 'hawser_sessions_watch_age_seconds',
      help: 'Since the cluster was last heard.',
      registers,
    }),
    reaperLagSeconds: new Gauge({
      name: 'hawser_sessions_reaper_lag_seconds',
      help: 'Since what is past its time was last removed by this replica.',
      registers,
    }),
    stepFailures: new Counter({
      name: 'hawser_sessions_step_failures_total',
      help: 'Steps of the reconcile loop that failed and will be tried again.',
      labelNames: ['step'],
      registers,
    }),
    warmRunners: new Gauge({
      name: 'hawser_sessions_warm_runners',
      help: 'Runners of this replica that wait for work.',
      registers,
    }),
    close: () => delay.disable(),
  };
}

/** Counts an end. */
export function countEnd(metrics: ControllerMetrics, reason: ExitReason): void {
  metrics.ended.inc({ reason });
}

/** Says how many sessions are in each state. */
export function setSessionCounts(
  metrics: ControllerMetrics,
  counts: ReadonlyMap<SessionState, number>,
  states: readonly SessionState[],
): void {
  for (const state of states) metrics.sessions.set({ state }, counts.get(state) ?? 0);
}

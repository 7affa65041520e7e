import { Counter, Gauge, Registry } from 'prom-client';

/** What a viewer's socket is joined to. */
export type SocketKind = 'live' | 'waiting' | 'archive';

/** What a gateway counts. Nothing is counted for each session: there are too many. */
export interface GatewayMetrics {
  readonly registry: Registry;
  opened(kind: SocketKind): void;
  closed(kind: SocketKind): void;
  passed(direction: 'in' | 'out', bytes: number): void;
  exchanged(outcome: string): void;
  refused(why: string): void;
  dialled(outcome: 'joined' | 'unreachable' | 'foreign'): void;
}

/** Registers the gateway's metrics. */
export function gatewayMetrics(registry: Registry = new Registry()): GatewayMetrics {
  const registers = [registry];
  const sockets = new Gauge({
    name: 'hawser_sessions_open_sockets',
    help: 'Sockets of viewers, by what they are joined to.',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of ['live', 'waiting', 'archive']) sockets.set({ kind }, 0);
  const bytes = new Counter({
    name: 'hawser_sessions_gateway_bytes_total',
    help: 'Bytes passed on: in from viewers, out to them.',
    labelNames: ['direction'],
    registers,
  });
  const exchanges = new Counter({
    name: 'hawser_sessions_ticket_exchanges_total',
    help: 'Tickets that were brought, by what came of it.',
    labelNames: ['outcome'],
    registers,
  });
  const refusals = new Counter({
    name: 'hawser_sessions_gateway_refusals_total',
    help: 'Sockets that were not let in, by why.',
    labelNames: ['why'],
    registers,
  });
  const dials = new Counter({
    name: 'hawser_sessions_gateway_dials_total',
    help: 'Dials of runners, by what came of it. "foreign" is an alarm: another pod answered.',
    labelNames: ['outcome'],
    registers,
  });
  return {
    registry,
    opened: (kind) => sockets.inc({ kind }),
    closed: (kind) => sockets.dec({ kind }),
    passed: (direction, count) => bytes.inc({ direction }, count),
    exchanged: (outcome) => exchanges.inc({ outcome }),
    refused: (why) => refusals.inc({ why }),
    dialled: (outcome) => dials.inc({ outcome }),
  };
}

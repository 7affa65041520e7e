import type { Style } from '@hawser/cli-kit';
import type { TunnelStatus } from '@hawser/tunnels';
import type { StatusFacts } from '../../net/status.js';
import { type ColouredColumn, renderColumns } from '../columns.js';
import { paintState } from './event.js';
import { addressOf, sizeOf, targetOf } from './words.js';

/** Tunnels as people see them: a line each, and below what the lines have no room for. */
export function renderStatus(tunnels: readonly TunnelStatus[], style: Style): string {
  if (tunnels.length === 0) return 'No tunnels are open.';
  return [renderColumns(tunnels, columns(style), style), ...notes(tunnels, style)].join('\n');
}

/** What a look at the record found out of order, and has put in order. */
export function statusWarnings({ lost, setAside }: Pick<StatusFacts, 'lost' | 'setAside'>): readonly string[] {
  return [
    ...(setAside
      ? [`The record of tunnels could not be read (${setAside.reason}); it was put aside as ${setAside.path}.`]
      : []),
    ...(lost.length > 0
      ? [`The process that kept ${lost.join(', ')} was killed: closed. hawser net up opens them again.`]
      : []),
  ];
}

function columns(style: Style): readonly ColouredColumn<TunnelStatus>[] {
  return [
    { heading: 'NAME', value: ({ spec }) => spec.name, paint: (word) => style.strong(word) },
    { heading: 'SET', value: ({ spec }) => spec.set },
    { heading: 'LOCAL', value: ({ local }) => addressOf(local), paint: (word) => style.link(word) },
    { heading: 'TO', value: ({ spec }) => targetOf(spec.to) },
    { heading: 'VIA', value: ({ spec: { via } }) => (via.kind === 'plugin' ? via.provider : via.kind) },
    {
      heading: 'LINK',
      value: ({ link }) => link.state,
      paint: (word, { link }) => paintState(link.state, style, word),
    },
    { heading: 'PROBE', value: probeWord, paint: (word, { probe }) => paintProbe(probe, style, word) },
    { heading: 'OPEN', value: ({ connections: { open, held } }) => (held > 0 ? `${open}+${held}` : String(open)) },
    { heading: 'IN', value: ({ bytes }) => sizeOf(bytes.in) },
    { heading: 'OUT', value: ({ bytes }) => sizeOf(bytes.out) },
  ];
}

/** Why a link is away or an application not well, and what to do. */
function notes(tunnels: readonly TunnelStatus[], style: Style): readonly string[] {
  return tunnels.flatMap(({ spec, link, probe }) => {
    const { failure, nextTryAt } = link;
    if (failure) {
      const again = nextTryAt === undefined ? '' : ` Tried again at ${nextTryAt}.`;
      return [`${style.bad('✗')} ${spec.name}: ${failure.message}${again}\n  ${failure.hint}`];
    }
    if (probe.state !== 'failing') return [];
    return [`${style.warn('!')} ${spec.name}: ${probe.message ?? 'what is behind it does not answer.'}`];
  });
}

function probeWord({ probe: { state, latencyMs } }: TunnelStatus): string {
  if (state === 'ok') return latencyMs === undefined ? 'ok' : `ok ${Math.round(latencyMs.p50)} ms`;
  return state === 'never' ? '–' : state;
}

function paintProbe({ state }: TunnelStatus['probe'], style: Style, word: string): string {
  if (state === 'ok') return style.good(word);
  return state === 'never' ? style.faint(word) : style.bad(word);
}

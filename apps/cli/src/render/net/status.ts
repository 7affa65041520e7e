import type { Column, Style } from '@hawser/cli-kit';
import type { TunnelStatus } from '@hawser/tunnels';
import { stateWord } from './event.js';
import { addressOf, sizeOf, targetOf } from './words.js';

/** What `hawser net status` shows of tunnels, column by column. */
export function statusColumns(style: Style): readonly Column<TunnelStatus>[] {
  return [
    { heading: 'NAME', value: ({ spec }) => spec.name },
    { heading: 'SET', value: ({ spec }) => spec.set },
    { heading: 'LOCAL', value: ({ local }) => style.link(addressOf(local)) },
    { heading: 'TO', value: ({ spec }) => targetOf(spec.to) },
    { heading: 'VIA', value: ({ spec }) => spec.via.kind },
    { heading: 'LINK', value: ({ link }) => stateWord(link.state, style) },
    { heading: 'PROBE', value: ({ probe }) => probeWord(probe, style) },
    { heading: 'OPEN', value: ({ connections: { open, held } }) => (held > 0 ? `${open}+${held}` : String(open)) },
    { heading: 'IN', value: ({ bytes }) => sizeOf(bytes.in) },
    { heading: 'OUT', value: ({ bytes }) => sizeOf(bytes.out) },
  ];
}

/** What the columns have no room for: why a link is away, and what to do. */
export function statusNotes(tunnels: readonly TunnelStatus[], style: Style): readonly string[] {
  return tunnels.flatMap(({ spec, link, probe }) => {
    const { failure, nextTryAt } = link;
    if (failure) {
      const again = nextTryAt === undefined ? '' : ` Tried again at ${nextTryAt}.`;
      return [`${style.bad('✗')} ${spec.name}: ${failure.message}${again}\n  ${failure.hint}`];
    }
    if (probe.state !== 'failing') return [];
    return [`${style.warn('!')} ${spec.name}: ${probe.message ?? 'the application behind it does not answer.'}`];
  });
}

function probeWord({ state, latencyMs }: TunnelStatus['probe'], style: Style): string {
  if (state === 'failing') return style.bad('failing');
  if (state === 'never') return style.faint('–');
  return style.good(latencyMs === undefined ? 'ok' : `ok ${Math.round(latencyMs.p50)} ms`);
}

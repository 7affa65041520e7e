import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, Style } from '@hawser/cli-kit';
import { diagnose as diagnoseTunnel, type Hop, TunnelsError, type TunnelSpec } from '@hawser/tunnels';
import { loadTunnels, pickSet } from '@hawser/tunnels/config';
import { createProviders } from '@hawser/tunnels/supervisor';
import { pluginProvider } from '../plugins/tunnels.js';
import { type OpeningRequest, places, specsOf } from './specs.js';
import { readStatus } from './status.js';

/** What `hawser net doctor` found. */
export interface DiagnosisFacts {
  readonly tunnels: readonly Diagnosis[];
}

/** The way of one tunnel. */
export interface Diagnosis {
  readonly name: string;
  readonly set: string;
  readonly ok: boolean;
  /** Step by step, as far as it goes; the last one that failed is what is wrong. */
  readonly hops: readonly Hop[];
}

/** Goes the way of each tunnel over a link of its own. */
export async function diagnose(
  names: readonly string[],
  flags: OpeningRequest | Omit<OpeningRequest, 'yes'>,
  { out, signal, ask }: Pick<Context, 'ask' | 'out' | 'signal'>,
): Promise<DiagnosisFacts> {
  const specs = await meant(names, { ...flags, yes: true }, { ask, signal });
  const providers = createProviders(() => pluginProvider());
  const tunnels: Diagnosis[] = [];
  for (const { name, set, via, to, probe } of specs) {
    const runtimeDirectory = await mkdtemp(join(tmpdir(), 'hawser-d-'));
    try {
      const hops = await out.step(`Going the way of ${name}`, async (step) => {
        const gone: Hop[] = [];
        const way = diagnoseTunnel({ via, to, ...(probe && { probe }), providers, runtimeDirectory, signal });
        for await (const hop of way) {
          gone.push(hop);
          step.progress(`${hop.hop}: ${hop.detail}`);
        }
        return gone;
      });
      tunnels.push({ name, set, hops, ok: hops.every(({ verdict }) => verdict !== 'fail') });
    } finally {
      await rm(runtimeDirectory, { recursive: true, force: true });
    }
  }
  return { tunnels };
}

/** The tunnels that are named, open or in a file; without names those that are open, else what would be opened. */
async function meant(
  names: readonly string[],
  flags: OpeningRequest,
  context: Pick<Context, 'ask' | 'signal'>,
): Promise<readonly TunnelSpec[]> {
  const open = (await readStatus(context.signal)).tunnels.map(({ spec }) => spec);
  if (names.length === 0) {
    const said = flags.via !== undefined || (flags.forward ?? []).length > 0;
    return open.length > 0 && !said ? open : specsOf(undefined, flags, context);
  }
  const loaded = await loadTunnels(places());
  return names.flatMap((name) => {
    const ofName = open.filter((spec) => spec.name === name || spec.set === name);
    if (ofName.length > 0) return ofName;
    const set = loaded.sets.find((each) => each.name === name || each.tunnels.some((spec) => spec.name === name));
    if (!set) throw new TunnelsError('HAWSER_NET_TUNNEL_NOT_FOUND', `There is no tunnel and no set '${name}'.`);
    return pickSet(loaded, set.name).filter((spec) => set.name === name || spec.name === name);
  });
}

/** The same for people. */
export function diagnosisText({ tunnels }: DiagnosisFacts, style: Style): string {
  return tunnels
    .flatMap(({ name, set, hops }) => [style.strong(`${name} (${set})`), ...hops.map((hop) => hopLine(hop, style))])
    .join('\n');
}

function hopLine({ hop, verdict, detail, hint, ms }: Hop, style: Style): string {
  const mark = { pass: style.good('✓'), fail: style.bad('✗'), skipped: style.faint('–') }[verdict];
  const took = ms === undefined ? '' : style.faint(` (${Math.round(ms)} ms)`);
  const next = verdict === 'fail' && hint !== undefined ? `\n    ${hint}` : '';
  return `  ${mark} ${hop.padEnd(11)} ${detail}${took}${next}`;
}

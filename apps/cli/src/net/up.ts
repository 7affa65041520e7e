import type { Context, Result, Told } from '@hawser/cli-kit';
import type { TunnelSpec, TunnelStatus, ViaKind } from '@hawser/tunnels';
import type { WaitFor } from '@hawser/tunnels/supervisor';
import { openTunnels, type OpenRequest } from './open.js';
import { reachSupervisor } from './reach.js';
import { type OpeningRequest, specsOf } from './specs.js';

/** What `hawser net up` came to. */
export interface UpFacts {
  /** The tunnels, ready as far as was waited for. */
  readonly tunnels: readonly TunnelStatus[];
  /** With --dry-run: how each link would be made. */
  readonly plan?: readonly PlannedLink[];
}

/** A link that would be made. */
export interface PlannedLink {
  readonly via: ViaKind;
  /** Names of the tunnels that would use it. */
  readonly tunnels: readonly string[];
  readonly summary: string;
  /** Commands a person could run instead, each as its words. */
  readonly commands: readonly (readonly string[])[];
}

/** The flags of `net up` besides those that say what to open. */
export interface UpRequest extends OpeningRequest {
  readonly wait?: WaitFor | undefined;
  readonly timeout?: number | undefined;
  readonly foreground: boolean;
  readonly 'dry-run': boolean;
}

type UpContext = Pick<Context, 'ask' | 'out' | 'signal' | 'onEnd'> & { readonly root: string };

/** Opens a set, or what the flags say. `root` is our package. */
export async function openUp(
  set: string | undefined,
  flags: UpRequest,
  context: UpContext,
): Promise<Result<UpFacts> | Told> {
  const specs = await specsOf(set, flags, context);
  if (flags['dry-run']) return planOf(specs);
  const request: OpenRequest = {
    specs,
    wait: flags.wait ?? 'healthy',
    timeoutMs: flags.timeout,
    labelled: set !== undefined || flags.label !== undefined,
  };
  if (flags.foreground) return stayInForeground(request, context);
  const client = await reachSupervisor(context.root, context.signal);
  context.onEnd(() => client.close());
  const { tunnels } = await openTunnels(client, request, context);
  return { data: { tunnels }, text: () => shownTunnels(tunnels, context) };
}

async function shownTunnels(tunnels: readonly TunnelStatus[], { out }: Pick<Context, 'out'>): Promise<string> {
  const { renderOpened } = await import('../render/net/opened.js');
  return renderOpened(tunnels, await out.style());
}

/** Keeps tunnels in this process until somebody closes them, or it is told to end. */
async function stayInForeground(request: OpenRequest, context: UpContext): Promise<Told> {
  const { out, signal, onEnd } = context;
  const { createProviders, runForeground } = await import('@hawser/tunnels/supervisor');
  const { pluginProvider } = await import('../plugins/tunnels.js');
  const { printEvents } = await import('./follow.js');
  const foreground = await runForeground({ from: process.cwd(), providers: createProviders(() => pluginProvider()) });
  onEnd(() => foreground.close());
  const { client } = foreground;
  const { tunnels } = await openTunnels(client, request, context);
  out.record({ tunnels });
  if (!out.json) out.data(await shownTunnels(tunnels, context));
  await printEvents(client.events({ signal }), { names: [], debug: false }, { out });
  return { told: true };
}

async function planOf(specs: readonly TunnelSpec[]): Promise<Result<UpFacts>> {
  const { createProviders } = await import('@hawser/tunnels/supervisor');
  const { quoteCommand } = await import('@hawser/ssm-channel');
  const { pluginProvider } = await import('../plugins/tunnels.js');
  const providers = createProviders(() => pluginProvider(specs));
  const links = new Map<string, readonly TunnelSpec[]>();
  for (const spec of specs) {
    const key = JSON.stringify([spec.set, spec.via]);
    links.set(key, [...(links.get(key) ?? []), spec]);
  }
  const plan: PlannedLink[] = [];
  for (const together of links.values()) {
    const { via } = together[0]!;
    const provider = await providers[via.kind]();
    const description = provider.describe(
      via,
      together.map(({ to, local }) => ({
        to,
        ...('port' in local && local.port > 0 ? { localPort: local.port } : {}),
      })),
    );
    plan.push({ via: via.kind, tunnels: together.map(({ name }) => name), ...description });
  }
  const lines = plan.flatMap(({ tunnels, summary, commands }) => [
    `# ${tunnels.join(', ')}: ${summary}`,
    ...commands.map((command) => quoteCommand(command)),
  ]);
  return { data: { tunnels: [], plan }, text: lines.join('\n') };
}

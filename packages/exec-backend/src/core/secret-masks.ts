import { parseRepository } from '@hawser/exec-client/contract';
import type { BackendPorts } from '../ports.js';
import type { Execution } from './execution.js';
import { createMask } from './redact.js';

const keptMs = 5 * 60_000;
const mostKept = 256;

/**
 * What hides an execution's secrets, and git's, in its log. Values are asked for once in a while, not for every page; a value that
 * was changed since is hidden as it was for as long as this process remembers it, and as it is now after that.
 */
export class SecretMasks {
  readonly #ports: Pick<BackendPorts, 'secrets' | 'clock'>;
  readonly #kept = new Map<string, { readonly untilMs: number; readonly mask: Promise<(line: string) => string> }>();

  constructor(ports: Pick<BackendPorts, 'secrets' | 'clock'>) {
    this.#ports = ports;
  }

  of({ id, request }: Execution): Promise<(line: string) => string> {
    const names = Object.values(request.secrets ?? {});
    const host = request.repo === undefined ? '' : (parseRepository(request.repo)?.host ?? '');
    if (names.length === 0 && host === '') return Promise.resolve((line) => line);
    const nowMs = this.#ports.clock.nowMs();
    const known = this.#kept.get(id);
    if (known && known.untilMs > nowMs) return known.mask;
    const mask = this.#values(names, host).then(createMask);
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(id, { untilMs: nowMs + keptMs, mask });
    mask.catch(() => this.#kept.delete(id));
    return mask;
  }

  async #values(names: readonly string[], host: string): Promise<readonly string[]> {
    const { secrets } = this.#ports;
    const values = names.length > 0 ? await secrets.resolve(names) : new Map<string, string>();
    const git = host === '' ? undefined : await secrets.gitCredential(host);
    return [...values.values(), ...(git ? [git.kind === 'basic' ? git.password : git.private_key] : [])];
  }
}

import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type {
  ChainVia,
  KubeVia,
  LocalAddress,
  OnPortConflict,
  ProbeSpec,
  SshVia,
  SsmVia,
  Target,
  TunnelSpec,
  Via,
} from '../spec.js';
import type { Complaint } from './complaint.js';
import { asMap } from './raw.js';
import type { ParsedFile, Path } from './read-yaml.js';
import { readDuration, readTarget } from './values.js';

/** What one file says of a tunnel; another file may say the rest. */
export type TunnelPart = Partial<Omit<TunnelSpec, 'name' | 'set'>> & { readonly complaint: Complaint };

/** What one file says of a set. */
export interface SetPart {
  readonly description?: string;
  /** For every tunnel that does not say otherwise. */
  readonly defaults: Partial<Omit<TunnelSpec, 'name' | 'set'>>;
  readonly tunnels: ReadonlyMap<string, TunnelPart>;
}

type Raw = Readonly<Record<string, unknown>>;

/** Turns a file that fits the schema into parts of specifications; complains about what a schema cannot see. */
export function normaliseFile(
  parsed: ParsedFile,
  path: string,
  { home = homedir(), providers = [] }: { readonly home?: string; readonly providers?: readonly string[] } = {},
): { readonly sets: ReadonlyMap<string, SetPart>; readonly complaints: readonly Complaint[] } {
  const reader = new Reader(parsed, dirname(path), home, providers);
  const sets = new Map<string, SetPart>();
  for (const [name, raw] of Object.entries(asMap(asMap(parsed.value)['sets']))) {
    sets.set(name, reader.set(asMap(raw), ['sets', name]));
  }
  return { sets, complaints: reader.complaints };
}

class Reader {
  readonly complaints: Complaint[] = [];
  readonly #parsed: ParsedFile;
  readonly #folder: string;
  readonly #home: string;
  readonly #providers: readonly string[];

  constructor(parsed: ParsedFile, folder: string, home: string, providers: readonly string[]) {
    this.#parsed = parsed;
    this.#folder = folder;
    this.#home = home;
    this.#providers = providers;
  }

  set(raw: Raw, at: Path): SetPart {
    const tunnels = Object.entries(asMap(raw['tunnels'])).map(([name, each]) => {
      const path = [...at, 'tunnels', name];
      return [name, this.#tunnel(asMap(each), path)] as const;
    });
    const { description } = raw as { description?: string };
    return {
      ...(description === undefined ? {} : { description }),
      defaults: this.#shared(raw, at),
      tunnels: new Map(tunnels),
    };
  }

  #tunnel(raw: Raw, at: Path): TunnelPart {
    const { to, local, probe, env } = raw;
    const target = to === undefined ? undefined : this.#target(to, [...at, 'to']);
    return {
      ...this.#shared(raw, at),
      ...(target && { to: target }),
      ...(local !== undefined && { local: this.#local(local) }),
      ...(probe !== undefined && { probe: probeOf(probe) }),
      ...(env !== undefined && { env: asMap(env) as Record<string, string> }),
      complaint: this.#parsed.complain(at, 'has no via or no to; each tunnel needs both.', 'name'),
    };
  }

  #shared(raw: Raw, at: Path): SetPart['defaults'] {
    const { via, lazy, onPortConflict } = raw as { via?: unknown; lazy?: boolean; onPortConflict?: OnPortConflict };
    const ttlMs = this.#duration(raw, 'ttl', at);
    const idleMs = this.#duration(raw, 'idle', at);
    const holdMs = this.#duration(raw, 'hold', at);
    return {
      ...(via !== undefined && { via: this.#via(via, [...at, 'via']) }),
      ...(lazy !== undefined && { lazy }),
      ...(onPortConflict !== undefined && { onPortConflict }),
      ...(ttlMs !== undefined && { ttlMs }),
      ...(idleMs !== undefined && { idleMs }),
      ...(holdMs !== undefined && { holdMs }),
    };
  }

  #duration(raw: Raw, name: string, at: Path): number | undefined {
    const text = raw[name] as string | undefined;
    if (text === undefined) return undefined;
    const ms = readDuration(text);
    if (ms === undefined) {
      this.complaints.push(this.#parsed.complain([...at, name], 'may be a duration from 1ms to 24 days (576h).'));
    }
    return ms;
  }

  #target(raw: unknown, at: Path): Target | undefined {
    if (typeof raw !== 'string') return asMap(raw) as unknown as Target;
    const target = readTarget(raw);
    if (!target) {
      this.complaints.push(
        this.#parsed.complain(at, 'may be HOST:PORT with a port from 1 to 65535, an IPv6 address in brackets.'),
      );
    }
    return target;
  }

  #local(raw: unknown): LocalAddress {
    if (typeof raw === 'number') return { port: raw };
    const { host, port, path } = raw as { host?: string; port?: number; path?: string };
    if (path !== undefined) return { path: this.#path(path) };
    // Both loopback addresses, as the name means them.
    return { port: port ?? 0, ...(host !== undefined && host !== 'localhost' && { host }) };
  }

  #via(raw: unknown, at: Path): Via {
    if (raw === 'direct') return { kind: 'direct' };
    if (Array.isArray(raw)) return this.#chain(raw, at);
    const settings = asMap(raw);
    switch (settings['kind']) {
      case 'chain':
        return this.#chain(settings['hops'] as readonly unknown[], [...at, 'hops']);
      case 'ssm':
        return ssmVia(settings);
      case 'kube': {
        const { kubeconfig } = settings as { kubeconfig?: string };
        return { ...(settings as unknown as KubeVia), ...(kubeconfig && { kubeconfig: this.#path(kubeconfig) }) };
      }
      case 'direct':
        return { kind: 'direct' };
      case 'ssh':
      case 'ssh-bastion':
        return this.#ssh(settings);
      default: {
        const { kind, ...said } = settings as { kind: string };
        if (!this.#providers.includes(kind)) {
          const known = ['ssh-bastion', 'ssh', 'ssm', 'kube', 'direct', ...this.#providers].join(', ');
          this.complaints.push(this.#parsed.complain([...at, 'kind'], `may be ${known}, or what a plugin adds.`));
        }
        return { kind: 'plugin', provider: kind, settings: said };
      }
    }
  }

  #chain(hops: readonly unknown[], at: Path): ChainVia {
    return { kind: 'chain', hops: hops.map((hop, index) => this.#via(hop, [...at, index])) };
  }

  #ssh(settings: Raw): SshVia {
    const { jump, options, identityFile, configFile, ...rest } = settings as Omit<SshVia, 'jump' | 'options'> & {
      jump?: string | readonly string[];
      options?: unknown;
    };
    return {
      ...rest,
      kind: 'ssh-bastion',
      ...(jump !== undefined && { jump: [jump].flat().join(',') }),
      ...(options !== undefined && { options: sshOptions(options) }),
      ...(identityFile !== undefined && { identityFile: this.#path(identityFile) }),
      ...(configFile !== undefined && { configFile: this.#path(configFile) }),
    };
  }

  /** Relative to the file it stands in; `~` is the home folder. */
  #path(path: string): string {
    if (path === '~' || path.startsWith('~/')) return join(this.#home, path.slice(1));
    return isAbsolute(path) ? path : resolve(this.#folder, path);
  }
}

function sshOptions(raw: unknown): readonly string[] {
  if (Array.isArray(raw)) return raw.map((option: string) => option.replace(/^([A-Za-z0-9]+)[ =]\s*/, '$1='));
  return Object.entries(asMap(raw)).map(([name, value]) => {
    const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    return `${name}=${text}`;
  });
}

function ssmVia(settings: Raw): SsmVia {
  const { target, ...rest } = settings as unknown as Omit<SsmVia, 'target'> & { target: unknown };
  if (typeof target === 'string') return { ...rest, target };
  const { tag, name, id } = asMap(target) as { tag?: Record<string, string>; name?: string; id?: string };
  const [key, value] = Object.entries(tag ?? {})[0] ?? ['Name', name];
  return { ...rest, target: id ?? `tag:${key}=${value}` };
}

function probeOf(raw: unknown): ProbeSpec {
  if (typeof raw === 'string') return { kind: raw as 'tcp' | 'prefect' | 'marquez' | 'postgres' };
  const { http, ...rest } = raw as { http: string; status?: number[]; body?: string; host?: string };
  return { kind: 'http', path: http, ...rest };
}

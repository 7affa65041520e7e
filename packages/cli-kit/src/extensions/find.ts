import { isAbsolute, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isHawserError } from '../errors/contract.js';
import { CliKitError } from '../errors.js';
import type { Extension, ExtensionPoints } from './points.js';
import { misshapen } from './shapes.js';

/** Where a call may fail because the world is as it is: whoever calls says then what failed, and may try again. */
const mayFail: ReadonlySet<keyof ExtensionPoints> = new Set(['tunnel-provider', 'session-source']);

/** As much of a plugin as it takes to know what it adds. */
export interface InstalledPlugin {
  readonly name: string;
  /** The folder of its package. */
  readonly root: string;
  /** Its package.json, as it was read. */
  readonly pjson: unknown;
}

/** A module that takes longer than this to be imported counts as broken. */
const LOAD_MS = 10_000;
/** So does a call that has not settled by then, where nobody else would end the wait. */
const CALL_MS = 60_000;

/**
 * What these plugins add at a point, in the order of their names and by their manifests alone: a module is imported when
 * its extension is asked to `load()`, once. A manifest that cannot be understood gives an extension that cannot be loaded,
 * and breaks nothing.
 *
 * A module has `loadMs` (10,000) milliseconds to be imported, and a call `callMs` (60,000) to settle; one whose input has a
 * signal is not waited for once that has aborted. Calls of tunnel providers and sources are bounded by who calls them.
 */
export function findExtensions<P extends keyof ExtensionPoints>(
  point: P,
  plugins: Iterable<InstalledPlugin>,
  { loadMs = LOAD_MS, callMs = CALL_MS }: { readonly loadMs?: number; readonly callMs?: number } = {},
): readonly Extension<ExtensionPoints[P]>[] {
  const inOrder = [...plugins].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return inOrder.flatMap(({ name: plugin, root, pjson }) => {
    const declared = field(field(field(pjson, 'hawser'), 'extensions'), point);
    if (declared === undefined) return [];
    const named: [string, unknown][] = isRecord(declared) ? Object.entries(declared) : [['?', undefined]];
    return named.map(([name, path]) => {
      const about: About = { plugin, point, extension: name };
      let loaded: Promise<ExtensionPoints[P]> | undefined;
      return { name, plugin, load: () => (loaded ??= load<P>(about, root, path, { loadMs, callMs })) };
    });
  });
}

/** How long a plugin may take, in milliseconds. */
interface Limits {
  readonly loadMs: number;
  readonly callMs: number;
}

/** Which extension something is said of. */
interface About {
  readonly plugin: string;
  readonly point: keyof ExtensionPoints;
  readonly extension: string;
}

async function load<P extends keyof ExtensionPoints>(
  about: About,
  root: string,
  path: unknown,
  { loadMs, callMs }: Limits,
): Promise<ExtensionPoints[P]> {
  if (typeof path !== 'string') {
    throw broken(about, `has no path of a module in its package.json under hawser.extensions.${about.point}`);
  }
  const file = resolve(root, path);
  const inside = relative(root, file);
  if (isAbsolute(path) || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw broken(about, `names ${path}, which lies outside its package`);
  }
  let module: { readonly extension?: unknown };
  try {
    module = await settled(import(pathToFileURL(file).href) as Promise<typeof module>, { ms: loadMs });
  } catch (thrown) {
    throw broken(about, `could not be loaded from ${path}: ${said(thrown)}`, thrown);
  }
  const complaint = misshapen(about.point, module.extension);
  if (complaint) throw broken(about, complaint);
  const extension = module.extension as ExtensionPoints[P];
  return mayFail.has(about.point) ? extension : (guarded(extension as object, about, callMs) as ExtensionPoints[P]);
}

/** The same object, whose methods name plugin and point when they fail in a way that nobody foresaw, or do not return. */
function guarded<T extends object>(extension: T, about: About, ms: number): T {
  return new Proxy(extension, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        const blame = (thrown: unknown): never => {
          if (isHawserError(thrown) || isAbort(thrown)) throw thrown;
          throw broken(about, `failed in ${String(key)}(): ${said(thrown)}`, thrown);
        };
        try {
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise ? settled(result, { ms, signal: signalAmong(args) }).catch(blame) : result;
        } catch (thrown) {
          return blame(thrown);
        }
      };
    },
  });
}

function broken({ plugin, point, extension }: About, what: string, cause?: unknown): CliKitError {
  return new CliKitError('HAWSER_CLI_EXTENSION_BROKEN', `The plugin ${plugin} ${what} (its ${point} '${extension}').`, {
    hint:
      `Everything that does not need it goes on. Bring it up to date with hawser plugins update, ` +
      `or take it out with hawser plugins uninstall ${plugin}; its author will want to know.`,
    details: { plugin, point, extension },
    cause,
  });
}

/** What a promise of a plugin becomes, unless it takes too long or nobody waits for it any more. */
async function settled<T>(
  promise: Promise<T>,
  { ms, signal }: { readonly ms: number; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  let giveUp = (): void => {};
  const given = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it did not finish within ${ms / 1000} s`)), ms);
    const abort = (): void => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    giveUp = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([promise, given]);
  } finally {
    giveUp();
  }
}

/** The signal in the input of a call; those of points that have one call it so. */
function signalAmong(args: readonly unknown[]): AbortSignal | undefined {
  return args.map((each) => field(each, 'signal')).find((each) => each instanceof AbortSignal);
}

function said(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.split('\n')[0] ?? '';
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

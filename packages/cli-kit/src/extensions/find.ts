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
const LOAD_TIMEOUT_MS = 10_000;

/**
 * What these plugins add at a point, in the order of their names and by their manifests alone: a module is imported when its extension is asked to
 * `load()`, once. A manifest that cannot be understood gives an extension that cannot be loaded, and breaks nothing.
 */
export function findExtensions<P extends keyof ExtensionPoints>(
  point: P,
  plugins: Iterable<InstalledPlugin>,
  { timeoutMs = LOAD_TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): readonly Extension<ExtensionPoints[P]>[] {
  const inOrder = [...plugins].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return inOrder.flatMap(({ name: plugin, root, pjson }) => {
    const declared = field(field(field(pjson, 'hawser'), 'extensions'), point);
    if (declared === undefined) return [];
    const named: [string, unknown][] = isRecord(declared) ? Object.entries(declared) : [['?', undefined]];
    return named.map(([name, path]) => {
      const about: About = { plugin, point, extension: name };
      let loaded: Promise<ExtensionPoints[P]> | undefined;
      return { name, plugin, load: () => (loaded ??= load<P>(about, root, path, timeoutMs)) };
    });
  });
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
  timeoutMs: number,
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
    module = await within(timeoutMs, import(pathToFileURL(file).href) as Promise<typeof module>);
  } catch (thrown) {
    throw broken(about, `could not be loaded from ${path}: ${said(thrown)}`, thrown);
  }
  const complaint = misshapen(about.point, module.extension);
  if (complaint) throw broken(about, complaint);
  const extension = module.extension as ExtensionPoints[P];
  return mayFail.has(about.point) ? extension : (guarded(extension as object, about) as ExtensionPoints[P]);
}

/** The same object, whose methods name plugin and point when they fail in a way that nobody foresaw. */
function guarded<T extends object>(extension: T, about: About): T {
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
          return result instanceof Promise ? result.catch(blame) : result;
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

async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not finish within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
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

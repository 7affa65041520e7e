import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package that is served: what a registry says of it, and its archive. */
interface Served {
  readonly manifest: Manifest;
  readonly archive: () => Buffer;
}

/** An npm registry on loopback. */
export interface Registry extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves packages of this workspace, and everything they need as it is installed here, the way a registry would.
 * Packages of the workspace are packed as for publishing; nothing is fetched from elsewhere.
 */
export async function startRegistry(folders: readonly string[], temp: string): Promise<Registry> {
  const packages = new Map<string, Served>();
  const own = new Map<string, Manifest>();
  for (const folder of folders) gather(realpathSync(folder), own, packages);
  pack(own, temp, packages);
  const server = createServer(({ url = '' }, response) => {
    const path = decodeURIComponent(url.slice(1));
    const asked = packages.get(path.replace(/\.tgz$/, ''));
    if (path.endsWith('.tgz') && asked) return response.end(asked.archive());
    const versions = [...packages.values()].filter(({ manifest }) => manifest.name === path);
    response.writeHead(versions.length === 0 ? 404 : 200, { 'content-type': 'application/json' });
    return response.end(
      JSON.stringify({
        name: path,
        'dist-tags': { latest: versions[0]?.manifest.version },
        versions: Object.fromEntries(
          versions.map(({ manifest }) => {
            const tarball = `${address()}/${encodeURIComponent(`${manifest.name}@${manifest.version}`)}.tgz`;
            return [manifest.version, { ...manifest, dist: { tarball } }];
          }),
        ),
      }),
    );
  });
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: address(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Takes a package and what it depends on, found where Node would find it. Those of the workspace go to `ours`. */
function gather(folder: string, ours: Map<string, Manifest>, packages: Map<string, Served>): void {
  const own = readManifest(folder);
  const key = `${own.name}@${own.version}`;
  if (packages.has(key) || ours.has(key)) return;
  if (folder.includes('node_modules')) packages.set(key, { manifest: own, archive: () => archiveOf(folder) });
  else ours.set(key, own);
  for (const name of Object.keys({ ...own.dependencies, ...own.optionalDependencies })) {
    const found = find(name, folder);
    if (found !== undefined) gather(found, ours, packages);
    else if (own.dependencies?.[name]) throw new Error(`${name}, which ${key} needs, is not installed.`);
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function find(name: string, from: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
  }
  return undefined;
}

/** Makes the archives that publishing would upload, with the ranges of the workspace filled in, in one go. */
function pack(ours: ReadonlyMap<string, Manifest>, temp: string, packages: Map<string, Served>): void {
  const filters = [...ours.values()].flatMap(({ name }) => ['--filter', name]);
  const args = [join(root, 'scripts/pnpm.mjs'), '--dir', root, ...filters, 'pack', '--pack-destination', temp];
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  for (const [key, { name, version }] of ours) {
    const file = join(temp, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    const packed = execFileSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' });
    packages.set(key, { manifest: JSON.parse(packed) as Manifest, archive: () => readFileSync(file) });
  }
}

/** The archive of an installed package. */
function archiveOf(folder: string): Buffer {
  // Files with the same content are one file in the store; npm takes no links out of an archive.
  const args = [
    '-cf',
    '-',
    '--use-compress-program=gzip -1',
    '--hard-dereference',
    '--exclude=./node_modules',
    // Most of what there is to unpack, and nothing that runs.
    '--exclude=*.d.ts',
    '--exclude=*.map',
    '--transform',
    's,^\\.,package,',
    '-C',
    folder,
    '.',
  ];
  return execFileSync('tar', args, { maxBuffer: 1 << 28 });
}

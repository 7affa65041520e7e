import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubeObject } from '../types.js';
import type { Shelf } from './parts.js';
import { type Container, fieldOf, type Source, specOf, type Volume } from './pod-spec.js';

/** Something a pod needs is not there yet. */
export class NotYet extends Error {}

/** Fills the volumes of a pod, each in a folder below `folder`. Throws {@link NotYet} for a Secret or ConfigMap that is not there. */
export async function fillVolumes(shelf: Shelf, pod: KubeObject, folder: string): Promise<ReadonlyMap<string, string>> {
  const volumes = specOf(pod).volumes ?? [];
  // All is looked for before anything is written.
  const files = volumes.map((volume) => ({ volume, files: filesOf(shelf, pod, volume) }));
  const places = new Map<string, string>();
  for (const { volume, files: contents } of files) {
    const place = volume.hostPath?.path ?? join(folder, volume.name);
    places.set(volume.name, place);
    if (volume.hostPath) continue;
    await mkdir(place, { recursive: true, mode: 0o700 });
    for (const { path, bytes, mode } of contents) {
      const file = join(place, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, bytes);
      await chmod(file, mode);
    }
  }
  return places;
}

interface File {
  readonly path: string;
  readonly bytes: Buffer;
  readonly mode: number;
}

function filesOf(shelf: Shelf, pod: KubeObject, volume: Volume): readonly File[] {
  const sources = volume.projected?.sources ?? [volume];
  return sources.flatMap((source) => [
    ...keyed(shelf, pod, 'Secret', source.secret, volume.projected?.defaultMode),
    ...keyed(shelf, pod, 'ConfigMap', source.configMap, volume.projected?.defaultMode),
    ...(source.downwardAPI?.items ?? []).map(({ path, fieldRef }) => ({
      path,
      bytes: Buffer.from(fieldRef ? fieldOf(pod, fieldRef.fieldPath) : ''),
      mode: 0o644,
    })),
  ]);
}

function keyed(
  shelf: Shelf,
  pod: KubeObject,
  kind: 'Secret' | 'ConfigMap',
  source: (NonNullable<Source['secret']> & NonNullable<Source['configMap']>) | Source['configMap'],
  projectedMode: number | undefined,
): readonly File[] {
  if (!source) return [];
  const name = ('secretName' in source ? source.secretName : source.name) ?? '';
  const data = readData(shelf, pod.metadata.namespace ?? '', kind, { name, optional: source.optional ?? false });
  const items = source.items ?? [...data.keys()].map((key) => ({ key, path: key, mode: undefined }));
  return items.map(({ key, path, mode }) => {
    const bytes = data.get(key);
    if (!bytes) throw new NotYet(`references non-existent ${kind.toLowerCase()} key: ${key}`);
    return { path, bytes, mode: mode ?? source.defaultMode ?? projectedMode ?? 0o644 };
  });
}

/** The values of a Secret or ConfigMap. */
export function readData(
  shelf: Shelf,
  namespace: string,
  kind: 'Secret' | 'ConfigMap',
  { name, optional }: { readonly name: string; readonly optional?: boolean },
): ReadonlyMap<string, Buffer> {
  const object = shelf.get('v1', kind, namespace, name);
  if (!object && !optional) throw new NotYet(`${kind.toLowerCase()} "${name}" not found`);
  const data = (object?.['data'] ?? {}) as Readonly<Record<string, string>>;
  const texts = (object?.[kind === 'Secret' ? 'stringData' : 'binaryData'] ?? {}) as Readonly<Record<string, string>>;
  const encoded = kind === 'Secret' ? data : texts;
  const plain = kind === 'Secret' ? texts : data;
  return new Map([
    ...Object.entries(encoded).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
    ...Object.entries(plain).map(([key, value]) => [key, Buffer.from(value)] as const),
  ]);
}

/**
 * There is no file system of its own for a container here: a path that lies in one of its mounts becomes the path of
 * this machine, where a text is such a path or is `NAME=PATH`. What is there on this machine and not in the mount is
 * what an image stands for, such as a program below the temporary folder.
 */
export function createPlaceFinder(container: Container, places: ReadonlyMap<string, string>): (text: string) => string {
  const mounts = (container.volumeMounts ?? [])
    .map(({ name, mountPath, subPath }) => ({
      at: mountPath.replace(/\/$/, ''),
      place: join(places.get(name) ?? '', subPath ?? ''),
    }))
    .toSorted((a, b) => b.at.length - a.at.length);
  return (text) => {
    const [, head = '', path = ''] = /^([^/=]*=)?(\/.*)$/s.exec(text) ?? [];
    const mount = mounts.find(({ at }) => path === at || path.startsWith(`${at}/`));
    if (!mount) return text;
    const place = `${mount.place}${path.slice(mount.at.length)}`;
    return !existsSync(place) && existsSync(path) ? text : `${head}${place}`;
  };
}

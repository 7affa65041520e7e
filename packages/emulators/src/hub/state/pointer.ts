/** What an LFS pointer stands for. */
export interface Pointer {
  /** SHA-256 of the content. */
  readonly oid: string;
  readonly size: number;
}

/** Longer files are no pointers (git-lfs `docs/spec.md`: "pointer files must be less than 1024 bytes in size"). */
const maxPointerBytes = 1024;

/** Writes a pointer file. */
export function encodePointer({ oid, size }: Pointer): Buffer {
  return Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`);
}

/** Reads a pointer file; undefined for any other. */
export function readPointer(body: Buffer): Pointer | undefined {
  if (body.length >= maxPointerBytes) return undefined;
  const match =
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:(?<oid>[0-9a-f]{64})\nsize (?<size>\d+)\n$/u.exec(
      body.toString('latin1'),
    );
  return match?.groups ? { oid: match.groups['oid'] ?? '', size: Number(match.groups['size']) } : undefined;
}

/** What a source is fetched with. */
export interface SourceInput {
  readonly signal: AbortSignal;
  /** More than this is refused anyway. */
  readonly maxBytes: number;
  /** Sentences for whoever watches. */
  readonly onProgress: (sentence: string) => void;
}

/** A source, packed. */
export interface SourceArchive {
  readonly kind: 'zip' | 'tar' | 'tar.gz';
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Fetches sources of one scheme for sessions of this machine: `--source NAME:…` or `NAME+…:…`, where NAME is the
 * extension's in the manifest. Runs in the session's own process, before its command. What it hands over is unpacked by
 * Hawser, by the same rules as every archive: size, ratio, names, links, checksum.
 */
export interface SessionSource {
  fetch(url: string, input: SourceInput): Promise<SourceArchive>;
}

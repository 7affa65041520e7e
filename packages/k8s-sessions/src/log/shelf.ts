import type { LogFolder } from './folder.js';
import { gzip } from './pack.js';
import type { Keyframe, LogInfo, LogSource, LogWriterOptions, Segment, SegmentHead } from './types.js';

/** A closed segment, and its parts until they are on disk. */
export interface Kept {
  head: SegmentHead;
  parts: { readonly data: Uint8Array; readonly index: Uint8Array } | undefined;
}

/** What the writer knows at the moment. */
export interface ShelfNow {
  readonly epoch: string;
  readonly head: number;
  readonly lines: number;
  readonly open: {
    readonly n: number;
    readonly from: number;
    readonly firstLine: number;
    readonly startedAtMs: number;
    readonly data: Uint8Array;
    readonly index: () => Uint8Array;
  };
}

/** The share of the cap that the beginning of a log keeps for good. */
const headShare = 0.25;
/** How far the guaranteed lines may go beyond the cap: lines of any length would fill any disk. */
const guaranteeLimit = 2;

/** What a writer keeps, in memory until it is on disk, as a source to read from. */
export class LogShelf implements LogSource {
  readonly #options: Pick<LogWriterOptions, 'capBytes' | 'guaranteedLines'>;
  readonly #folder: LogFolder;
  readonly #now: () => ShelfNow;
  readonly #kept: Kept[] = [];
  /** Offsets in order; those not on disk yet with the keyframe itself. */
  readonly #keyframes: { readonly offset: number; keyframe: Keyframe | undefined }[] = [];
  readonly #waiting = new Set<{ readonly head: number; readonly resolve: () => void }>();
  #closed: { readonly digest: string | null } | undefined;

  constructor(options: Pick<LogWriterOptions, 'capBytes' | 'guaranteedLines'>, folder: LogFolder, now: () => ShelfNow) {
    this.#options = options;
    this.#folder = folder;
    this.#now = now;
  }

  async info(): Promise<LogInfo> {
    const { epoch, head, lines } = this.#now();
    const gap = this.#gap();
    return {
      epoch,
      first: gap?.to ?? 0,
      head,
      lines,
      closed: this.#closed !== undefined,
      digest: this.#closed?.digest ?? null,
      gap,
    };
  }

  async segments(): Promise<readonly SegmentHead[]> {
    const heads = this.#kept.map((kept) => kept.head);
    return this.#now().open.data.length > 0 ? [...heads, this.#openHead()] : heads;
  }

  async segment(n: number): Promise<Segment | undefined> {
    const kept = this.#kept[n];
    if (kept) return kept.parts ? this.pack(kept) : this.#folder.segment(n);
    const { open } = this.#now();
    if (n !== open.n || open.data.length === 0) return undefined;
    const head = this.#openHead();
    return { head, body: await gzip(open.data), index: await gzip(open.index()) };
  }

  async keyframe(atOrBefore: number): Promise<Keyframe | undefined> {
    const found = this.#keyframes.findLast((one) => one.offset <= atOrBefore);
    return found && (found.keyframe ?? this.#folder.keyframe(found.offset));
  }

  async open(): Promise<{ readonly from: number; readonly data: Uint8Array }> {
    const { from, data } = this.#now().open;
    return { from, data };
  }

  async grown(head: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    if (this.#closed || this.#now().head > head || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const entry = { head, resolve: done };
      function done(): void {
        signal.removeEventListener('abort', aborted);
        resolve();
      }
      const aborted = (): void => {
        this.#waiting.delete(entry);
        done();
      };
      signal.addEventListener('abort', aborted);
      this.#waiting.add(entry);
    });
  }

  /** Wakes whoever waits for what is there now. */
  changed(): void {
    const { head } = this.#now();
    for (const entry of this.#waiting) {
      if (!this.#closed && entry.head >= head) continue;
      this.#waiting.delete(entry);
      entry.resolve();
    }
  }

  close(digest: string | null): void {
    this.#closed = { digest };
  }

  /** A closed segment; without `parts` it is on disk already. */
  add(head: SegmentHead, parts: Kept['parts']): Kept {
    const kept: Kept = { head, parts };
    this.#kept.push(kept);
    return kept;
  }

  stored(kept: Kept): void {
    kept.parts = undefined;
  }

  async pack(kept: Kept): Promise<Segment> {
    const { head, parts } = kept;
    if (!parts) return this.#folder.segment(head.n);
    return { head, body: await gzip(parts.data), index: await gzip(parts.index) };
  }

  addKeyframe(keyframe: Keyframe): void {
    const last = this.#keyframes.at(-1);
    if (last?.offset === keyframe.offset) last.keyframe = keyframe;
    else this.#keyframes.push({ offset: keyframe.offset, keyframe });
  }

  storedKeyframe(offset: number): void {
    const there = this.#keyframes.findLast((one) => one.offset === offset);
    if (there) there.keyframe = undefined;
    else this.#keyframes.push({ offset, keyframe: undefined });
  }

  /** Segments to be given up, oldest first: behind the head's share, before the guaranteed lines. */
  overCap(head: number, lines: number): readonly Kept[] {
    const { capBytes, guaranteedLines } = this.#options;
    let bytes = head - this.#kept.reduce((sum, kept) => (kept.head.dropped ? sum + size(kept) : sum), 0);
    const over: Kept[] = [];
    for (const kept of this.#kept) {
      if (bytes <= capBytes) break;
      const linesBehind = lines - kept.head.firstLine - kept.head.lines;
      if (linesBehind < guaranteedLines && bytes <= guaranteeLimit * capBytes) break;
      if (kept.parts) break;
      if (kept.head.dropped || kept.head.n === 0 || kept.head.to <= headShare * capBytes) continue;
      bytes -= size(kept);
      kept.head = { ...kept.head, dropped: true };
      over.push(kept);
    }
    return over;
  }

  /** Forgets the keyframes that lie in the gap; tells which. */
  dropped(kept: Kept): readonly number[] {
    const gone = this.#keyframes.filter(({ offset }) => offset > kept.head.from && offset < kept.head.to);
    for (const one of gone) this.#keyframes.splice(this.#keyframes.indexOf(one), 1);
    return gone.map(({ offset }) => offset);
  }

  #gap(): LogInfo['gap'] {
    const dropped = this.#kept.filter((kept) => kept.head.dropped);
    const first = dropped[0];
    const last = dropped.at(-1);
    return first && last ? { from: first.head.from, to: last.head.to } : null;
  }

  #openHead(): SegmentHead {
    const { head, lines, open } = this.#now();
    const { n, from, firstLine, startedAtMs } = open;
    return {
      n,
      from,
      to: head,
      firstLine,
      lines: lines - firstLine,
      sha256: '',
      indexSha256: '',
      chain: '',
      startedAtMs,
    };
  }
}

function size(kept: Kept): number {
  return kept.head.to - kept.head.from;
}

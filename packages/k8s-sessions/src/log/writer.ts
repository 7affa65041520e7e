import { createHash } from 'node:crypto';
import type { TerminalSize } from '../protocol/types.js';
import { chainStart, chainValue, sha256 } from './chain.js';
import { DiskQueue } from './disk.js';
import { LogFolder } from './folder.js';
import { segmentBytes } from './pack.js';
import { readLog } from './read.js';
import { Scanner } from './scan.js';
import { indexEveryLines, SideIndexBuilder } from './side-index.js';
import { screenBehind, stateBehind } from './resume.js';
import { LogShelf, type Kept, type ShelfNow } from './shelf.js';
import { Tracker } from './tracker.js';
import type {
  Keyframe,
  LogEnd,
  LogEvent,
  LogSource,
  LogWriter,
  LogWriterOptions,
  Segment,
  SegmentHead,
} from './types.js';

/** Bytes of output between two keyframes. */
export const keyframeEveryBytes: number = 262_144;
/** Writes closer together than this share one time. */
const timeEveryMs = 10;
/** A segment with so many events is closed before it is full. */
const maxEvents = 20_000;
/** Bytes on their way to disk or screen above which {@link LogWriter.write} asks for a pause, and below which it ends. */
const highWater = 8 * segmentBytes;
const lowWater = 2 * segmentBytes;

/** The segment that is being filled. */
interface Open {
  readonly n: number;
  readonly from: number;
  readonly firstLine: number;
  readonly bytes: Buffer;
  used: number;
  startedAtMs: number | undefined;
  readonly size: TerminalSize;
  readonly side: SideIndexBuilder;
  /** Of {@link bytes} and of the lines about it, what is on disk or on its way. */
  flushed: number;
  readonly lines: string[];
  linesFlushed: number;
  linesAt: number;
}

/**
 * Opens the log of a session for writing.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when the folder holds another runner's log, HAWSER_SESSIONS_LOG_DAMAGED
 * when what lies in it is none.
 */
export async function openLogWriter(options: LogWriterOptions): Promise<LogWriter> {
  const folder = new LogFolder(options.folder);
  const found = await folder.begin({ epoch: options.epoch, size: options.size });
  const writer = new Writer(options, folder, found.size);
  if (found.heads.length > 0 || found.open) await writer.resume(found);
  return writer;
}

class Writer implements LogWriter {
  readonly #options: LogWriterOptions;
  readonly #folder: LogFolder;
  readonly #shelf: LogShelf;
  readonly #disk: DiskQueue;
  readonly #scanner = new Scanner();
  #tracker: Tracker;
  #digest: ReturnType<typeof createHash> | undefined = createHash('sha256');
  #chain: string;
  #open: Open;
  #head = 0;
  #size: TerminalSize;
  #keyframeAt = keyframeEveryBytes;
  #timeAtMs = Number.NEGATIVE_INFINITY;
  #flushQueued = false;
  #drained: (() => void)[] = [];
  #end: Promise<LogEnd> | undefined;

  constructor(options: LogWriterOptions, folder: LogFolder, size: TerminalSize) {
    this.#options = options;
    this.#folder = folder;
    this.#size = size;
    this.#chain = chainStart(options.epoch);
    this.#shelf = new LogShelf(options, folder, () => this.#now());
    this.#disk = new DiskQueue(
      options.folder,
      (trouble) => options.onTrouble?.(trouble),
      () => this.#lessened(),
    );
    this.#open = this.#begin(0, 0);
    this.#tracker = this.#track(new Tracker(size));
  }

  get epoch(): string {
    return this.#options.epoch;
  }

  get head(): number {
    return this.#head;
  }

  get lines(): number {
    return this.#scanner.lines;
  }

  get size(): TerminalSize {
    return this.#size;
  }

  get source(): LogSource {
    return this.#shelf;
  }

  get screen(): Tracker {
    return this.#tracker;
  }

  write(data: Uint8Array): boolean {
    this.#refuseWhenClosed();
    this.#take(data, this.#options.nowMs());
    return !this.#busy(highWater);
  }

  async drained(): Promise<void> {
    if (!this.#busy(lowWater)) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  resize(size: TerminalSize): void {
    this.#refuseWhenClosed();
    if (size.cols === this.#size.cols && size.rows === this.#size.rows) return;
    this.#size = { cols: size.cols, rows: size.rows };
    this.#note({ type: 'size', offset: this.#head, atMs: this.#options.nowMs(), size: this.#size });
    this.#tracker.resize(this.#size);
    this.#scheduleKeyframe();
  }

  mark(label: string): void {
    this.#refuseWhenClosed();
    this.#note({ type: 'mark', offset: this.#head, atMs: this.#options.nowMs(), label });
  }

  async keyframe(): Promise<Keyframe> {
    return new Promise((resolve) => this.#takeKeyframe(resolve));
  }

  cut(): void {
    if (this.#end) return;
    const whole = this.#open.used - this.#scanner.unfinished;
    if (whole > 0) this.#seal(whole);
  }

  async close(): Promise<LogEnd> {
    this.#end ??= this.#close();
    return this.#end;
  }

  /** Takes up what another start of the same runner left. */
  async resume(found: Awaited<ReturnType<LogFolder['begin']>>): Promise<void> {
    for (const head of found.heads) {
      this.#shelf.add(head, undefined);
      if (head.dropped) this.#digest = undefined;
      this.#chain = head.chain;
    }
    for (const offset of found.keyframes) this.#shelf.storedKeyframe(offset);
    const last = found.heads.at(-1);
    this.#head = last?.to ?? 0;
    for await (const chunk of readLog(this.#shelf)) this.#digest?.update(chunk.data);
    this.#scanner.lines = last ? last.firstLine + last.lines : 0;
    if (last && !last.dropped) {
      const { sgr, size } = await stateBehind(await this.#folder.segment(last.n));
      this.#scanner.sgr = sgr;
      this.#size = size;
    }
    this.#tracker.dispose();
    this.#tracker = this.#track(await screenBehind(this.#shelf, this.#head, this.#size));
    this.#open = this.#begin((last?.n ?? -1) + 1, this.#head);
    this.#keyframeAt = this.#head + keyframeEveryBytes;
    const { open } = found;
    if (!open) return;
    if (open.start) {
      this.#size = open.start.size;
      this.#open = this.#begin(open.n, this.#head);
      this.#open.startedAtMs = open.start.startedAtMs;
    }
    let at = 0;
    for (const event of open.events) {
      const upTo = Math.min(event.offset - this.#open.from, open.data.length);
      if (upTo > at) this.#take(open.data.subarray(at, upTo), undefined);
      at = Math.max(at, upTo);
      if (event.type === 'size') {
        this.#size = event.size;
        this.#tracker.resize(event.size);
      }
      this.#note(event);
    }
    this.#take(open.data.subarray(at), undefined);
  }

  #track(tracker: Tracker): Tracker {
    tracker.onLessened = () => this.#lessened();
    return tracker;
  }

  #begin(n: number, from: number): Open {
    return {
      n,
      from,
      firstLine: this.#scanner.lines,
      bytes: Buffer.allocUnsafe(segmentBytes),
      used: 0,
      startedAtMs: undefined,
      size: this.#size,
      side: new SideIndexBuilder(this.#size, this.#scanner.sgr),
      flushed: 0,
      lines: [],
      linesFlushed: 0,
      linesAt: 0,
    };
  }

  /** `atMs` is undefined for bytes whose times are known already. */
  #take(data: Uint8Array, atMs: number | undefined): void {
    if (data.length === 0) return;
    if (atMs !== undefined && (atMs - this.#timeAtMs >= timeEveryMs || this.#open.startedAtMs === undefined)) {
      this.#timeAtMs = atMs;
      this.#open.startedAtMs ??= atMs;
      this.#note({ type: 'time', offset: this.#head, atMs });
    }
    for (let at = 0; at < data.length;) {
      const open = this.#open;
      const room = Math.min(segmentBytes - open.used, this.#keyframeAt - this.#head, data.length - at);
      const piece = open.bytes.subarray(open.used, open.used + room);
      piece.set(data.subarray(at, at + room));
      this.#scan(piece);
      at += room;
      if (open.used === segmentBytes) this.#sealFull();
      else if (this.#head >= this.#keyframeAt) this.#scheduleKeyframe();
    }
    this.#shelf.changed();
    this.#queueFlush();
  }

  #scan(piece: Uint8Array): void {
    const scanner = this.#scanner;
    const before = scanner.sgr;
    const open = this.#open;
    const plain = scanner.push(piece, (end) => {
      if (scanner.lines % indexEveryLines === 0) open.side.line(scanner.lines, this.#head + end, scanner.sgr);
    });
    open.used += piece.length;
    this.#head += piece.length;
    this.#tracker.push(piece, plain, before);
  }

  #note(event: LogEvent): void {
    const open = this.#open;
    open.startedAtMs ??= event.atMs;
    open.side.event(event);
    open.lines.push(JSON.stringify(event));
    if (open.side.entries >= maxEvents) this.cut();
  }

  /** A full segment ends before a sequence that is not finished, so that the next can be read by itself. */
  #sealFull(): void {
    const whole = this.#open.used - this.#scanner.unfinished;
    this.#seal(whole >= segmentBytes / 2 ? whole : this.#open.used);
  }

  #seal(whole: number): void {
    const sealed = this.#open;
    const rest = sealed.bytes.subarray(whole, sealed.used);
    const restLines = rest.reduce((sum, byte) => (byte === 0x0a ? sum + 1 : sum), 0);
    const data = sealed.bytes.subarray(0, whole);
    this.#digest?.update(data);
    const index = sealed.side.bytes();
    const facts: Omit<SegmentHead, 'chain'> = {
      n: sealed.n,
      from: sealed.from,
      to: sealed.from + whole,
      firstLine: sealed.firstLine,
      lines: this.#scanner.lines - restLines - sealed.firstLine,
      sha256: sha256(data),
      indexSha256: sha256(index),
      startedAtMs: sealed.startedAtMs ?? 0,
    };
    this.#chain = chainValue(this.#chain, facts);
    const head: SegmentHead = { ...facts, chain: this.#chain };
    this.#open = { ...this.#begin(sealed.n + 1, head.to), firstLine: head.firstLine + head.lines };
    this.#open.bytes.set(rest);
    this.#open.used = rest.length;
    if (rest.length > 0) this.#open.startedAtMs = this.#timeAtMs;
    const kept = this.#shelf.add(head, { data, index });
    // What could not be stored before the end still leaves the machine, from memory.
    this.#disk.add(
      whole,
      () => this.#store(kept),
      () => this.#tell(kept),
    );
    this.#scheduleKeyframe();
  }

  async #store(kept: Kept): Promise<void> {
    const segment = await this.#shelf.pack(kept);
    await this.#folder.putSegment(segment);
    await this.#folder.dropOpen(segment.head.n);
    this.#shelf.stored(kept);
    this.#options.onSegment?.(segment);
    for (const over of this.#shelf.overCap(this.#head, this.#scanner.lines)) {
      this.#disk.add(
        0,
        () => this.#drop(over),
        async () => undefined,
      );
    }
  }

  async #tell(kept: Kept): Promise<void> {
    this.#options.onSegment?.(await this.#shelf.pack(kept));
  }

  async #drop(kept: Kept): Promise<void> {
    const { index } = await this.#folder.segment(kept.head.n);
    const segment: Segment = { head: { ...kept.head, dropped: true }, body: new Uint8Array(), index };
    await this.#folder.putSegment(segment);
    for (const offset of this.#shelf.dropped(kept)) await this.#folder.dropKeyframe(offset);
    this.#options.onSegment?.(segment);
  }

  #scheduleKeyframe(): void {
    this.#keyframeAt = this.#head + keyframeEveryBytes;
    this.#takeKeyframe((keyframe) => {
      this.#shelf.addKeyframe(keyframe);
      this.#options.onKeyframe?.(keyframe);
      this.#disk.add(
        keyframe.data.length,
        async () => {
          await this.#folder.putKeyframe(keyframe);
          this.#shelf.storedKeyframe(keyframe.offset);
        },
        async () => undefined,
      );
    });
  }

  /** The screen at this very place; `taken` may run later, when the screen got there. */
  #takeKeyframe(taken: (keyframe: Keyframe) => void): void {
    // Bytes of a sequence that is not finished did nothing yet: whoever goes on from the keyframe needs them again.
    const offset = this.#head - this.#scanner.unfinished;
    const size = this.#size;
    const atMs = this.#options.nowMs();
    this.#tracker.take(() => taken({ offset, size, atMs, data: this.#tracker.snapshot() }));
  }

  #queueFlush(): void {
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    this.#disk.add(
      0,
      () => this.#flush(),
      async () => undefined,
    );
  }

  /** What was written since last time; a segment that is closed by now is written whole by its own job. */
  async #flush(): Promise<void> {
    this.#flushQueued = false;
    const open = this.#open;
    const { used } = open;
    const count = open.lines.length;
    const start = open.linesAt === 0 ? [JSON.stringify({ startedAtMs: open.startedAtMs, size: open.size })] : [];
    const lines = [...start, ...open.lines.slice(open.linesFlushed), ''].join('\n');
    try {
      await this.#folder.flushOpen(open.n, {
        data: open.bytes.subarray(open.flushed, used),
        dataAt: open.flushed,
        lines,
        linesAt: open.linesAt,
      });
    } catch (error) {
      this.#flushQueued = true;
      throw error;
    }
    open.flushed = used;
    open.linesFlushed = count;
    open.linesAt += Buffer.byteLength(lines);
  }

  #busy(mark: number): boolean {
    return this.#disk.troubled || this.#disk.waiting > mark || this.#tracker.backlog > mark;
  }

  #lessened(): void {
    if (this.#drained.length === 0 || this.#busy(lowWater)) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }

  #refuseWhenClosed(): void {
    if (this.#end) throw new TypeError('The log is closed.');
  }

  async #close(): Promise<LogEnd> {
    if (this.#open.used > 0 || this.#open.side.entries > 0) this.#seal(this.#open.used);
    else this.#scheduleKeyframe();
    await this.#tracker.settled();
    const digest = this.#digest?.digest('hex') ?? null;
    await this.#disk.finish();
    this.#shelf.close(digest);
    this.#shelf.changed();
    for (const resolve of this.#drained) resolve();
    return {
      offset: this.#head,
      lines: this.#scanner.lines,
      digest,
      chain: this.#open.n === 0 ? null : this.#chain,
      segments: this.#open.n,
    };
  }

  #now(): ShelfNow {
    const { n, from, firstLine, startedAtMs, side, bytes, used } = this.#open;
    return {
      epoch: this.epoch,
      head: this.#head,
      lines: this.#scanner.lines,
      open: {
        n,
        from,
        firstLine,
        startedAtMs: startedAtMs ?? 0,
        data: bytes.subarray(0, used),
        index: () => side.bytes(),
      },
    };
  }
}

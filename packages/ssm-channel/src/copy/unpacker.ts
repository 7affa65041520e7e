import { createReplyReader } from './replies.js';

const AT_SIGN = 0x40;
const LINE_END = 0x0a;
/** U+FFFD, of which the agent passes only the first byte on. */
const REPLACEMENT = Buffer.from('\ufffd');
const LOST_BYTES = REPLACEMENT.length - 1;
/** Longer than the last answer of the script. */
const ENDING_BYTES = 256;

/** What a download's stream consists of. */
export type Piece =
  /** An answer of the script. */
  | { readonly kind: 'answer'; readonly words: readonly string[] }
  /** Bytes of the file. */
  | { readonly kind: 'raw'; readonly bytes: Buffer }
  /** Base64 of the file; may be cut anywhere, and hold line ends. */
  | { readonly kind: 'text'; readonly text: Buffer }
  /** A raw segment has not the length it was announced with; what follows makes no sense. */
  | { readonly kind: 'torn' };

/** Takes the stream of a download apart. */
export interface Unpacker {
  push(chunk: Buffer): Piece[];
  /** What came besides, see {@link ReplyReader.noise}. */
  readonly noise: string;
}

/**
 * Finds answers in the stream of a download, and behind `raw` and `text` answers the bytes they announce.
 *
 * The agent of the real service passes most bytes on as they are, but mistakes the character U+FFFD for a decoding
 * error and passes one of its three bytes on (amazon-ssm-agent agent/session/shell/shell.go, processStdoutData). The
 * script tells where in a raw segment that character is; here it is made whole again. Whether the agent of this
 * target does that is seen from one such character in the `head` answer.
 */
export function createUnpacker(token: string): Unpacker {
  const answers = createReplyReader(token);
  const last = Buffer.from(`\n@${token} tail `);
  let state: 'answers' | 'after raw' | 'text' | Segment = 'answers';
  let isMangled = false;
  let lineBytes = 0;
  let ending: Buffer = Buffer.alloc(0);

  function next(words: readonly string[]): typeof state {
    if (words[0] === 'head') isMangled = words.at(-1) !== REPLACEMENT.toString('latin1');
    if (words[0] === 'text') return 'text';
    if (words[0] !== 'raw') return 'answers';
    const holes = isMangled
      ? (words[2] ?? '')
          .split(',')
          .filter((word) => word !== '')
          .map(Number)
      : [];
    return { left: Number(words[1]) - holes.length * LOST_BYTES, holes, at: 0 };
  }

  /** Line by line: behind one of them the file goes on. */
  function takeLine(chunk: Buffer, pieces: Piece[]): Buffer {
    const end = chunk.indexOf(LINE_END);
    const line = end < 0 ? chunk : chunk.subarray(0, end + 1);
    lineBytes += line.length;
    const found = answers.push(line);
    for (const words of found) {
      pieces.push({ kind: 'answer', words });
      state = next(words);
    }
    // Right behind a raw segment are an empty line and an answer, or the segment was not what it was said to be.
    if (state === 'after raw' && end >= 0 && lineBytes > 1) pieces.push({ kind: 'torn' });
    if (end >= 0) lineBytes = 0;
    return chunk.subarray(line.length);
  }

  function takeText(chunk: Buffer, pieces: Piece[]): Buffer {
    // The answer behind it begins with a character that is not in base64.
    const end = chunk.indexOf(AT_SIGN);
    const text = end < 0 ? chunk : chunk.subarray(0, end);
    if (text.length > 0) pieces.push({ kind: 'text', text });
    if (end >= 0) state = 'answers';
    return chunk.subarray(text.length);
  }

  /** The script has said its last and waits for us, while we wait for more of a segment: it was not what it was said to be. */
  function hasEnded(chunk: Buffer): boolean {
    ending = Buffer.concat([ending, chunk.subarray(-ENDING_BYTES)]).subarray(-ENDING_BYTES);
    return chunk.at(-1) === LINE_END && ending.includes(last);
  }

  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let rest = chunk;
      while (rest.length > 0) {
        if (state === 'text') rest = takeText(rest, pieces);
        else if (typeof state === 'string') rest = takeLine(rest, pieces);
        else {
          rest = takeRaw(state, rest, pieces);
          if (state.left === 0) state = 'after raw';
        }
      }
      if ((typeof state === 'object' || state === 'after raw') && hasEnded(chunk)) pieces.push({ kind: 'torn' });
      return pieces;
    },
    get noise() {
      return answers.noise;
    },
  };
}

/** A raw segment on its way. */
interface Segment {
  /** Bytes still to come over the wire. */
  left: number;
  /** Where in the file's segment a mangled character begins, in order; those behind are taken off. */
  readonly holes: number[];
  /** Bytes of the file's segment given out. */
  at: number;
}

/** Takes what belongs to the segment off the chunk, and gives the rest back. */
function takeRaw(segment: Segment, chunk: Buffer, pieces: Piece[]): Buffer {
  let rest = chunk;
  while (segment.left > 0 && rest.length > 0) {
    const untilHole = (segment.holes[0] ?? Infinity) - segment.at;
    if (untilHole === 0) {
      pieces.push({ kind: 'raw', bytes: REPLACEMENT });
      segment.holes.shift();
      segment.at += REPLACEMENT.length;
      segment.left -= 1;
      rest = rest.subarray(1);
      continue;
    }
    const bytes = rest.subarray(0, Math.min(untilHole, segment.left));
    pieces.push({ kind: 'raw', bytes });
    segment.at += bytes.length;
    segment.left -= bytes.length;
    rest = rest.subarray(bytes.length);
  }
  return rest;
}

import { SsmChannelError } from '../errors.js';

/** Longest answer; real ones are below 2,000 bytes unless a program complains at length. */
const LONGEST_LINE = 16_384;
/** What is kept of the lines that are no answers, for the case that none comes. */
const NOISE_BYTES = 2_000;

/** Finds the answers of a remote script in what a session prints. */
export interface ReplyReader {
  /** Takes bytes and gives the answers they complete, each cut into words, a character for a byte. */
  push(bytes: Buffer): string[][];
  /** The end of what came besides answers: the words of whatever ran instead of our script. */
  readonly noise: string;
}

/** @param token begins every answer, behind an `@` at the start of a line */
export function createReplyReader(token: string): ReplyReader {
  const mark = `@${token} `;
  let line = '';
  let noise = '';
  return {
    push(bytes) {
      const pieces = bytes.toString('latin1').split(/[\r\n]+/);
      const answers: string[][] = [];
      for (const [at, piece] of pieces.entries()) {
        if (line.length < LONGEST_LINE) line += piece;
        if (at === pieces.length - 1) break;
        if (line.startsWith(mark)) answers.push(line.slice(mark.length).trim().split(' '));
        else if (line !== '') noise = `${noise}${line}\n`.slice(-NOISE_BYTES);
        line = '';
      }
      return answers;
    },
    get noise() {
      return readable(`${noise}${line}`);
    },
  };
}

/** Text for people, of characters that stand for bytes. */
function readable(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString().trim();
}

/** Words for each way a script gives up. `fail <kind> <words of the program that failed>`. */
export function remoteFailure(path: string, [kind = '', ...words]: readonly string[]): SsmChannelError {
  const said = readable(words.join(' '));
  const details = { path, kind, words: said };
  const because = said === '' ? '' : `: ${said}`;
  switch (kind) {
    case 'missing':
      return new SsmChannelError('HAWSER_SSM_COPY_REMOTE_FILE', `There is no file ${path} on the target${because}`, {
        details,
      });
    case 'folder':
      return new SsmChannelError('HAWSER_SSM_COPY_REMOTE_FILE', `The folder of ${path} does not exist on the target`, {
        details,
        hint: 'Make the folder first, or name one that exists.',
      });
    case 'directory':
      return new SsmChannelError('HAWSER_SSM_COPY_REMOTE_FILE', `${path} on the target is a folder`, {
        details,
        hint: 'Copy a single file; pack a folder on the target first (tar -cf folder.tar folder).',
      });
    case 'special':
      return new SsmChannelError('HAWSER_SSM_COPY_REMOTE_FILE', `${path} on the target is not an ordinary file`, {
        details,
      });
    case 'link':
      return new SsmChannelError(
        'HAWSER_SSM_COPY_REMOTE_FILE',
        `${path} on the target is a link that leads nowhere that can be followed`,
        {
          details,
          hint: 'Name the file that the link stands for.',
        },
      );
    case 'read':
      return new SsmChannelError('HAWSER_SSM_COPY_REMOTE_FILE', `The target cannot read ${path}${because}`, {
        details,
      });
    case 'write':
      return new SsmChannelError('HAWSER_SSM_COPY_REMOTE_FILE', `The target cannot write ${path}${because}`, {
        details,
      });
    case 'tools':
      return new SsmChannelError('HAWSER_SSM_COPY_UNSUPPORTED', `The target has no ${said}, which a copy needs`, {
        details,
      });
    default:
      return new SsmChannelError(
        'HAWSER_SSM_COPY_REMOTE_FAILED',
        `The copy of ${path} failed on the target: ${[kind, said].join(' ')}`,
        { details },
      );
  }
}

import type { Session } from '../session/types.js';
import { explainSilence } from './remote.js';
import { createReplyReader, remoteFailure } from './replies.js';
import type { CopyOptions } from './types.js';

/** Questions to a script on a terminal, and its answers. */
export interface Conversation {
  /** Tells the script something: one line. */
  ask(...words: readonly (string | number)[]): void;
  /**
   * The words behind `verb` in the next answer.
   *
   * @throws SsmChannelError when the script failed, answered something else, or the session ended.
   */
  answer(verb: string): Promise<readonly string[]>;
}

/** Begins to listen to a script; what it prints belongs to the conversation from now on. */
export function converse(options: CopyOptions, session: Session, token: string, path: string): Conversation {
  const reader = createReplyReader(token);
  const answers = (async function* (): AsyncGenerator<string[]> {
    for await (const bytes of session.stdout as AsyncIterable<Buffer>) yield* reader.push(bytes);
  })();
  let answered = false;
  session.stderr.resume();
  return {
    ask(...words) {
      session.stdin.write(`${[token, ...words].join(' ')}\n`);
    },
    async answer(verb) {
      const { value } = (await answers.next()) as { value: string[] | undefined };
      if (value === undefined) throw await explainSilence(options, session, reader.noise, answered);
      answered = true;
      const [said, ...words] = value;
      if (said === verb) return words;
      throw remoteFailure(path, said === 'fail' ? words : value);
    },
  };
}

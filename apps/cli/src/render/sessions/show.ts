import type { Style } from '@hawser/cli-kit';
import type { SessionView } from '@hawser/k8s-sessions/protocol';
import { paintState, stateWord, wordsOfExit } from './words.js';

/** Everything about one session, a line for each fact there is. */
export function renderSession(session: SessionView, style: Style): string {
  const { exit, source, log, size } = session;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['State', paintState(session, style, stateWord(session))],
    ['Detail', session.detail],
    ['Ended', exit && `It ${wordsOfExit(exit)}.`],
    ['Command', session.command ?? session.argv?.map((word) => JSON.stringify(word)).join(' ')],
    ['Source', source && `${source.url}${source.revision === null ? '' : ` at ${source.revision}`}`],
    [
      'Labels',
      Object.entries(session.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
    ['Size', `${size.cols}×${size.rows}`],
    ['Egress', session.egress],
    ['Log', `${log.head} bytes, ${log.lines} lines`],
    ['Digest', exit?.digest],
    ['Viewers', String(session.viewers)],
    ['Created', session.createdAt],
    ['Started', session.startedAt],
    ['Exited', session.exitedAt],
    ['Deadline', exit ? null : session.deadlineAt],
    ['Kept until', session.retainUntil],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`  ${style.faint(name.padEnd(11))} ${value}`] : []));
  return [style.strong(session.sessionId), ...lines].join('\n');
}

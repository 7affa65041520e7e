import type { ReceiptClaim } from '@hawser/receipts';
import { claimsOf, member, wordOf } from './facts.js';

/** What is known of receipts of one kind. */
export interface ReceiptKind {
  /** `kind` of the claim. */
  readonly claim: string;
  /** The same in a word, for people and programs. */
  readonly word: string;
  readonly says: (claim: ReceiptClaim) => readonly string[];
  /** What the digest in `body.log` is of: what `--log` compares. */
  readonly log?: string;
  /** What no receipt of the kind can say, and who can. */
  readonly beyond?: (claim: ReceiptClaim) => string;
}

/** Every kind of receipt that Hawser makes. */
export const receiptKinds: readonly ReceiptKind[] = [
  { claim: 'hawser.execution/1', word: 'run', says: saysOfRun, log: 'its log' },
  { claim: 'hawser.session/1', word: 'session', says: saysOfSession, log: 'its log' },
  {
    claim: 'hawser.push/1',
    word: 'push',
    says: saysOfPush,
    beyond: ({ body }) => `Whether the Space still holds it: hawser hf status ${wordOf(body['space'])}`,
  },
  { claim: 'hawser.arc/1', word: 'arc', says: saysOfRunners, log: 'the recording it judged' },
];

function saysOfRun(claim: ReceiptClaim): readonly string[] {
  const { command, argv, repo, outcome } = claim.body;
  const what = wordOf(command) || wordOf(argv);
  const where = wordOf(member(repo, 'commit'));
  const code = wordOf(member(outcome, 'exit_code'));
  const ended = `It ${wordOf(member(outcome, 'phase')) || 'ended'}${code === '' ? '' : ` with exit code ${code}`}`;
  const why = wordOf(member(outcome, 'reason'));
  return claimsOf(
    claim,
    [
      `Execution ${claim.subject} ran: ${what}`,
      ...(where === '' ? [] : [`It ran in a clone of ${wordOf(member(repo, 'url'))} at commit ${where}.`]),
      `${ended}${why === '' ? '.' : `: ${why}`}`,
    ],
    ['command', 'argv'],
  );
}

function saysOfSession(claim: ReceiptClaim): readonly string[] {
  const { owner, exit } = claim.body;
  const code = wordOf(member(exit, 'code'));
  const ended = exit ? `It ended: ${wordOf(member(exit, 'reason'))}${code === '' ? '' : `, code ${code}`}.` : '';
  return claimsOf(
    claim,
    [`Session ${claim.subject} was ${wordOf(owner) || 'nobody'}'s.`, ...(ended === '' ? [] : [ended])],
    ['owner', 'exit'],
  );
}

function saysOfPush(claim: ReceiptClaim): readonly string[] {
  const { environment, space, endpoint, who, commit, tree, files, unchanged } = claim.body;
  const did = unchanged === true ? 'pushed, and found unchanged,' : 'pushed';
  return claimsOf(
    claim,
    [
      `${wordOf(who)} ${did} ${wordOf(environment)} to the Space ${wordOf(space)} on ${wordOf(endpoint)}.`,
      `Commit ${wordOf(commit)} holds ${wordOf(files)} files: tree ${wordOf(tree)}, proven from the Hub's own listing.`,
    ],
    ['environment', 'space', 'endpoint', 'who', 'commit', 'tree', 'files', 'unchanged'],
  );
}

function saysOfRunners(claim: ReceiptClaim): readonly string[] {
  const { outcome, looks, notes, verified_at: at } = claim.body;
  return claimsOf(
    claim,
    [
      `Runners of ${claim.subject} were ${wordOf(outcome)} at ${wordOf(at)}, after ${wordOf(looks)} looks.`,
      wordOf(notes),
    ],
    ['outcome', 'looks', 'notes', 'verified_at'],
  );
}

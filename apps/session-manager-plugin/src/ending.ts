/** How a session ended for the one who started the plugin. */
export type Ending =
  | { readonly how: 'done'; readonly remoteExitCode?: number }
  | { readonly how: 'failed' }
  | { readonly how: 'interrupted' };

/** Exit status of invalid input: what a crash of the original gives too. */
export const invalidInput = 2;

/**
 * The exit status of an ending.
 *
 * As a drop-in every ordinary end is 0, failures included: the AWS CLI prints the whole argv, token and all, of a
 * plugin that ends otherwise. Asked for the remote code, a failure of ours is 125, so that it does not look like one
 * of the remote command's.
 */
export function exitStatus(
  ending: Ending,
  how: { readonly isDropIn: boolean; readonly remoteExitCode: boolean },
): number {
  if (ending.how === 'done') return how.remoteExitCode ? (ending.remoteExitCode ?? 0) : 0;
  if (ending.how === 'failed') return how.remoteExitCode ? 125 : how.isDropIn ? 0 : 1;
  return how.isDropIn ? 0 : 130;
}

import { checkAwsIdentity } from './aws-identity.js';
import type { Check, CheckInput } from './check.js';
import { checkNode } from './node.js';
import { checkPlugin } from './plugin.js';
import { checkStateFolder } from './state-folder.js';

/** All checks, side by side, in the order in which they are shown. */
export async function runChecks(input: CheckInput): Promise<readonly Check[]> {
  return [checkNode(), ...(await Promise.all([checkAwsIdentity(input), checkPlugin(input), checkStateFolder(input)]))];
}

import type { Check } from './check.js';

/** The oldest Node this program is tested with. */
const oldest = [20, 19] as const;

/** Whether this Node is new enough. */
export function checkNode(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  return {
    id: 'node',
    title: 'Node',
    state: enough ? 'ok' : 'fail',
    found: version,
    ...(enough ? {} : { next: `Install Node ${oldest.join('.')} or newer.` }),
    facts: { version, needed: `>=${oldest.join('.')}` },
  };
}

import type { DoctorCheck } from '@hawser/cli-kit';

/** The oldest Node this program is tested with. */
const oldest = [20, 19] as const;

/** Whether this Node is new enough. */
export const node: DoctorCheck = {
  id: 'node',
  title: 'Node',
  topic: 'hawser',
  neededFor: 'everything',
  look: async () => {
    const version = process.versions.node;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const enough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
    return {
      state: enough ? 'ok' : 'fail',
      found: version,
      ...(enough ? {} : { next: `Install Node ${oldest.join('.')} or newer.` }),
      facts: { version, needed: `>=${oldest.join('.')}` },
    };
  },
};

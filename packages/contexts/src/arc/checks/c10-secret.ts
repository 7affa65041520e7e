import { cannotTell, type Check } from './look.js';

const ofApp = ['github_app_id', 'github_app_installation_id', 'github_app_private_key'] as const;

/** C10: the credentials are there, by the names of their keys. Values are never read into a report. */
export const secretCheck: Check = {
  id: 'C10',
  title: "The set's credentials are there",
  judge({ observation: { cluster }, set, subject }) {
    if (!set) return { status: 'skipped', summary: 'Without the scale set, nobody knows which Secret it would be.' };
    if (set.spec.vaultConfig)
      return { status: 'skipped', summary: 'The credentials lie in a vault, which is not looked into.' };
    const name = set.spec.githubConfigSecret;
    if (name === undefined || !cluster.secret) {
      return {
        status: 'fail',
        summary: `${set.metadata.name} names no Secret.`,
        advice: 'Set githubConfigSecret in the values of its chart.',
        final: true,
      };
    }
    if ('unseen' in cluster.secret) return cannotTell(`Secret ${name}`, cluster.secret.unseen, { optional: true });
    if (cluster.secret.seen === null) {
      return {
        status: 'fail',
        summary: `Secret ${name} does not exist in ${subject.namespace}.`,
        advice: 'Make it, with github_token or the three github_app_ keys.',
      };
    }
    const { keys } = cluster.secret.seen;
    const missing = ofApp.filter((key) => !keys.includes(key));
    if (keys.includes('github_token') || missing.length === 0) {
      return {
        status: 'pass',
        summary: `Secret ${name} has the keys of a ${missing.length === 0 ? 'GitHub App' : 'token'}.`,
        evidence: { keys: keys.slice(0, 20) },
      };
    }
    return {
      status: 'fail',
      summary: `Secret ${name} has neither github_token nor all keys of a GitHub App: ${missing.join(', ')} missing.`,
      advice: 'Add what is missing; the controller takes it up by itself.',
      evidence: { keys: keys.slice(0, 20), missing },
    };
  },
};

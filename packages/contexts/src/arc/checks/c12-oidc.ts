import type { Finding, OidcEvidence } from '../types.js';
import { names, type Check } from './look.js';

/** C12: what the OIDC checks of `hawser aws check --verify-oidc` found. */
export const oidcCheck: Check = {
  id: 'C12',
  title: 'The AWS identity by OIDC is right',
  judge: ({ oidc }) => judgeOidc(oidc),
};

/** The same, of the evidence alone. */
export function judgeOidc(oidc: OidcEvidence | undefined): Finding {
  if (!oidc) return { status: 'skipped', summary: 'Not asked for: --verify-oidc.' };
  const evidence = { checks: oidc.checks.map(({ name, status, summary }) => ({ name, status, summary })) };
  const wrong = oidc.checks.filter(({ status }) => status === 'fail');
  const doubtful = oidc.checks.filter(({ status }) => status === 'warn');
  const [worst] = [...wrong, ...doubtful];
  if (worst) {
    return {
      status: worst.status,
      summary: `${names([...wrong, ...doubtful].map(({ name }) => name))}: ${worst.summary}`,
      advice: worst.advice ?? 'hawser aws check --verify-oidc says more.',
      evidence,
      ...(worst.status === 'fail' ? { final: true } : {}),
    };
  }
  if (!oidc.identity && !oidc.checks.some(({ status }) => status === 'pass'))
    return {
      status: 'fail',
      summary: 'No check of the AWS identity could be made.',
      advice: 'hawser aws check --verify-oidc says why.',
      evidence,
      final: true,
    };
  return {
    status: 'pass',
    summary: oidc.identity ? `AWS knows ${oidc.identity.arn}.` : 'All checks pass.',
    evidence,
  };
}

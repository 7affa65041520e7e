import { createHash } from 'node:crypto';
import { json } from '../http/answer.js';
import type { Route } from '../http/serve.js';
import { requireCaller, type Hub } from '../state/hub.js';

/** Who am I. */
export function identityRoutes(hub: Hub): readonly Route[] {
  return [
    {
      method: 'GET',
      path: /^\/api\/whoami-v2$/u,
      answer: (call) => {
        const { account, only } = requireCaller(call);
        const role = only === undefined ? (account.role ?? 'write') : 'fineGrained';
        return json({
          type: 'user',
          id: idOf(`user ${account.name}`),
          name: account.name,
          fullname: account.name,
          email: `${account.name}@example.com`,
          emailVerified: true,
          canPay: account.isPro !== false,
          billingMode: 'postpaid',
          periodEnd: null,
          isPro: account.isPro !== false,
          avatarUrl: hub.url(`/avatars/${account.name}.svg`),
          orgs: Object.entries(account.orgs ?? {}).map(([name, roleInOrg]) => ({
            type: 'org',
            id: idOf(`org ${name}`),
            name,
            fullname: name,
            email: null,
            canPay: true,
            periodEnd: null,
            avatarUrl: hub.url(`/avatars/${name}.svg`),
            roleInOrg,
            isEnterprise: false,
          })),
          auth: {
            type: 'access_token',
            accessToken: { displayName: 'emulated', role, createdAt: '2025-01-01T00:00:00.000Z' },
          },
        });
      },
    },
  ];
}

function idOf(what: string): string {
  return createHash('sha1').update(what).digest('hex').slice(0, 24);
}

import type { TokenClaims } from './json-web-token.js';

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * Why a role would not let the bearer of a token in, as ends of the sentence "the trust policy …"; none when it would.
 * Knows the conditions that are written for web identities: StringEquals and StringLike, also `ForAnyValue:`, on `aud`
 * and `sub` of the issuer. Others are left to AWS.
 *
 * @param providerArn the IAM OIDC provider of the token's issuer.
 */
export function trustComplaints(policy: string, providerArn: string, claims: TokenClaims): readonly string[] {
  const allowing = statements(policy).filter((statement) => allows(statement, 'sts:AssumeRoleWithWebIdentity'));
  if (allowing.length === 0) return ['allows no sts:AssumeRoleWithWebIdentity'];
  const forProvider = allowing.filter((statement) => federated(statement).includes(providerArn));
  if (forProvider.length === 0)
    return [`trusts ${allowing.flatMap(federated).join(', ') || 'nobody'}, and not ${providerArn}`];
  const issuer = providerArn.slice(providerArn.indexOf('oidc-provider/') + 'oidc-provider/'.length);
  const complaints = forProvider.map(({ Condition }) => conditionComplaints(Condition ?? {}, issuer, claims));
  return complaints.some((each) => each.length === 0) ? [] : complaints.flat();
}

/** Whether a role lets EKS Pod Identity in, which needs both actions; see the EKS user guide, "EKS Pod Identity role". */
export function trustsPodIdentity(policy: string): boolean {
  const services = statements(policy).filter(({ Principal }) =>
    typeof Principal === 'object' ? [Principal['Service']].flat().includes('pods.eks.amazonaws.com') : false,
  );
  return ['sts:AssumeRole', 'sts:TagSession'].every((action) =>
    services.some((statement) => allows(statement, action)),
  );
}

function statements(policy: string): readonly Statement[] {
  try {
    const { Statement: found } = JSON.parse(policy) as { readonly Statement?: Statement | readonly Statement[] };
    return found === undefined ? [] : [found].flat();
  } catch {
    return [];
  }
}

function allows({ Effect, Action = [] }: Statement, action: string): boolean {
  return Effect === 'Allow' && [Action].flat().some((pattern) => matches(pattern, action));
}

function federated({ Principal }: Statement): readonly string[] {
  return typeof Principal === 'object' ? [Principal['Federated'] ?? []].flat() : [];
}

function conditionComplaints(
  condition: NonNullable<Statement['Condition']>,
  issuer: string,
  claims: TokenClaims,
): readonly string[] {
  const complaints: string[] = [];
  for (const [operator, tests] of Object.entries(condition)) {
    const kind = /^(?:ForAnyValue:)?(StringEquals|StringLike)$/.exec(operator)?.[1];
    if (kind === undefined) continue;
    for (const [key, wanted] of Object.entries(tests)) {
      const claim = [['aud', claims.aud] as const, ['sub', claims.sub === undefined ? [] : [claims.sub]] as const].find(
        ([name]) => key === `${issuer}:${name}`,
      );
      if (claim === undefined) continue;
      const [name, has] = claim;
      const fits = has.some((value) =>
        [wanted].flat().some((pattern) => (kind === 'StringLike' ? matches(pattern, value) : pattern === value)),
      );
      if (!fits)
        complaints.push(
          `wants ${name} to be ${[wanted].flat().join(' or ')}, and the token's is ${has.join(', ') || 'missing'}`,
        );
    }
  }
  return complaints;
}

/** A pattern of IAM: `*` is any text, `?` any character. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[$()+.[\\\]^{|}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

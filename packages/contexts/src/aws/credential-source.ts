/** Where credentials came from, in words, and as one word for programs. */
export interface CredentialSource {
  readonly kind: 'env' | 'profile' | 'sso' | 'process' | 'web-identity' | 'container' | 'imds' | 'login' | 'unknown';
  readonly words: string;
  /** A role was assumed on top of it. */
  readonly assumedRole: boolean;
}

/**
 * The marks that the SDK leaves on credentials, from the most telling to the least: an assumed role carries also the
 * marks of where its own source came from.
 *
 * @see \@aws-sdk/core, AwsSdkCredentialsFeatures.
 */
const MARKS: readonly (readonly [marks: readonly string[], kind: CredentialSource['kind'], words: string])[] = [
  [['CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN'], 'web-identity', 'web identity token of the environment'],
  [
    ['CREDENTIALS_PROFILE_STS_WEB_ID_TOKEN', 'CREDENTIALS_STS_ASSUME_ROLE_WEB_ID'],
    'web-identity',
    'web identity token',
  ],
  [
    ['CREDENTIALS_PROFILE_SSO', 'CREDENTIALS_PROFILE_SSO_LEGACY', 'CREDENTIALS_SSO', 'CREDENTIALS_SSO_LEGACY'],
    'sso',
    'sign-in of IAM Identity Center',
  ],
  [['CREDENTIALS_PROFILE_LOGIN', 'CREDENTIALS_LOGIN'], 'login', 'sign-in of aws login'],
  [['CREDENTIALS_PROFILE_PROCESS', 'CREDENTIALS_PROCESS'], 'process', 'credential_process'],
  [['CREDENTIALS_HTTP'], 'container', 'container'],
  [['CREDENTIALS_ENV_VARS'], 'env', 'environment'],
  [['CREDENTIALS_PROFILE'], 'profile', 'keys of the profile'],
];

/** Reads the marks. */
export function credentialSource(
  source: Readonly<Record<string, string>> | undefined,
  profile: string | undefined,
): CredentialSource {
  const found = new Set(Object.keys(source ?? {}));
  // The last source of the chain, the metadata of the machine, leaves no mark.
  const unmarked = found.size === 0 ? (['imds', 'instance metadata'] as const) : (['unknown', 'unknown'] as const);
  const [, kind, words] = MARKS.find(([marks]) => marks.some((mark) => found.has(mark))) ?? [[], ...unmarked];
  const assumedRole = found.has('CREDENTIALS_STS_ASSUME_ROLE');
  const ofProfile =
    kind === 'env' || found.has('CREDENTIALS_ENV_VARS_STS_WEB_ID_TOKEN') || kind === 'container' || kind === 'imds'
      ? ''
      : `, profile ${profile ?? 'default'}`;
  return { kind, words: `${words}${ofProfile}${assumedRole ? ', role assumed' : ''}`, assumedRole };
}

/** The claims of a JSON web token, read and not verified: whoever takes the token does that. */
export interface TokenClaims {
  readonly iss?: string | undefined;
  readonly sub?: string | undefined;
  readonly aud: readonly string[];
  readonly exp?: number | undefined;
}

/** Reads the claims; `undefined` for what is no JSON web token. See RFC 7519 §4.1 for what they mean. */
export function readClaims(token: string): TokenClaims | undefined {
  try {
    const part = token.trim().split('.')[1] ?? '';
    const claims = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
    const { iss, sub, aud, exp } = claims;
    return {
      iss: typeof iss === 'string' ? iss : undefined,
      sub: typeof sub === 'string' ? sub : undefined,
      aud: [aud].flat().filter((one): one is string => typeof one === 'string'),
      exp: typeof exp === 'number' ? exp : undefined,
    };
  } catch {
    return undefined;
  }
}

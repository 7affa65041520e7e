/** Names of variables that hold secrets more often than not. */
const names =
  /(?:^|_)(?:PASS|PASSWD|PASSWORD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY)(?:_|$)/i;

/** Shapes that no ordinary value has: tokens of the large services, keys in PEM, addresses with a password. */
const shapes: readonly RegExp[] = [
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|xox[abprs]-[\w-]{10,}|hf_[A-Za-z0-9]{20,})/,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\bsk_(?:live|test)_[A-Za-z0-9]{16,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./,
  /:\/\/[^/\s:@]+:[^/\s@]+@/,
];

/**
 * Whether a variable looks as if it held a secret, by its name or its value. What stands in a committed file or on a
 * command line is seen by many; a stored secret is not.
 */
export function looksSecret(name: string, value: string): boolean {
  if (shapes.some((shape) => shape.test(value))) return true;
  // `TOKEN_URL: https://…`, `PASSWORD_FILE: /run/x` and `SECRETS_ENABLED: "false"` are about secrets and hold none.
  return (
    names.test(name) &&
    value.length >= 6 &&
    !/^(?:true|false|https?:\/\/|\/|\.\/)/i.test(value) &&
    !/_(?:URL|FILE|PATH|NAME|ARN|ID|TTL)$/i.test(name)
  );
}

/** Tokens of EKS, JSON Web Tokens, and whatever follows a word that announces a secret. */
const secrets = [
  /k8s-aws-v1\.[\w-]+/g,
  /eyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /(?<=\b(?:bearer|token|password|secret|X-Amz-Security-Token|X-Amz-Signature)["']?\s*[:= ]\s*["']?)[\w+/=.~-]{16,}/gi,
];

/** What a stranger's program said, fit to be shown. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((left, secret) => left.replace(secret, '[redacted]'), text);
}

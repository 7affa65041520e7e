/**
 * The official client version we stand for: agents and callers enable what they know of it.
 *
 * @see AWS Session Manager plugin release history, 1.2.896.0
 */
export const CLIENT_VERSION = '1.2.896.0';

/** Whether an agent of this version multiplexes port sessions of type LocalPortForwarding. */
export function agentSpeaksMux(agentVersion: string): boolean {
  return isNewer(agentVersion, '3.0.196.0');
}

/** Whether an agent of this version wants smux without keep-alive; older ones close silent connections after 30 s. */
export function agentNeedsNoKeepAlive(agentVersion: string): boolean {
  return isNewer(agentVersion, '3.1.1511.0');
}

/** Whether an agent of this version knows the flag TerminateSession. */
export function agentTakesTerminateFlag(agentVersion: string): boolean {
  return isNewer(agentVersion, '2.3.722.0');
}

/**
 * The client's rule: strictly newer. Versions of unequal length, or with a part that is no number, are not comparable
 * and so not newer.
 *
 * @see session-manager-plugin src/version/versionvalidator.go
 */
export function isNewer(version: string, than: string): boolean {
  const left = version.split('.');
  const right = than.split('.');
  if (left.length !== right.length || ![...left, ...right].every(isNumber)) return false;
  for (const [index, part] of left.entries()) {
    const difference = Number(part) - Number(right[index]);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/**
 * The agent's rule, as it applies to the client's version: negative, 0 or positive, like a sort comparison.
 *
 * Where both are semantic versions of three parts they are compared so. Otherwise part by part, as numbers where both
 * are and as text where not, and the longer one wins; `lenient` takes off parts of zeros at the end first. The agent's
 * session code always uses the strict form.
 *
 * @see amazon-ssm-agent agent/versionutil/versionutil.go
 */
export function compareVersions(version: string, other: string, options: { readonly lenient?: boolean } = {}): number {
  const semantic = parseSemantic(version);
  const otherSemantic = parseSemantic(other);
  if (semantic && otherSemantic) return compareSemantic(semantic, otherSemantic);
  const left = partsOf(version, options.lenient === true);
  const right = partsOf(other, options.lenient === true);
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = comparePart(left[index] ?? '', right[index] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

interface Semantic {
  readonly core: readonly string[];
  readonly preRelease: readonly string[];
}

function parseSemantic(version: string): Semantic | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?(?:\+.*)?$/.exec(version);
  if (!match) return undefined;
  return { core: match.slice(1, 4), preRelease: match[4]?.split('.') ?? [] };
}

function compareSemantic(left: Semantic, right: Semantic): number {
  for (const [index, part] of left.core.entries()) {
    const order = comparePart(part, right.core[index] ?? '');
    if (order !== 0) return order;
  }
  // A pre-release comes before its release.
  if (left.preRelease.length === 0 || right.preRelease.length === 0) {
    return right.preRelease.length - left.preRelease.length;
  }
  for (const [index, part] of left.preRelease.entries()) {
    const other = right.preRelease[index];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return left.preRelease.length - right.preRelease.length;
}

function partsOf(version: string, withoutZeros: boolean): string[] {
  return (withoutZeros ? version.replace(/(?:\.0*)+$|^[0.]*$/, '') : version).split('.');
}

function comparePart(left: string, right: string): number {
  if (isNumber(left) && isNumber(right)) return Math.sign(Number(left) - Number(right));
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function isNumber(part: string): boolean {
  return /^\d+$/.test(part);
}

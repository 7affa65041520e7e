import { requestLimits, type RequestLimits } from './limits.js';
import { checkInteger, checkText, checkWord, isObject, type Problems } from './problems.js';
import { isSecretName, secretNameLike } from './secret-name.js';

const https = /^https:\/\/[^/?#]/;
const httpsOrLoopback = /^(?:https:\/\/[^/?#]|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?=[:/?#]|$))/;
const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Where somebody wants to hear of the end. */
export function checkNotify(problems: Problems, path: string, value: unknown, limits: RequestLimits): void {
  if (!Array.isArray(value)) return problems.add(path, 'must be a list');
  if (value.length > requestLimits.notify) problems.add(path, `must be at most ${requestLimits.notify}`);
  for (const [index, target] of value.entries())
    checkTarget(problems, `${path}[${index}]`, target, limits.loopbackWebhooks ?? false);
}

/** Work that is in no commit. What the difference holds is found out by applying it: the tree's id must come out. */
export function checkDirty(problems: Problems, path: string, value: unknown): void {
  if (!isObject(value)) return problems.add(path, 'must be an object');
  onlyFields(problems, path, value, ['base', 'diff', 'tree', 'files', 'bytes']);
  for (const name of ['base', 'tree']) {
    const like = 'must be an object id of git in full: 40 or 64 hex digits';
    checkText(problems, `${path}.${name}`, value[name], { most: 64, pattern: commitId, like });
  }
  const { diff, files, bytes } = value;
  const isEncoded = typeof diff === 'string' && base64.test(diff);
  if (!isEncoded) problems.add(`${path}.diff`, 'must be base64');
  checkInteger(problems, `${path}.files`, files, 0, 100_000);
  if (!checkInteger(problems, `${path}.bytes`, bytes, 0, requestLimits.dirtyBytes) || !isEncoded) return;
  if (bytes !== diff.length) problems.add(`${path}.bytes`, 'must be the length of diff');
}

/** Who asks, as far as they say. */
export function checkSource(problems: Problems, path: string, value: unknown): void {
  if (!isObject(value)) return problems.add(path, 'must be an object');
  const names = ['cli', 'host', 'git_user', 'rerun_of'];
  onlyFields(problems, path, value, names);
  for (const name of names) {
    if (value[name] !== undefined) checkText(problems, `${path}.${name}`, value[name], { least: 0, most: 256 });
  }
}

function checkTarget(problems: Problems, path: string, value: unknown, loopback: boolean): void {
  if (!isObject(value)) return problems.add(path, 'must be an object');
  onlyFields(problems, path, value, ['url', 'on', 'secret']);
  const like = 'must be an https URL without credentials';
  const { url } = value;
  if (checkText(problems, `${path}.url`, url, { most: 2048, pattern: loopback ? httpsOrLoopback : https, like })) {
    if (!URL.canParse(url) || new URL(url).username || new URL(url).password) problems.add(`${path}.url`, like);
  }
  if (value['secret'] !== undefined && !isSecretName(value['secret'])) {
    problems.add(`${path}.secret`, secretNameLike);
  }
  const { on } = value;
  if (on === undefined) return;
  if (!Array.isArray(on)) return problems.add(`${path}.on`, 'must be a list');
  for (const [index, end] of on.entries()) {
    checkWord(problems, `${path}.on[${index}]`, end, [
      'succeeded',
      'failed',
      'timed_out',
      'cancelled',
      'error',
      'lost',
    ]);
  }
}

function onlyFields(
  problems: Problems,
  path: string,
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
): void {
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) problems.add(`${path}.${name}`, `is not a field of ${path}`);
  }
}

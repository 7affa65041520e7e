import { matchesPattern } from '../iam/pattern.js';
import type { EmulatedFunction } from './function.js';

/** Whether a service may invoke a function on behalf of a source. */
export function mayInvoke(one: EmulatedFunction, principal: string, sourceArn: string): boolean {
  return [...one.permissions.values()].some(
    (permission) =>
      matchesPattern(permission.action, 'lambda:InvokeFunction') &&
      (permission.principal === principal || permission.principal === '*') &&
      !permission.viaUrl &&
      (permission.sourceArn === undefined || matchesPattern(permission.sourceArn, sourceArn)),
  );
}

/**
 * Whether anybody may call a function's URL. It takes two statements.
 *
 * @see AWS Lambda developer guide "Control access to Lambda function URLs" (since October 2025)
 */
export function isPublic(one: EmulatedFunction): boolean {
  const all = [...one.permissions.values()].filter(({ principal }) => principal === '*');
  return (
    all.some(({ action, urlAuthType }) => action === 'lambda:InvokeFunctionUrl' && urlAuthType !== 'AWS_IAM') &&
    all.some(({ action, viaUrl }) => action === 'lambda:InvokeFunction' && viaUrl)
  );
}

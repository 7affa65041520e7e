import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { QueryService } from '../wire/service.js';
import type { Role, Roles } from './roles.js';

/** The part of IAM that looks at roles; stacks make them. */
export function createIamService(roles: Roles): QueryService {
  const role = (input: Input): Role => {
    const name = readMembers(input).text('RoleName');
    const found = roles.all.get(name);
    if (!found) {
      throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, { status: 404 });
    }
    return found;
  };
  const show = (one: Role): Readonly<Record<string, unknown>> => ({
    Path: '/',
    RoleName: one.name,
    RoleId: one.id,
    Arn: one.arn,
    CreateDate: new Date(one.createdMs),
    AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(one.trust)),
    MaxSessionDuration: 3600,
  });
  return {
    protocol: 'query',
    name: 'iam',
    version: '2010-05-08',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    operations: {
      GetRole: (input) => ({ Role: show(role(input)) }),
      ListRoles: () => ({ Roles: [...roles.all.values()].map(show), IsTruncated: false }),
      ListRolePolicies: (input) => ({ PolicyNames: role(input).policies.map(({ name }) => name), IsTruncated: false }),
      GetRolePolicy: (input) => {
        const one = role(input);
        const PolicyName = readMembers(input).text('PolicyName');
        const policy = one.policies.find(({ name }) => name === PolicyName);
        if (!policy)
          throw new AwsError('NoSuchEntity', `The role policy with name ${PolicyName} cannot be found.`, {
            status: 404,
          });
        const document = { Version: '2012-10-17', Statement: policy.statements };
        return { RoleName: one.name, PolicyName, PolicyDocument: encodeURIComponent(JSON.stringify(document)) };
      },
      ListAttachedRolePolicies: (input) => ({
        AttachedPolicies: role(input).managed.map((PolicyArn) => ({
          PolicyName: PolicyArn.split('/').at(-1),
          PolicyArn,
        })),
        IsTruncated: false,
      }),
    },
  };
}

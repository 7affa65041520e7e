import { functionEnvironment, paths, type StackNames } from '../names.js';
import { securityGroupIds, subnetIds } from './network.js';
import { att, join, ref, type Resources, sub, type Value, when } from './syntax.js';

/** Answers until the service's code is uploaded. It never changes, so that no update of the stack takes that back. */
export const placeholderCode = `exports.handler = async () => ({
  statusCode: 503,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: 'The code of the service is not there yet.', code: 'store_unavailable', retryable: true }),
});
`;

const value: Readonly<Record<keyof typeof functionEnvironment, Value>> = {
  stack: ref('AWS::StackName'),
  table: ref('Table'),
  cluster: ref('Cluster'),
  logGroup: '',
  subnets: subnetIds,
  securityGroups: securityGroupIds,
  assignPublicIp: ref('AssignPublicIp'),
  executionRoleArn: att('ExecutionRole', 'Arn'),
  taskRoleArn: att('TaskRole', 'Arn'),
  allowedRoleArns: join(',', ref('AllowedTaskRoleArns')),
  defaultImage: ref('DefaultImage'),
  initImage: ref('InitImage'),
  shellImage: ref('ShellImage'),
  taskCpu: ref('TaskCpu'),
  taskMemory: ref('TaskMemory'),
  architecture: ref('Architecture'),
  maxTimeoutSeconds: ref('MaxTimeoutSeconds'),
  enableAttach: ref('EnableAttach'),
  authMode: ref('AuthMode'),
  endpoint: '',
  endpointParameter: '',
};

/** The address of the REST API's stage, without a slash at its end. */
export const restEndpoint: string = `https://\${Api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}/${paths.stage}`;

/** The service, with a placeholder for code. */
export const lambda = (names: StackNames): Resources => {
  const known = {
    ...value,
    logGroup: sub(names.runLogGroup),
    endpoint: when('UseRest', sub(`${restEndpoint}${paths.task}`), ''),
    endpointParameter: when('UseFunctionUrl', sub(names.endpointParameter), ''),
  };
  return {
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: sub(names.function),
        Description: 'Starts, watches and ends executions.',
        Runtime: 'nodejs22.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        MemorySize: 1024,
        Timeout: 60,
        Role: att('ServiceRole', 'Arn'),
        LoggingConfig: { LogGroup: ref('ServiceLogs') },
        Code: { ZipFile: placeholderCode },
        Environment: {
          Variables: Object.fromEntries(
            Object.entries(known).map(([name, of]) => [
              functionEnvironment[name as keyof typeof functionEnvironment],
              of,
            ]),
          ),
        },
      },
    },
    FunctionUrl: {
      Type: 'AWS::Lambda::Url',
      Condition: 'UseFunctionUrl',
      Properties: { TargetFunctionArn: att('Function', 'Arn'), AuthType: 'NONE' },
    },
    // Since October 2025 a public function URL needs both: "Control access to Lambda function URLs" in Lambda's guide.
    FunctionUrlPermission: {
      Type: 'AWS::Lambda::Permission',
      Condition: 'UseFunctionUrl',
      Properties: {
        FunctionName: ref('Function'),
        Action: 'lambda:InvokeFunctionUrl',
        Principal: '*',
        FunctionUrlAuthType: 'NONE',
      },
    },
    FunctionByUrlPermission: {
      Type: 'AWS::Lambda::Permission',
      Condition: 'UseFunctionUrl',
      Properties: {
        FunctionName: ref('Function'),
        Action: 'lambda:InvokeFunction',
        Principal: '*',
        InvokedViaFunctionUrl: true,
      },
    },
    EndpointParameter: {
      Type: 'AWS::SSM::Parameter',
      Condition: 'UseFunctionUrl',
      Properties: {
        Name: sub(names.endpointParameter),
        Type: 'String',
        Description: 'Where tasks reach the service.',
        Value: functionUrl(paths.task),
      },
    },
  };
};

/** The address of the function URL, whose slash at the end is cut off, and a path. */
export function functionUrl(path: string): Value {
  const host: Value = { 'Fn::Select': [2, { 'Fn::Split': ['/', att('FunctionUrl', 'FunctionUrl')] }] };
  return join('', ['https://', host, path]);
}

import { SsmChannelError } from '../errors.js';

/** AWS services whose API a session may need. */
export type ApiService = 'ssm' | 'kms' | 'ecs';

/** Suffixes of AWS API hosts, single stack and dual stack, of every partition. From the partition list of the AWS SDK. */
const SUFFIXES = [
  'amazonaws.com',
  'api.aws',
  'amazonaws.com.cn',
  'api.amazonwebservices.com.cn',
  'amazonaws.eu',
  'api.amazonwebservices.eu',
  'c2s.ic.gov',
  'api.aws.ic.gov',
  'sc2s.sgov.gov',
  'api.aws.scloud',
  'cloud.adc-e.uk',
  'api.cloud-aws.adc-e.uk',
  'csp.hci.ic.gov',
  'api.aws.hci.ic.gov',
];

/** An API host of AWS, taken apart. */
interface AwsHost {
  readonly service: string;
  readonly fips: boolean;
  readonly region: string;
  readonly suffix: string;
}

/**
 * The endpoint for one service when one endpoint URL was given for all: `undefined` leaves the choice to the SDK.
 *
 * A URL that is not AWS's own is kept for every service: it is an emulator or a gateway. A URL of another AWS service
 * is turned into the one of this service in the same region, partition and flavour: `aws ecs execute-command` hands
 * the plugin the ECS endpoint, where a session can neither be resumed nor ended (reference: AWS CLI
 * `awscli/customizations/ecs/executecommand.py`). A VPC endpoint serves its own service only.
 *
 * @throws SsmChannelError `HAWSER_SSM_BAD_INPUT` when the text is no http(s) URL.
 */
export function endpointFor(service: ApiService, endpointUrl: string): string | undefined {
  const url = parseEndpoint(endpointUrl);
  const vpcService = /^(?:[^.]+\.)?([a-z0-9-]+)\.[a-z0-9-]+\.vpce\.[a-z.]+$/.exec(url.hostname)?.[1];
  if (vpcService !== undefined) return vpcService === service ? endpointUrl : undefined;
  const host = parseHost(url.hostname);
  if (host === undefined || host.service === service) return endpointUrl;
  return `https://${hostOf({ ...host, service })}`;
}

function parseEndpoint(endpointUrl: string): URL {
  const url = URL.canParse(endpointUrl) ? new URL(endpointUrl) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new SsmChannelError('HAWSER_SSM_BAD_INPUT', `The endpoint URL ${endpointUrl} is no http or https URL`, {
    hint: 'Write it in full, like https://ssm.eu-west-1.amazonaws.com or http://127.0.0.1:4566.',
  });
}

function parseHost(hostname: string): AwsHost | undefined {
  const [, service, fips, region, suffix] =
    /^([a-z0-9]+)(-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.(.+)$/.exec(hostname) ?? [];
  if (service === undefined || region === undefined || suffix === undefined || !SUFFIXES.includes(suffix))
    return undefined;
  return { service, fips: fips !== undefined, region, suffix };
}

function hostOf({ service, fips, region, suffix }: AwsHost): string {
  // In GovCloud the ordinary name of Systems Manager is the FIPS one, and there is no other.
  const plain = service === 'ssm' && region.startsWith('us-gov-') && suffix === 'amazonaws.com';
  return `${service}${fips && !plain ? '-fips' : ''}.${region}.${suffix}`;
}

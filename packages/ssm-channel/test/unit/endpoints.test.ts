import { describe, expect, test } from '@jest/globals';
import { ECSClient } from '@aws-sdk/client-ecs';
import { KMSClient } from '@aws-sdk/client-kms';
import { SSMClient } from '@aws-sdk/client-ssm';
import { endpointFor } from '../../src/aws/endpoints.js';

const clients = { ssm: SSMClient, kms: KMSClient, ecs: ECSClient };

/** The endpoint that the official SDK would take. */
function official(
  service: 'ssm' | 'kms' | 'ecs',
  flavour: { Region: string; UseFIPS: boolean; UseDualStack: boolean },
): string {
  const client = new clients[service]({ region: flavour.Region });
  return client.config.endpointProvider(flavour).url.origin;
}

describe('one endpoint URL for several services', () => {
  const regions = [
    'us-east-1',
    'ap-southeast-2',
    'us-gov-west-1',
    'cn-north-1',
    'us-iso-east-1',
    'us-isob-east-1',
    'eu-isoe-west-1',
    'us-isof-south-1',
    'eusc-de-east-1',
  ];
  const flavours = regions.flatMap((Region) =>
    [false, true].flatMap((UseFIPS) => [false, true].map((UseDualStack) => ({ Region, UseFIPS, UseDualStack }))),
  );
  let compared = 0;

  test.each(flavours)(
    'becomes what the SDK itself would take: $Region, FIPS $UseFIPS, dual stack $UseDualStack',
    (flavour) => {
      for (const given of ['ecs', 'kms'] as const) {
        for (const wanted of ['ssm', 'kms', 'ecs'] as const) {
          let truth: string;
          try {
            truth = official(wanted, flavour);
            official(given, flavour);
          } catch {
            continue; // this partition has no such flavour
          }
          compared++;
          expect(endpointFor(wanted, official(given, flavour))).toBe(truth);
        }
      }
    },
  );

  test('were compared in number', () => {
    expect(compared).toBeGreaterThan(100);
  });

  test('an endpoint of the service itself stays letter by letter', () => {
    expect(endpointFor('ssm', 'https://ssm.eu-west-1.amazonaws.com/')).toBe('https://ssm.eu-west-1.amazonaws.com/');
  });

  test.each([
    'http://127.0.0.1:4566',
    'https://aws.example.com/ssm',
    'http://localhost:41235',
    'https://ecs.eu-west-1.example.com',
  ])('%s is no endpoint of AWS and serves them all', (url) => {
    for (const service of ['ssm', 'kms', 'ecs'] as const) expect(endpointFor(service, url)).toBe(url);
  });

  test('a VPC endpoint serves its own service only', () => {
    const url = 'https://vpce-0a1b2c-3d4e.ssm.eu-west-1.vpce.amazonaws.com';
    expect(endpointFor('ssm', url)).toBe(url);
    expect(endpointFor('kms', url)).toBeUndefined();
    expect(endpointFor('ssm', 'https://vpce-0a1b2c-3d4e.ecs.cn-north-1.vpce.amazonaws.com.cn')).toBeUndefined();
  });

  test.each(['ssm.eu-west-1.amazonaws.com', '', 'ftp://a.example'])('%p is refused', (url) => {
    expect(() => endpointFor('ssm', url)).toThrow(expect.objectContaining({ code: 'HAWSER_SSM_BAD_INPUT' }));
  });
});

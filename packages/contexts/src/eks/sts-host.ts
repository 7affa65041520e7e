/** Partitions whose hosts end in something else than `amazonaws.com`: how their regions begin, and both DNS suffixes. */
const PARTITIONS: readonly (readonly [prefix: string, id: string, suffix: string, dualStackSuffix: string])[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com', 'api.aws'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu'],
];

/** The partition a region is in: `aws`, `aws-cn`, `aws-us-gov` … */
export function partitionOf(region: string): string {
  return partition(region)[1];
}

/**
 * The regional host of STS.
 *
 * @see the endpoint rules and partitions that botocore ships (sts/2011-06-15 endpoint-rule-set, partitions.json).
 */
export function stsHost(
  region: string,
  options: { readonly fips?: boolean; readonly dualStack?: boolean } = {},
): string {
  const [, id, suffix, dualStackSuffix] = partition(region);
  if (options.dualStack) return `${options.fips ? 'sts-fips' : 'sts'}.${region}.${dualStackSuffix}`;
  // The plain hosts of the government regions are the validated ones.
  return `${options.fips && id !== 'aws-us-gov' ? 'sts-fips' : 'sts'}.${region}.${suffix}`;
}

function partition(region: string): (typeof PARTITIONS)[number] {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? ['', 'aws', 'amazonaws.com', 'api.aws'];
}

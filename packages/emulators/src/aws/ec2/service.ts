import { AwsError } from '../../ssm/api/aws-error.js';
import type { Input } from '../../ssm/api/operation.js';
import type { QueryService } from '../wire/service.js';
import type { World } from '../world.js';
import type { Network, NetworkPiece } from './network.js';

/** The part of EC2 that looks at networks; stacks make them. */
export function createEc2Service(world: World, network: Network): QueryService {
  return {
    protocol: 'ec2',
    name: 'ec2',
    version: '2016-11-15',
    namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    operations: {
      DescribeVpcs: (input) => ({
        vpcSet: chosen(network, 'vpc', input, 'VpcId').map(({ id, properties }) => ({
          vpcId: id,
          ownerId: world.accountId,
          state: 'available',
          cidrBlock: properties['CidrBlock'],
          isDefault: properties['isDefault'] === true,
          tagSet: tagsOf(properties),
        })),
      }),
      DescribeSubnets: (input) => ({
        subnetSet: chosen(network, 'subnet', input, 'SubnetId').map(({ id, properties }) => ({
          subnetId: id,
          ownerId: world.accountId,
          state: 'available',
          vpcId: properties['VpcId'],
          cidrBlock: properties['CidrBlock'],
          availabilityZone: properties['AvailabilityZone'],
          availableIpAddressCount: 250,
          mapPublicIpOnLaunch: properties['MapPublicIpOnLaunch'] === true,
          defaultForAz: properties['isDefault'] === true,
          tagSet: tagsOf(properties),
        })),
      }),
      DescribeSecurityGroups: (input) => ({
        securityGroupInfo: chosen(network, 'sg', input, 'GroupId').map(({ id, properties }) => ({
          groupId: id,
          ownerId: world.accountId,
          groupName: properties['GroupName'] ?? id,
          groupDescription: properties['GroupDescription'],
          vpcId: properties['VpcId'],
          ipPermissions: [],
        })),
      }),
      DescribeAvailabilityZones: () => ({
        availabilityZoneInfo: ['a', 'b', 'c'].map((zone) => ({
          zoneName: `${world.region}${zone}`,
          zoneState: 'available',
          regionName: world.region,
        })),
      }),
    },
  };
}

/** By ids and by the filter `vpc-id`. */
function chosen(network: Network, kind: NetworkPiece['kind'], input: Input, ids: string): readonly NetworkPiece[] {
  const wanted = (input[ids] as readonly string[] | undefined) ?? [];
  const missing = wanted.find((id) => network.all.get(id)?.kind !== kind);
  if (missing !== undefined) {
    const code = { vpc: 'InvalidVpcID.NotFound', subnet: 'InvalidSubnetID.NotFound' }[kind as 'vpc' | 'subnet'];
    throw new AwsError(code ?? 'InvalidGroup.NotFound', `The ID '${missing}' does not exist`);
  }
  const filters = (input['Filter'] as readonly Input[] | undefined) ?? [];
  return network.of(kind).filter((piece) => {
    if (wanted.length > 0 && !wanted.includes(piece.id)) return false;
    return filters.every((filter) => {
      if (filter['Name'] !== 'vpc-id')
        throw new AwsError('InvalidParameterValue', `The filter '${String(filter['Name'])}' is invalid`);
      const values = filter['Value'] as readonly string[];
      return values.includes(kind === 'vpc' ? piece.id : String(piece.properties['VpcId']));
    });
  });
}

function tagsOf(properties: NetworkPiece['properties']): readonly unknown[] {
  const tags = (properties['Tags'] as readonly { readonly Key: string; readonly Value: string }[] | undefined) ?? [];
  return tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
}

import type { Network, NetworkPiece } from '../../ec2/network.js';
import type { Kind, Order } from '../kind.js';
import { textOf } from '../../text.js';

/** Pieces of a network: records, which tasks do not go through. */
export function networkKinds(network: Network): Readonly<Record<string, Kind>> {
  const piece = (
    kind: NetworkPiece['kind'],
    attributes: (made: NetworkPiece, order: Order) => Record<string, string>,
  ): Kind => ({
    replaces: [],
    create: (order) => {
      for (const name of ['VpcId', 'SubnetId', 'RouteTableId', 'InternetGatewayId', 'GatewayId']) {
        const id = order.properties[name];
        if (id !== undefined && !network.all.has(textOf(id)))
          throw new Error(`The ${name} '${textOf(id)}' does not exist`);
      }
      const made = network.create(kind, order.properties);
      return { id: made.id, attributes: attributes(made, order) };
    },
    remove: ({ id }) => {
      const holder = [...network.all.values()].find(({ properties }) => Object.values(properties).includes(id));
      if (holder !== undefined) throw new Error(`The ${kind} '${id}' has dependencies and cannot be deleted.`);
      network.all.delete(id);
    },
  });
  return {
    'AWS::EC2::VPC': piece('vpc', ({ id, properties }) => ({
      VpcId: id,
      CidrBlock: String(properties['CidrBlock']),
      DefaultSecurityGroup: `sg-${id.slice(4)}`,
    })),
    'AWS::EC2::Subnet': piece('subnet', ({ id, properties }) => ({
      SubnetId: id,
      VpcId: String(properties['VpcId']),
      AvailabilityZone: textOf(properties['AvailabilityZone'] ?? ''),
      CidrBlock: String(properties['CidrBlock']),
    })),
    'AWS::EC2::InternetGateway': piece('igw', ({ id }) => ({ InternetGatewayId: id })),
    'AWS::EC2::VPCGatewayAttachment': piece('attachment', () => ({})),
    'AWS::EC2::RouteTable': piece('rtb', ({ id }) => ({ RouteTableId: id })),
    'AWS::EC2::Route': piece('route', () => ({})),
    'AWS::EC2::SubnetRouteTableAssociation': piece('rtbassoc', ({ id }) => ({ Id: id })),
    'AWS::EC2::SecurityGroup': piece('sg', ({ id, properties }) => ({
      GroupId: id,
      Id: id,
      VpcId: textOf(properties['VpcId'] ?? ''),
    })),
  };
}

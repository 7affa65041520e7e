import { att, ref, type Resource, type Resources, type Value, when } from './syntax.js';

const made = (Type: string, Properties: Readonly<Record<string, Value>>, DependsOn?: readonly string[]): Resource => ({
  Type,
  Condition: 'MakeVpc',
  ...(DependsOn && { DependsOn }),
  Properties,
});

const named = (name: string): Value => [{ Key: 'Name', Value: { 'Fn::Sub': `\${AWS::StackName}${name}` } }];

const subnet = (zone: number, cidr: string): Resource =>
  made('AWS::EC2::Subnet', {
    VpcId: ref('Vpc'),
    CidrBlock: cidr,
    AvailabilityZone: { 'Fn::Select': [zone, { 'Fn::GetAZs': '' }] },
    MapPublicIpOnLaunch: true,
    Tags: named(`-${zone + 1}`),
  });

const routed = (subnetId: string): Resource =>
  made('AWS::EC2::SubnetRouteTableAssociation', { SubnetId: ref(subnetId), RouteTableId: ref('Routes') });

/** A small VPC without a NAT gateway, unless there is one to use; and a security group that lets nobody in. */
export const network: Resources = {
  Vpc: made('AWS::EC2::VPC', {
    CidrBlock: '10.79.0.0/20',
    EnableDnsSupport: true,
    EnableDnsHostnames: true,
    Tags: named(''),
  }),
  Gateway: made('AWS::EC2::InternetGateway', { Tags: named('') }),
  GatewayAttachment: made('AWS::EC2::VPCGatewayAttachment', {
    VpcId: ref('Vpc'),
    InternetGatewayId: ref('Gateway'),
  }),
  Routes: made('AWS::EC2::RouteTable', { VpcId: ref('Vpc'), Tags: named('') }),
  DefaultRoute: made(
    'AWS::EC2::Route',
    { RouteTableId: ref('Routes'), DestinationCidrBlock: '0.0.0.0/0', GatewayId: ref('Gateway') },
    ['GatewayAttachment'],
  ),
  SubnetOne: subnet(0, '10.79.0.0/21'),
  SubnetTwo: subnet(1, '10.79.8.0/21'),
  SubnetOneRoutes: routed('SubnetOne'),
  SubnetTwoRoutes: routed('SubnetTwo'),
  TaskSecurityGroup: {
    Type: 'AWS::EC2::SecurityGroup',
    Properties: {
      GroupDescription: 'Tasks of executions: nobody comes in, everything goes out.',
      VpcId: when('MakeVpc', ref('Vpc'), ref('VpcId')),
    },
  },
};

/** Comma separated, for the function. */
export const subnetIds: Value = {
  'Fn::Join': [',', when('MakeVpc', [ref('SubnetOne'), ref('SubnetTwo')], ref('SubnetIds'))],
};

export const securityGroupIds: Value = att('TaskSecurityGroup', 'GroupId');

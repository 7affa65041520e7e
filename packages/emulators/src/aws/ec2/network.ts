import type { World } from '../world.js';

/** Anything of a network: a record with an id. */
export interface NetworkPiece {
  readonly id: string;
  readonly kind: 'vpc' | 'subnet' | 'igw' | 'rtb' | 'rtbassoc' | 'sg' | 'attachment' | 'route';
  readonly properties: Readonly<Record<string, unknown>>;
}

/** All networks of the account. */
export interface Network {
  readonly all: Map<string, NetworkPiece>;
  create(kind: NetworkPiece['kind'], properties: Readonly<Record<string, unknown>>): NetworkPiece;
  of(kind: NetworkPiece['kind']): readonly NetworkPiece[];
}

/** Makes an account with its default VPC and a subnet per zone. */
export function createNetwork(world: World): Network {
  const all = new Map<string, NetworkPiece>();
  const hex = (): string => Array.from({ length: 17 }, () => world.random.below(16).toString(16)).join('');
  const create: Network['create'] = (kind, properties) => {
    const piece = { id: `${kind}-${hex()}`, kind, properties };
    all.set(piece.id, piece);
    return piece;
  };
  const vpc = create('vpc', { CidrBlock: '172.31.0.0/16', isDefault: true });
  for (const [at, zone] of ['a', 'b', 'c'].entries()) {
    create('subnet', {
      VpcId: vpc.id,
      CidrBlock: `172.31.${at * 16}.0/20`,
      AvailabilityZone: `${world.region}${zone}`,
      MapPublicIpOnLaunch: true,
      isDefault: true,
    });
  }
  return { all, create, of: (kind) => [...all.values()].filter((piece) => piece.kind === kind) };
}

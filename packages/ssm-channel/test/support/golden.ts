import { readFileSync } from 'node:fs';

interface GoldenFields {
  readonly headerLength: number;
  readonly messageType: string;
  readonly schemaVersion: number;
  readonly createdDate: number;
  /** A text where a double cannot hold it. */
  readonly sequenceNumber: number | string;
  readonly flags: number;
  readonly messageId: string;
  readonly payloadDigestHex: string;
  readonly payloadType: number;
  readonly payloadLength: number;
  readonly payloadHex: string;
}

interface Golden {
  readonly messages: readonly { readonly name: string; readonly fields: GoldenFields; readonly hex: string }[];
  readonly decode: readonly {
    readonly name: string;
    readonly hex: string;
    readonly expect: Readonly<Record<string, unknown>> & {
      readonly payloadHex?: string;
      readonly payloadLengthCorrect?: number;
    };
    readonly goPluginValidate: string;
    readonly goPluginObserved: {
      readonly created: number;
      readonly flags: number;
      readonly hl: number;
      readonly payloadHex: string;
      readonly pl: number;
      readonly pt: number;
      readonly schema: number;
      readonly seq: number;
      readonly type: string;
      readonly err?: string;
    };
  }[];
  readonly encodeErrors: readonly {
    readonly name: string;
    readonly fields: { readonly messageType: string; readonly messageId?: string; readonly payloadHex: string };
  }[];
  readonly primitives: {
    readonly uuid: { readonly text: string; readonly wireHex: string };
    readonly putString: readonly {
      readonly bufferLength: number;
      readonly start: number;
      readonly end: number;
      readonly text: string;
      readonly bufferHex?: string;
      readonly error?: boolean;
    }[];
    readonly int32: readonly (readonly [number, string])[];
    readonly int64: readonly (readonly [string, string])[];
  };
  readonly enums: {
    readonly flagPayload: Readonly<Record<string, number>> & { ConnectToPortError: number; TerminateSession: number };
  };
  readonly json: {
    readonly acknowledge: string;
    readonly channelClosed: string;
    readonly handshakeResponse: string;
    readonly handshakeResponseKms: string;
    readonly size: string;
    readonly encryptionChallenge: string;
    readonly handshakeRequestDecode: {
      readonly text: string;
      readonly agentVersion: string;
      readonly actionType: string;
    };
  };
  readonly rto: {
    readonly initial: { readonly rttNs: number; readonly rttvarNs: number; readonly rtoNs: number };
    readonly series: readonly (readonly [number, number, number, number])[];
  };
  readonly buffers: {
    readonly reorder: {
      readonly steps: readonly {
        readonly receive?: number;
        readonly preloadBuffer?: readonly number[];
        readonly ackedNow?: readonly number[];
        readonly expectedAfter?: number;
        readonly buffered?: readonly number[];
      }[];
    };
    readonly unexpected: {
      readonly capacity: number;
      readonly steps: readonly {
        readonly receive: number;
        readonly acked: boolean;
        readonly buffered: readonly number[];
      }[];
    };
  };
  readonly encryption: {
    readonly dataKeyHex: string;
    readonly keyUse: { readonly agentEncryptsClientDecrypts: string; readonly clientEncryptsAgentDecrypts: string };
    readonly vectors: readonly {
      readonly direction: string;
      readonly nonceHex: string;
      readonly plaintext: string;
      readonly wireHex: string;
    }[];
  };
  readonly version: {
    readonly clientGates: { readonly rows: readonly [string, boolean, boolean, boolean][] };
    readonly clientPairs: readonly [string, string, boolean][];
    readonly agentCompare: { readonly rows: readonly [string, string, number, number][] };
  };
  readonly smux: {
    readonly frames: readonly {
      readonly v: 1 | 2;
      readonly cmd: 'SYN' | 'FIN' | 'PSH' | 'NOP' | 'UPD';
      readonly sid: number;
      readonly data?: string;
      readonly consumed?: number;
      readonly window?: number;
      readonly hex: string;
    }[];
    readonly transcripts: readonly {
      readonly version: 1 | 2;
      readonly clientToServerHex: string;
      readonly serverToClientHex: string;
    }[];
    readonly segmentation: {
      readonly write: number;
      readonly frameHeadersV1: readonly string[];
      readonly frameHeadersV2: readonly string[];
      readonly frameLengths: readonly number[];
    };
    readonly keepalive: { readonly intervalMs: number; readonly timeoutMs: number; readonly hex: string };
  };
  readonly traces: Readonly<
    Record<'shell' | 'portMux', readonly (readonly [string, string, number, number, number, string])[]>
  >;
}

/** Facts recorded from the originals; see fixtures/README.md. */
export const golden = JSON.parse(
  readFileSync(new URL('../fixtures/golden-vectors.json', import.meta.url), 'utf8'),
) as Golden;

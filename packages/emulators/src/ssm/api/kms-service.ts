import type { KeyService } from '../kms.js';
import { AwsError } from './aws-error.js';
import { readMembers, type Service } from './operation.js';

const keySpecs: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 };

/** The part of KMS that encrypted sessions need. */
export function createKmsService(keys: KeyService): Service {
  return {
    signingName: 'kms',
    targetPrefix: 'TrentService',
    messageMember: 'message',
    validationError: 'ValidationException',
    operations: {
      GenerateDataKey: (input) => {
        const members = readMembers(input);
        const keyId = members.text('KeyId');
        const spec = members.optionalText('KeySpec');
        const bytes = members.optionalInteger('NumberOfBytes', 1, 1024);
        if ((spec === undefined) === (bytes === undefined)) {
          throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
        }
        const size = bytes ?? keySpecs[spec!];
        if (size === undefined) throw new AwsError('ValidationException', `Unknown key spec '${spec}'.`);
        const key = keys.generateDataKey(keyId, size, members.textMap('EncryptionContext'));
        return {
          KeyId: keyId,
          Plaintext: key.plaintext.toString('base64'),
          CiphertextBlob: key.ciphertext.toString('base64'),
        };
      },
      Decrypt: (input) => {
        const members = readMembers(input);
        const ciphertext = Buffer.from(members.text('CiphertextBlob'), 'base64');
        const { plaintext, keyId } = keys.decrypt(
          ciphertext,
          members.textMap('EncryptionContext'),
          members.optionalText('KeyId'),
        );
        return { KeyId: keyId, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
      },
    },
  };
}

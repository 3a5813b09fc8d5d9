import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** SHA-256 of a secret with enough entropy of its own (API keys, provider ids). */
export const sha256 = (value: string | Buffer): Buffer => createHash('sha256').update(value).digest();

/** A password or token derived from SECRET_KEY for one purpose: the same each time, useless for another. */
export const derive = (secretKey: string, purpose: string): string =>
  createHmac('sha256', secretKey).update(`rbm:${purpose}`).digest('hex');

/** Encrypts with AES-256-GCM under a key derived from SECRET_KEY. */
export const encrypt = (plain: string, secretKey: string): string => {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(secretKey), iv);
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return ['v1', iv, cipher.getAuthTag(), sealed]
    .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
    .join('.');
};

/** The plain text, with whichever key encrypted it; an error that names SECRET_KEY if none did. */
export const decrypt = (sealed: string, secretKeys: string[]): string => {
  const [version, iv, tag, body] = sealed.split('.');
  if (version === 'v1' && iv && tag && body !== undefined) {
    for (const secretKey of secretKeys) {
      try {
        const decipher = createDecipheriv(
          'aes-256-gcm',
          encryptionKey(secretKey),
          Buffer.from(iv, 'base64url'),
          // A shorter tag, which Node would take, is guessed sooner.
          { authTagLength: 16 },
        );
        decipher.setAuthTag(Buffer.from(tag, 'base64url'));
        return decipher.update(Buffer.from(body, 'base64url'), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        // Encrypted under another key: try the next one.
      }
    }
  }
  throw new Error(
    'stored credentials cannot be decrypted: SECRET_KEY is not the one they were encrypted with; set the old one as SECRET_KEY_PREVIOUS',
  );
};

const encryptionKey = (secretKey: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'rbm:credentials', 32));

import { randomBytes } from 'node:crypto';

/** A key nobody can guess. Only its hash is stored, so it is shown once. */
export const newApiKey = (): string => `rbm_${randomBytes(24).toString('base64url')}`;

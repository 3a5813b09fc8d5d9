import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import { startProcess } from '../support/process.ts';
import { newDataDir, startProduct } from './product.ts';

/** What an operator types beside a service with this environment, and how it ended. */
const templates = async (env: Record<string, string>) => {
  const command = await startProcess({ script: 'src/templates/main.ts', args: ['status'], env });
  const { code } = await command.exited;
  return [code, ...command.lines];
};

test('the template commands find the database that the service brings, while it runs and when it does not', async () => {
  const dataDir = newDataDir();
  const sender = {
    TWILIO_ACCOUNT_SID: `AC${randomBytes(16).toString('hex')}`,
    TWILIO_AUTH_TOKEN: randomBytes(16).toString('hex'),
    WHATSAPP_FROM_NUMBER: '+14155238886',
    TWILIO_API_BASE_URL: `http://127.0.0.1:${await findFreePort()}`,
  };
  const env = { DATA_DIR: dataDir, ...sender };
  expect(await templates(env)).toEqual([1, expect.stringContaining(`no database in ${dataDir}`)]);
  expect(await templates({ DATA_DIR: dataDir })).toEqual([1, expect.stringContaining('demonstration')]);

  const product = await startProduct({ dataDir, env: sender });
  onTestFinished(() => product.kill('SIGKILL'));
  await product.ready();
  const none = [1, 'No template is set: npm run templates -- submit'];
  expect(await templates(env)).toEqual(none);
  expect((await fetch(`${product.url}/readyz`)).status).toBe(200);

  product.kill('SIGTERM');
  await product.exited;
  expect(await templates(env)).toEqual(none);
  expect(product.postgresPid()).toBeNull();
});

import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { createApp } from '../../src/ingress/app.ts';

const toStderr = vi.spyOn(console, 'error').mockImplementation(() => {});
afterEach(() => toStderr.mockClear());

const logged: Record<string, unknown>[] = [];
const app = createApp(pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) }));
const part = new Hono();
part.get('/breaks', () => {
  throw Object.assign(new Error('Body=my secret from +12025550101'), { code: 'EFAULT' });
});
part.get('/refuses', () => {
  throw new HTTPException(413, { message: 'Too large' });
});
app.route('/part', part);

test('what is thrown anywhere is one line of the log and an answer that tells nothing', async () => {
  const response = await app.request('/part/breaks');
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('The fault is ours');
  expect(logged).toMatchObject([
    { level: 50, event: 'http.error', method: 'GET', name: 'Error', code: 'EFAULT' },
  ]);
  expect(JSON.stringify(logged)).toContain('app.test.ts');
  expect(JSON.stringify(logged)).not.toMatch(/secret|2025550101/);
  expect(toStderr).not.toHaveBeenCalled();
});

test('an answer that was thrown on purpose stays one', async () => {
  logged.length = 0;
  expect((await app.request('/part/refuses')).status).toBe(413);
  expect(logged).toEqual([]);
});

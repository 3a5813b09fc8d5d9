import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startProcess } from '../support/process.ts';
import { backends, secretKey, setStage } from './stage.ts';

const technicians = 12;
const notesEach = 25;

describe.each(backends)('on %s', (backend) => {
  test('killed again and again while 300 messages stream in, each acknowledged one has one effect and one answer', async () => {
    const stage = await setStage({ backend, workers: 0, ingress: false });
    const startService = async () => {
      const service = await startProcess({
        script: 'test/support/quick-service.ts',
        env: {
          PORT: String(stage.port),
          PUBLIC_BASE_URL: stage.publicBaseUrl,
          DATABASE_URL: stage.databaseUrl,
          ...(stage.redisUrl ? { REDIS_URL: stage.redisUrl } : {}),
          SECRET_KEY: secretKey,
          TWILIO_API_BASE_URL: stage.twilioUrl,
          LOG_LEVEL: 'warn',
        },
      });
      await service.waitForLine(/is running/, 30_000);
      return service;
    };
    try {
      const people = await Promise.all(Array.from({ length: technicians }, () => stage.technician()));
      for (const [index, tech] of people.entries()) {
        await stage.order(`WO-${index}`, { assignee: tech.externalId, status: 'in_progress' });
      }
      const streamed = new AbortController();
      const killing = (async () => {
        let service = await startService();
        for (let kills = 0; !streamed.signal.aborted; kills++) {
          await sleep(700 + Math.random() * 2500);
          if (kills % 2 === 0) service.killGroup('SIGKILL');
          else service.kill('SIGKILL');
          await service.exited;
          service = await startService();
        }
        return service;
      })();

      await Promise.all(
        people.map(async (tech) => {
          for (let count = 0; count < notesEach; count++) {
            const webhook = stage.simulator.webhook(tech.address, `NOTE n${count}`);
            // Twilio gives up sooner; a client that does not shows that repeating is harmless.
            for (;;) {
              const status = await fetch(webhook.url, {
                method: 'POST',
                headers: webhook.headers,
                body: webhook.body,
                signal: AbortSignal.timeout(5000),
              }).then(
                (answer) => answer.status,
                () => 0,
              );
              if (status === 200) break;
              await sleep(100);
            }
            await sleep(Math.random() * 300);
          }
        }),
      );
      streamed.abort();
      const service = await killing;
      await stage.quiet(60_000);
      service.kill('SIGTERM');
      await service.exited;

      const all = await stage.messages();
      const wanted = Array.from({ length: notesEach }, (_, count) => `n${count}`);
      for (const [index, tech] of people.entries()) {
        const notes = (await stage.eventsOf(`WO-${index}`)).filter(({ type }) => type === 'work_order.noted');
        expect(notes.map(({ data }) => data.text)).toEqual(wanted);
        const answers = all.filter(
          ({ technician, kind }) => technician === tech.externalId && kind === 'reply',
        );
        expect(answers).toHaveLength(notesEach);
        const marked = answers.filter(({ possibleDuplicate }) => possibleDuplicate).length;
        const heard = tech.heard().filter((text) => text.startsWith('📝'));
        expect(new Set(heard).size).toBe(notesEach);
        // Twice on the phone only where it is marked as a possible duplicate.
        expect(heard.length).toBeLessThanOrEqual(notesEach + marked);
      }
    } finally {
      await stage.strike();
    }
  }, 180_000);
});

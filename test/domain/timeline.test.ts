import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeliveryStatus, forward } from '../../src/domain/delivery-status.ts';
import { timelineOf } from '../../src/domain/timeline.ts';
import { seed } from '../support/seed.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 22) + seconds * 1000);
const words = ['accepted', 'sent', 'failed', 'delivered', 'read'] as const;

test('news of one try, in whatever order and however often: by time, each once, the status last', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...words), fc.nat(50)), { maxLength: 8 }),
      fc.option(fc.nat(60), { nil: null }),
      (told, accepted) => {
        const news = [...told.map(([status]) => status), ...(accepted === null ? [] : ['accepted' as const])];
        const status = news.reduce<DeliveryStatus>(forward, 'sending');
        const moved = { status, statusAt: status === 'sending' ? null : at(60) };
        const timeline = timelineOf({ beganAs: 'queued', beganAt: at(0), ...moved }, [
          {
            ...{ sendingAt: at(1), acceptedAt: accepted === null ? null : at(accepted) },
            ...moved,
            told: told.map(([word, seconds]) => ({ status: word, at: at(seconds) })),
          },
        ]);
        const statuses = timeline.map((entry) => entry.status);
        expect(statuses).toEqual([...['queued', 'sending'], ...words.filter((word) => news.includes(word))]);
        expect(timeline.map((entry) => entry.at.getTime())).toEqual(
          timeline.map((entry) => entry.at.getTime()).toSorted((a, b) => a - b),
        );
      },
    ),
    { seed },
  );
});

test('what another try tells after the end changes nothing', () => {
  const first = { sendingAt: at(1), acceptedAt: null, status: 'delivered' as const, statusAt: at(9) };
  const second = { sendingAt: at(4), acceptedAt: at(5), status: 'sent' as const, statusAt: at(20) };
  const began = { beganAs: 'queued' as const, beganAt: at(0) };
  const statuses = (status: string, seconds: number, told: DeliveryStatus) =>
    timelineOf({ ...began, status, statusAt: at(seconds) }, [
      { ...first, told: [{ status: told, at: at(8) }] },
      { ...second, told: [{ status: 'sent', at: at(20) }] },
    ]).map((entry) => entry.status);
  expect(statuses('delivered', 9, 'delivered')).toEqual([
    ...['queued', 'sending', 'sending', 'accepted', 'delivered'],
  ]);
  expect(statuses('failed', 7, 'sent')).toEqual(['queued', 'sending', 'sending', 'accepted', 'failed']);
});

import type { Language, Texts } from './language.ts';
import { placeOf } from './layout.ts';
import { oneLine } from './shorten.ts';
import { writeMoment } from './when.ts';

/** The fields of alerts one by one, for templates: of several the first one's, and with its message how many more. */
export const alertFieldsIn = (language: Language): Texts['alertFields'] => ({
  externalId: ([alert]) => alert.externalId,
  asset: ([alert]) => placeOf(alert, language.noAsset),
  message: ([alert, ...others]) =>
    oneLine(alert.message, 500) + (others.length > 0 ? ` (${language.andMore(others.length)})` : ''),
  severity: ([alert]) => language.priorities[alert.severity],
  raisedAt: ([alert], reader) => writeMoment(alert.raisedAt, reader),
});

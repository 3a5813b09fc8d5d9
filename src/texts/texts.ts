import { en } from './en.ts';
import { es } from './es.ts';
import { joinLanguages } from './languages.ts';

/** Every language by its code. One more is one file and one line here. */
export const {
  words,
  textsFor,
  textLanguage,
  localeFor,
  writeReply,
  writeNews,
  writeNotice,
  writePage,
  writeDigest,
  writeSubject,
} = joinLanguages({ en, es });

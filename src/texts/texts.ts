import { en } from './en.ts';

/** Every language by its code. One more is one file and one line here. */
export const { words, textsFor, localeFor, writeReply, writeNews, writeNotice } = joinLanguages({ en });

import { fileTypeFromBuffer } from 'file-type';

/** What technicians send, and what such a file's name ends in. Anything else is kept as bytes of no known type. */
const extensions: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'audio/ogg': 'ogg',
  'audio/amr': 'amr',
  'audio/aac': 'aac',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'audio/wav': 'wav',
  'audio/3gpp': '3gp',
  'video/mp4': 'mp4',
  'video/3gpp': '3gp',
  'video/quicktime': 'mov',
  'application/pdf': 'pdf',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'text/vcard': 'vcf',
  'text/plain': 'txt',
};

const unknown = 'application/octet-stream';

/**
 * What the bytes show themselves to be. What was declared counts only where bytes cannot tell one thing from
 * another of the same make.
 */
export const contentTypeOf = async (bytes: Buffer, declaredType: string | null): Promise<string> => {
  const declared = plainType(declaredType ?? '');
  const found = plainType((await fileTypeFromBuffer(bytes))?.mime ?? '');
  // Plain text begins like nothing in particular.
  if (found === '') return declared === 'text/plain' && isText(bytes) ? declared : unknown;
  if (sameMake[found]?.includes(declared)) return declared;
  return found in extensions ? found : unknown;
};

/** How a file of that type is called, without the dot. */
export const extensionOf = (contentType: string): string => extensions[contentType] ?? 'bin';

/** What every browser shows as a picture, and nothing in it can run. */
export const isPicture = (contentType: string): boolean =>
  ['image/jpeg', 'image/png', 'image/webp', 'image/gif'].includes(contentType);

const sameMake: Record<string, string[]> = {
  // One container for sound alone and for pictures.
  'video/mp4': ['audio/mp4'],
  'video/3gpp': ['audio/3gpp'],
  // Office before 2007.
  'application/x-cfb': ['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint'],
};

const isText = (bytes: Buffer): boolean => {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0');
  } catch {
    // Not UTF-8.
    return false;
  }
};

const plainType = (type: string): string => type.split(';')[0]!.trim().toLowerCase();

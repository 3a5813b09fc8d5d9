/**
 * Splits `rbm@example.com`, `RBM <rbm@example.com>` or `"RBM: Plant" <rbm@example.com>`; null if it is none of them.
 * What a header takes for a comment, a group or a list must stand in quotes: the sender would be another one.
 */
export const readMailbox = (text: string): { name: string; address: string } | null => {
  const [, quoted, name, inBrackets, alone] = mailbox.exec(text.trim()) ?? [];
  const address = inBrackets ?? alone;
  return address ? { name: (quoted ?? name ?? '').trim(), address } : null;
};

const address = String.raw`[^<>\s@:;(),"\\]+@[^<>\s@:;(),"\\]+\.[^<>\s@:;(),"\\]+`;
const mailbox = new RegExp(
  String.raw`^(?:(?:"([^"<>\\\r\n]*)"|([^"<>\\:;()\r\n]*?))\s*<(${address})>|(${address}))$`,
);

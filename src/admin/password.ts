export const passwordLength = { min: 12, max: 128 };

// Of twelve characters and more: what people type when told to take a longer one.
const common = [
  'password',
  'passwort',
  'contraseña',
  'qwerty',
  'qwertz',
  'letmein',
  'welcome',
  'administrator',
  'changeme',
  'iloveyou',
  '1234567890',
  'abcdefgh',
];

/** Everything that is wrong with a password somebody chose; empty: it will do. */
export const passwordFaults = (password: string, of: { email: string; name: string }): string[] => {
  const faults: string[] = [];
  if (password.length < passwordLength.min)
    faults.push(`The password needs at least ${passwordLength.min} characters.`);
  if (password.length > passwordLength.max)
    faults.push(`The password may have at most ${passwordLength.max} characters.`);
  const lower = password.toLowerCase();
  if (new Set(lower).size < 5) faults.push('The password needs at least five different characters.');
  const own = [of.email.split('@', 1)[0]!, of.email, ...of.name.split(/\s+/)]
    .map((part) => part.toLowerCase())
    .filter((part) => part.length >= 4);
  // What is left of it must still be long enough to be hard to guess.
  const rest = [...own, ...common].reduce((left, part) => left.replaceAll(part, ''), lower);
  if (faults.length === 0 && rest.replaceAll(/(.)\1+/g, '$1').length < 6) {
    faults.push('The password is made of your name, your address or a word everybody tries first.');
  }
  return faults;
};

/** What nginx says about a configuration, in words for whoever wrote the object. */

/** Where nginx says something that only its developers understand: what it says, and what it means. */
const MEANINGS: readonly (readonly [RegExp, (...found: readonly string[]) => string])[] = [
  [
    /pcre2?_compile\(\) failed: (.*?) in "(.*)" at "(.*)"/,
    (reason = '', pattern = '', at = '') =>
      `the regular expression "${pattern}" is invalid (${reason}${at === '' ? '' : `, at "${at}"`})`,
  ],
  [
    /pcre2?_compile\(\) failed: (.*?) in "(.*)"/,
    (reason = '', pattern = '') => `the regular expression "${pattern}" is invalid (${reason})`,
  ],
  [/unknown "(.*)" variable/, (name = '') => `there is no variable $${name}`],
  [/duplicate location "(.*)"/, (path = '') => `the path "${path}" is there twice`],
  [/too long parameter "(.*)" started/, (start = '') => `a value is too long; it begins with "${start}"`],
  [
    /"proxy_busy_buffers_size" must be .*/,
    () => 'proxy-busy-buffers-size does not fit proxy-buffer-size and proxy-buffers-number',
  ],
  [/"proxy_buffers" must be .*/, () => 'proxy-buffers-number must be 2 at least'],
  [
    /invalid number of arguments in "(.*)" directive/,
    (name = '') => `a value for "${name}" has too many or too few words`,
  ],
  [
    /invalid value "(.*)" in "(.*)" directive/,
    (value = '', name = '') => `"${value}" is no value for "${name}"`,
  ],
  [
    /SSL_CTX_set_cipher_list\("(.*)"\) failed.*/,
    (list = '') => `OpenSSL knows none of the ciphers "${list}"`,
  ],
];

/** Without the level, the place in the file, and names of folders of this machine. */
export function plainWords(message: string): string {
  const [first = ''] = message.split('; [');
  const text = withoutPlaces(first.replace(/^\[\w+\] /, '').replace(/ in nginx\.conf:\d+$/, ''));
  for (const [pattern, meaning] of MEANINGS) {
    const found = pattern.exec(text);
    if (found !== null) return meaning(...found.slice(1));
  }
  return text;
}

/** What nginx says goes to people who have no use for places on this machine. */
export function withoutPlaces(message: string): string {
  return message
    .replaceAll(/ in nginx\.conf:\d+/g, '')
    .replaceAll(/(?<!\w)\/(?:etc|usr|var|tmp|run|proc|home|root|opt|dev)\/[^\s"';,)]*/g, '…');
}

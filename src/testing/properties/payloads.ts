/** Shapes of attacks on the configuration text (compat/security.md 1.2, S03 to S20). */
import fc from 'fast-check';

export const payloads: readonly string[] = [
  '/x/ {\n alias /var/run/secrets/kubernetes.io/serviceaccount/; } location ~* ^/y',
  '/x/ {\r root /run/secrets; } location /y',
  'alias #\n/lalala/1/;',
  'load_module /tmp/x.so;',
  'content_by_lua_block { ngx.say(1) }',
  'a"; } } } load_module x; #',
  "a'; } } } load_module x; #",
  'https://a;}location ~* "^/f(/|$)(.*)" {content_by_lua \'x\';}location ~* "^/g" {content_by_lua \'',
  'on; return 200;',
  'x on y',
  'http://example.com#;load_module test;\n',
  'http://example.com/#;}}}\n\nssl_engine /proc/1/fd/3;\n\n',
  'CN=abc #(\n){}\n }}\nssl_engine /aaa;\n#',
  'InjectTest#;\n\n}\n}\n}\nload_module test;',
  '../../../tmp/x',
  "v'; return 200; #",
  'GET; return 200;',
  '/" { return 200; } location "/y',
  '/ { return 200; } location /y',
  '/a" /b break; return 200; #',
  '/a\nreturn 200;\n',
  'a\\',
  'a\\"',
  'a\\\\" { }',
  '$',
  '${',
  '${x',
  '$host$uri$nosuchvariable',
  '{{x}} {{{x}}} {{> server}} {{/each}}',
  '\u0000/etc/passwd',
  'a\u2028b',
  'a\u202eb',
  '\ud800',
  '(*ACCEPT)',
  '(?C1)a',
  '(?<subdomain>a)',
  '(((((((((((((((((((((((((a',
  `/${'a'.repeat(5000)}`,
  '"'.repeat(2500),
  'include /etc/passwd;',
  '# } ',
  ']] os.execute("x") --[[',
  '__proto__',
  'constructor',
];

const unicode = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'{};"\'\\#$\n\r\t =~*^()[]|?./a1'), maxLength: 40 }),
);

const payload = fc.constantFrom(...payloads);

/** Arbitrary text, a payload, or a payload with something around it. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  unicode,
  payload,
  fc.tuple(unicode, payload).map(([before, after]) => before + after),
  fc.tuple(payload, unicode).map(([before, after]) => before + after),
);

/** What an attacker puts around a value that would be accepted by itself. */
export const aroundValid: readonly ((valid: string) => string)[] = [
  (valid) => `${valid};x`,
  (valid) => `x;${valid}`,
  (valid) => `${valid}\nx`,
  (valid) => `${valid}\r x`,
  (valid) => `${valid}" {`,
  (valid) => `${valid}' }`,
  (valid) => `${valid} } location / { return 200; }`,
  (valid) => `${valid}\\`,
  (valid) => `${valid}\u0000`,
  (valid) => `${valid} #`,
];

/** Something that somebody might register, and what it is after. */
export interface Attack {
  readonly name: string;
  readonly text: string;
}

/**
 * What was tried on tools that write nginx's configuration from values of others: measured here, or published
 * (CVE-2021-25742, -25748, CVE-2023-5044, CVE-2025-1974 and CVE-2026-4342 of ingress-nginx).
 */
export const attacks: readonly Attack[] = [
  {
    name: 'closes the block and opens a server',
    text: '10.0.0.1:80; } server { listen 8888; root /; autoindex on; #',
  },
  {
    name: 'closes the block over several lines',
    text: '10.0.0.1;\n}\nserver {\nlisten 8888;\nroot /;\n}\nupstream x {\nserver 10.0.0.1',
  },
  { name: 'adds a weight', text: '10.0.0.1:80 weight=1000000' },
  { name: 'marks itself down', text: '10.0.0.1:80 down' },
  { name: 'is a unix socket', text: 'unix:/var/run/docker.sock' },
  { name: 'is the metadata of a cloud', text: '169.254.169.254' },
  { name: 'is the metadata of a cloud, as IPv6', text: '::ffff:169.254.169.254' },
  { name: 'is a number in hexadecimal', text: '0x7f.1' },
  { name: 'is an address in one number', text: '2130706433' },
  { name: 'is an address in two numbers', text: '127.1' },
  { name: 'is an address in octal', text: '0177.0.0.1' },
  { name: 'is an IPv6 address with a zone', text: 'fe80::1%eth0' },
  { name: 'is every address', text: '0.0.0.0' },
  { name: 'names a file', text: '10.0.0.1; include /etc/passwd' },
  { name: 'loads a module', text: '10.0.0.1; } } load_module /tmp/evil.so; http { upstream x {' },
  { name: 'brings an engine along', text: '10.0.0.1;\n}\n}\nssl_engine /tmp/evil.so;\nhttp {\nupstream x {' },
  {
    name: 'runs Lua',
    text: '10.0.0.1; } init_by_lua_block { os.execute("id") } upstream x { server 10.0.0.1',
  },
  { name: 'reads a variable', text: '$http_host' },
  { name: 'reads a variable in braces', text: `\${http_host}` },
  { name: 'escapes a variable', text: '\\$http_host' },
  { name: 'ends a comment', text: 'v1\nreturn 200 pwned;' },
  { name: 'ends a comment with a carriage return', text: 'v1\rreturn 200 pwned;' },
  { name: 'ends a line by Unicode', text: 'v1\u2028return 200 pwned;' },
  { name: 'ends a text', text: '"; return 200 pwned; #' },
  { name: 'ends a text in single quotes', text: "'; return 200 pwned; #" },
  { name: 'escapes the end of a text', text: 'v1\\' },
  { name: 'is a template', text: '<%= process.exit(1) %>' },
  { name: 'climbs out of its folder', text: '../../../etc/nginx/nginx.conf' },
  { name: 'is an option', text: '-x' },
  { name: 'holds a hash', text: 'a#b' },
  { name: 'holds an escaped semicolon', text: 'a\\;b' },
  { name: 'commands a terminal', text: '\u001b]0;pwned\u0007\u001b[2J' },
  { name: 'writes backwards', text: 'a\u202eb' },
  { name: 'is a page', text: '<script>alert(1)</script>' },
  { name: 'is a key of every object', text: '__proto__' },
  { name: 'is long', text: 'a'.repeat(500) },
];

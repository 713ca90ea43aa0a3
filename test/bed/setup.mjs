#!/usr/bin/env node
// Makes a Debian machine able to run `npm run demo` and `npm test`:
//
//   node test/bed/setup.mjs [base] [push] [services] [process] [docker] [monitoring] [browser]
//
// `base`, which is all that the drill takes, is node_modules, nginx and Consul; `push` is nginx's Lua module;
// `services` is what the demo services take, which are only tested: their packages, MariaDB and Redis; `process` is
// systemd-notify. These four are the default. `docker` is an engine with Compose and what makes base images;
// `monitoring` is promtool, which checks metrics and alert rules; `browser` is the Chromium that the page is tested in.
// What is there already is left alone. This has to run on whatever Node the machine came with and before anything is
// installed, so it imports nothing but node's own modules and is plain JavaScript.
import { ensureChromium } from './setup/chromium.mjs';
import { ensureConsul } from './setup/consul.mjs';
import { ensureDatabases } from './setup/databases.mjs';
import { ensureDocker } from './setup/docker.mjs';
import { ensureNginx, ensureNginxLua } from './setup/nginx.mjs';
import { ensureNodeModules, ensureServiceModules } from './setup/node-modules.mjs';
import { ensurePromtool } from './setup/promtool.mjs';
import { reportErrors, SetupError, say, seconds } from './setup/say.mjs';
import { ensureSystemdNotify } from './setup/systemd-notify.mjs';

const parts = {
  base: [ensureNodeModules, ensureNginx, ensureConsul],
  push: [ensureNginxLua],
  services: [ensureServiceModules, ensureDatabases],
  process: [ensureSystemdNotify],
  docker: [ensureDocker],
  monitoring: [ensurePromtool],
  browser: [ensureChromium],
};

await reportErrors(async () => {
  const start = performance.now();
  const asked = process.argv.length > 2 ? process.argv.slice(2) : ['base', 'push', 'services', 'process'];
  const unknown = asked.filter((part) => !Object.hasOwn(parts, part));
  if (unknown.length > 0) {
    throw new SetupError(
      `no such part: ${unknown.join(', ')}`,
      `the parts are ${Object.keys(parts).join(' and ')}`,
    );
  }
  for (const ensure of asked.flatMap((part) => parts[part])) await ensure();
  say(`${asked.join(' and ')}: ready (${seconds(start)})`);
});

// Answers with its name. Told to stop, it goes on for a while, as one that drains does, and then ends.
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end(process.env.NAME));
// Who keeps a connection must not find it closed at a bad moment.
server.keepAliveTimeout = 60_000;
server.listen(80);
process.on('SIGTERM', () => {
  setTimeout(() => server.close(() => process.exit()), 3_000);
});

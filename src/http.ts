import type * as Http from 'node:http';
import process from 'node:process';

/*
 * What is used of `node:http`, by another way than an import. That reads all that the module exports, and
 * one of it, `WebSocket`, loads undici: 11 MB resident and 20 ms of a start, for what nobody here uses.
 */
export const { Agent, createServer, get, IncomingMessage } = process.getBuiltinModule('node:http');
export type Agent = Http.Agent;
export type IncomingMessage = Http.IncomingMessage;

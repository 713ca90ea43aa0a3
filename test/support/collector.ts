import { Server, ServerCredentials } from '@grpc/grpc-js';
import common from 'skywalking-backend-js/lib/proto/common/Common_pb.js';
import tracingService, {
  type ITraceSegmentReportServiceServer,
} from 'skywalking-backend-js/lib/proto/language-agent/Tracing_grpc_pb.js';
import type { SegmentObject, SpanObject } from 'skywalking-backend-js/lib/proto/language-agent/Tracing_pb.js';
import managementService, {
  type IManagementServiceServer,
} from 'skywalking-backend-js/lib/proto/management/Management_grpc_pb.js';

/** What one process did for one request, as SkyWalking's agent reports it. */
export interface Segment {
  readonly service: string;
  readonly instance: string;
  /** Shared by the segments of one request. */
  readonly trace: string;
  readonly id: string;
  /** By their number, which is the order in which they began. */
  readonly spans: readonly Span[];
}

export interface Span {
  readonly id: number;
  /** The span that it is part of; -1 for the first. */
  readonly parent: number;
  readonly kind: 'entry' | 'exit' | 'local';
  readonly layer: 'unknown' | 'database' | 'rpc' | 'http' | 'mq' | 'cache' | 'faas';
  readonly operation: string;
  /** Of an exit: the address that was asked. */
  readonly peer: string;
  readonly failed: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Of an entry: the spans of other processes that led to it. */
  readonly refs: readonly Ref[];
}

interface Ref {
  readonly trace: string;
  readonly segment: string;
  readonly span: number;
  readonly service: string;
  readonly instance: string;
  /** By which the caller asked. */
  readonly address: string;
}

export interface Received {
  readonly segments: readonly Segment[];
  /** Those whose agents said that they live, as `service instance`. */
  readonly alive: ReadonlySet<string>;
  /** What agents told of themselves, by `service instance`. */
  readonly properties: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Stands in for SkyWalking's collector: it speaks the agent's own gRPC protocol and keeps what it hears. */
export interface Collector extends Received, AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
  /** Looks at once and whenever something arrives, until there is a result; rejects after `patience` ms. */
  until<T>(find: (received: Received) => T | undefined, patience?: number): Promise<T>;
}

/** A mute one listens to all, and answers no segment. */
export async function startCollector({ mute = false } = {}): Promise<Collector> {
  const segments: Segment[] = [];
  const alive = new Set<string>();
  const properties = new Map<string, Readonly<Record<string, string>>>();
  const watchers = new Set<() => void>();
  const arrived = () => {
    for (const look of watchers) look();
  };

  const tracing: ITraceSegmentReportServiceServer = {
    collect(call, reply) {
      call.on('data', (message: SegmentObject) => segments.push(readSegment(message)));
      call.on('end', () => {
        if (!mute) reply(null, new common.Commands());
        arrived();
      });
    },
    collectInSync({ request }, reply) {
      segments.push(...request.getSegmentsList().map(readSegment));
      reply(null, new common.Commands());
      arrived();
    },
  };
  const management: IManagementServiceServer = {
    reportInstanceProperties({ request }, reply) {
      const told = request.getPropertiesList().map((pair) => [pair.getKey(), pair.getValue()]);
      properties.set(`${request.getService()} ${request.getServiceinstance()}`, Object.fromEntries(told));
      reply(null, new common.Commands());
      arrived();
    },
    keepAlive({ request }, reply) {
      alive.add(`${request.getService()} ${request.getServiceinstance()}`);
      reply(null, new common.Commands());
      arrived();
    },
  };

  const server = new Server();
  server.addService(tracingService.TraceSegmentReportServiceService, tracing);
  server.addService(managementService.ManagementServiceService, management);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });

  const received: Received = { segments, alive, properties };
  return {
    ...received,
    address: `127.0.0.1:${port}`,
    until: (find, patience = 20_000) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          clearTimeout(timer);
          watchers.delete(look);
          end();
        };
        const look = () => {
          const found = find(received);
          if (found !== undefined) settle(() => resolve(found));
        };
        const timer = setTimeout(() => {
          const heard = JSON.stringify({ segments, alive: [...alive] }, undefined, 1);
          settle(() => reject(new Error(`the collector waited ${patience} ms in vain, and heard ${heard}`)));
        }, patience);
        watchers.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

function readSegment(message: SegmentObject): Segment {
  return {
    service: message.getService(),
    instance: message.getServiceinstance(),
    trace: message.getTraceid(),
    id: message.getTracesegmentid(),
    spans: message
      .getSpansList()
      .map(readSpan)
      .sort((one, other) => one.id - other.id),
  };
}

/** By their numbers in the protocol. */
const kinds = ['entry', 'exit', 'local'] as const;
const layers = ['unknown', 'database', 'rpc', 'http', 'mq', 'cache', 'faas'] as const;

function readSpan(message: SpanObject): Span {
  return {
    id: message.getSpanid(),
    parent: message.getParentspanid(),
    kind: kinds[message.getSpantype()],
    layer: layers[message.getSpanlayer()],
    operation: message.getOperationname(),
    peer: message.getPeer(),
    failed: message.getIserror(),
    tags: Object.fromEntries(message.getTagsList().map((tag) => [tag.getKey(), tag.getValue()])),
    refs: message.getRefsList().map((ref) => ({
      trace: ref.getTraceid(),
      segment: ref.getParenttracesegmentid(),
      span: ref.getParentspanid(),
      service: ref.getParentservice(),
      instance: ref.getParentserviceinstance(),
      address: ref.getNetworkaddressusedatpeer(),
    })),
  };
}

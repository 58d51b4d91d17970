import { createSecureContext } from "node:tls";
import type { Events } from "../events/index.ts";
import type { Images } from "../images/index.ts";
import { EngineError, errnoOf, KeyedLock, type Logger } from "../lib/index.ts";
import { createHttpServer, type HttpServer } from "../server/index.ts";
import type { ContentStore, Leases, Metadata } from "../store/index.ts";
import { createRegistryAnswerer } from "./answer.ts";
import { parseHtpasswd } from "./authorize.ts";
import type { RegistryContext } from "./context.ts";
import type { RegistryServers, ServedRegistry, ServeOptions } from "./contract.ts";
import { openPushedManifests } from "./pushed-manifests.ts";
import { openRepositories } from "./repositories.ts";
import { createRequestFeed } from "./request-feed.ts";
import { sweepLoose, sweepStale } from "./sweep.ts";
import { createUploads } from "./uploads.ts";

export interface RegistryServersOptions {
	readonly content: ContentStore;
	readonly leases: Leases;
	readonly metadata: Metadata;
	readonly images: Images;
	readonly usedBy: RegistryContext["usedBy"];
	readonly events: Events;
	readonly log: Logger;
}

/** A prune leaves a manifest without a tag alone for so long: the index that names it may be on its way. */
const looseMs = 60 * 60_000;

interface Served {
	readonly registry: ServedRegistry;
	readonly close: () => Promise<void>;
}

/** Opens the room; nothing is served until somebody asks. */
export function createRegistryServers(options: RegistryServersOptions): RegistryServers {
	const { content, leases, metadata, images, usedBy, events, log } = options;
	const pushed = openPushedManifests(metadata, leases);
	const repositories = openRepositories(images, pushed);
	const release = (ids: Parameters<Images["release"]>[0]) => images.release(ids);
	const uploads = createUploads({ content, leases, release });
	const sweep = async () => {
		const freed = sweepStale(pushed, repositories);
		if (freed.length > 0) await images.release(freed);
	};
	const context: RegistryContext = {
		...{ content, leases, images, usedBy, pushed, repositories, uploads },
		...{ locks: new KeyedLock(), sweep, log },
	};
	const prune = async () => {
		const freed = sweepLoose(pushed, images, Date.now() - looseMs);
		if (freed.length > 0) await images.release(freed);
	};
	const served = new Map<string, Served>();
	const over = new AbortController();

	const watch = async () => {
		for await (const { type, action } of events.subscribe({ signal: over.signal })) {
			if (type !== "image") continue;
			if (action === "untag" || action === "delete" || action === "tag") await sweep();
			else if (action === "prune") await prune();
		}
	};

	return {
		async serve(serveOptions) {
			const entry = await serveRegistry(context, serveOptions);
			served.set(entry.registry.address, entry);
			log.info("registry serves", { address: entry.registry.address });
			return entry.registry;
		},
		list: () => [...served.values()].map(({ registry }) => registry),
		async stop(address) {
			const entry = served.get(address);
			if (entry === undefined) throw new EngineError("not_found", `no registry is served at ${address}`);
			served.delete(address);
			await entry.close();
		},
		recover() {
			sweepStale(pushed, repositories);
			// Nothing is on its way at a start.
			sweepLoose(pushed, images, Number.POSITIVE_INFINITY);
			watch().catch((error: unknown) => log.error("the registry misses events of images", { error }));
		},
		async close() {
			over.abort();
			await Promise.all([...served.values()].map(({ close }) => close()));
			served.clear();
			await uploads.close();
		},
	};
}

async function serveRegistry(context: RegistryContext, options: ServeOptions): Promise<Served> {
	const { host, port, readWrite, tls, htpasswd } = options;
	if (tls !== undefined) checkPair(tls);
	const users = htpasswd === undefined ? undefined : parseHtpasswd(htpasswd);
	const feed = createRequestFeed();
	const server = openServer(context, options, {
		handle: createRegistryAnswerer(context, { readWrite, users, onRequest: feed.push }),
	});
	const bound = await listen(server, { host, port });
	return {
		registry: {
			address: host.includes(":") ? `[${host}]:${bound}` : `${host}:${bound}`,
			readWrite,
			tls: tls !== undefined,
			auth: users !== undefined,
			since: new Date().toISOString(),
			requests: feed.subscribe,
		},
		async close() {
			feed.end();
			await server.close();
		},
	};
}

function checkPair(tls: NonNullable<ServeOptions["tls"]>): void {
	try {
		createSecureContext(tls);
	} catch (cause) {
		const why = (cause as Error).message;
		throw new EngineError("invalid_argument", `the certificate and its key are no PEM pair: ${why}`, {
			cause,
		});
	}
}

function openServer(
	{ log }: RegistryContext,
	{ tls }: ServeOptions,
	{ handle }: Pick<Parameters<typeof createHttpServer>[0], "handle">,
): HttpServer {
	return createHttpServer({
		handle,
		headers: { "Docker-Distribution-Api-Version": "registry/2.0", "X-Content-Type-Options": "nosniff" },
		log,
		...(tls === undefined ? {} : { tls }),
	});
}

async function listen(server: HttpServer, address: { host: string; port: number }): Promise<number> {
	const { host, port } = address;
	try {
		return (await server.listen(address)).port!;
	} catch (cause) {
		const errno = errnoOf(cause);
		const why = { EADDRINUSE: "the address is in use", EADDRNOTAVAIL: "this machine has no such address" };
		if (errno === "EADDRINUSE" || errno === "EADDRNOTAVAIL" || errno === "EACCES") {
			const text = errno === "EACCES" ? "permission denied" : why[errno];
			throw new EngineError("conflict", `cannot listen on ${host}:${port}: ${text}`, { cause });
		}
		throw cause;
	}
}

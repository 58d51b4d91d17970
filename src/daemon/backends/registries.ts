import type { RegistryServeRequest, ServedRegistry } from "../../api/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { RegistryServers, ServedRegistry as Served, ServeOptions } from "../../registry-server/index.ts";
import type { RegistryBackend } from "../../server/index.ts";

const defaultAddress = "127.0.0.1:5000";

/** The engine's own registries as the routes want them. */
export function registryBackend(servers: RegistryServers): RegistryBackend {
	return {
		async serve(request, signal) {
			const served = await servers.serve(serveOptions(request));
			return follow(servers, served, { detach: request.Detach ?? false, signal });
		},
		list: async () => servers.list().map(describe),
		stop: (address) => servers.stop(address),
	};
}

async function* follow(
	servers: RegistryServers,
	served: Served,
	{ detach, signal }: { detach: boolean; signal: AbortSignal },
): AsyncGenerator<object> {
	try {
		const requests = served.requests(signal);
		yield describe(served);
		if (detach) return;
		for await (const { time, method, path, status, durationMs } of requests)
			yield { Time: time, Method: method, Path: path, Status: status, DurationMs: durationMs };
	} finally {
		// It may have been stopped by somebody else.
		if (!detach && servers.list().includes(served)) await servers.stop(served.address);
	}
}

function describe({ address, readWrite, tls, auth, since }: Served): ServedRegistry {
	const url = `${tls ? "https" : "http"}://${address}`;
	return { Address: address, Url: url, ReadWrite: readWrite, Tls: tls, Auth: auth, Since: since };
}

/** A registry that others can write to must know who they are. */
function serveOptions(request: RegistryServeRequest): ServeOptions {
	const { Listen, ReadWrite = false, TlsCert, TlsKey, Htpasswd } = request;
	const { host, port } = parseAddress(Listen || defaultAddress);
	if ((TlsCert === undefined) !== (TlsKey === undefined))
		throw new EngineError("invalid_argument", "a certificate and its key belong together: one is missing");
	if (ReadWrite && Htpasswd === undefined && !isLoopback(host)) {
		throw new EngineError(
			"invalid_argument",
			`a registry that takes pushes on ${host} needs users (htpasswd): anyone there could replace images`,
		);
	}
	return {
		host,
		port,
		readWrite: ReadWrite,
		...(TlsCert === undefined ? {} : { tls: { cert: TlsCert, key: TlsKey! } }),
		...(Htpasswd === undefined ? {} : { htpasswd: Htpasswd }),
	};
}

function parseAddress(text: string): { host: string; port: number } {
	const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]*)):([0-9]{1,5})$/.exec(text);
	const port = Number(match?.[3]);
	if (match === null || port > 65535)
		throw new EngineError("invalid_argument", `invalid address ${JSON.stringify(text)}: expected HOST:PORT`);
	return { host: match[1] ?? (match[2] === "" ? "0.0.0.0" : match[2]!), port };
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127\./.test(host);
}

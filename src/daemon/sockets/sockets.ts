import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Builder, Contexts } from "../../builder/index.ts";
import { type BuildkitOptions, createBuildkit } from "../../buildkit/index.ts";
import type { Containers } from "../../containers/index.ts";
import type { Events } from "../../events/index.ts";
import type { Images } from "../../images/index.ts";
import { EngineError, type Logger } from "../../lib/index.ts";
import {
	explain,
	type GuardRooms,
	guardBackends,
	guardBuilder,
	guardContexts,
	type SocketPolicy,
} from "../../policy/index.ts";
import { type Backends, createServer, type Server, type SocketsBackend } from "../../server/index.ts";
import { buildBackend } from "../backends/build/backend.ts";
import { engineVersion } from "../version.ts";
import { type CountingGate, socketGate } from "./gate.ts";
import { placeSocket } from "./place.ts";

export interface ScopedSockets {
	readonly backend: SocketsBackend;
	/** Serves all of them; after what was there before is recovered. */
	listen(backends: Backends): Promise<void>;
	close(): Promise<void>;
}

export interface ScopedSocketsOptions {
	readonly policies: readonly SocketPolicy[];
	readonly runRoot: string;
	readonly containers: Containers;
	readonly images: Images;
	readonly events: Pick<Events, "publish">;
	readonly builder: Builder;
	readonly contexts: Contexts;
	readonly buildkit: Omit<BuildkitOptions, "builder" | "contexts">;
	readonly log: Logger;
}

interface Scoped {
	readonly policy: SocketPolicy;
	readonly gate: CountingGate;
	server?: Server;
}

/** The scoped sockets of a configuration: each a server of its own, whose backends are behind its policy. */
export function createScopedSockets(options: ScopedSocketsOptions): ScopedSockets {
	const { log, runRoot } = options;
	const sockets = options.policies.map((policy): Scoped => ({ policy, gate: socketGate(policy, log) }));
	return {
		backend: socketsBackend(sockets),
		async listen(backends) {
			for (const scoped of sockets) {
				const { policy, gate } = scoped;
				scoped.server = createServer({
					backends: guarded(options, policy, backends),
					gate,
					log,
					version: engineVersion,
				});
				await placeSocket(scoped.server, policy, runRoot);
				log.info("scoped socket", { socket: policy.name, path: policy.path, role: policy.role });
			}
		},
		async close() {
			await Promise.all(sockets.map(({ server }) => server?.close()));
			for (const { server, policy } of sockets)
				if (server !== undefined) rmSync(policy.path, { force: true });
		},
	};
}

function guarded(options: ScopedSocketsOptions, policy: SocketPolicy, backends: Backends): Backends {
	const rooms = guardRooms(options);
	const builder = guardBuilder(policy, options.builder, rooms);
	const contexts = guardContexts(policy, options.contexts);
	const images = { find: (reference: string) => options.images.find(reference) };
	const root = join(options.buildkit.root, "sockets", policy.name);
	return guardBackends(
		policy,
		{
			...backends,
			builds: buildBackend({ builder, contexts, images, events: options.events }),
			buildkit: createBuildkit({ ...options.buildkit, root, builder, contexts }),
		},
		rooms,
	);
}

function guardRooms({ containers, images }: ScopedSocketsOptions): GuardRooms {
	return {
		container: containers.identify,
		image(reference) {
			try {
				const found = images.find(reference);
				return found && { id: found.id, names: [...found.tags, ...found.repoDigests] };
			} catch {
				// Neither a name nor the beginning of one id.
				return undefined;
			}
		},
	};
}

function socketsBackend(sockets: readonly Scoped[]): SocketsBackend {
	return {
		list: () =>
			sockets.map(({ policy, gate }) => ({
				Name: policy.name,
				Path: policy.path,
				Mode: policy.mode.toString(8).padStart(4, "0"),
				Role: policy.role,
				Scope: policy.scope,
				Operations: [...policy.operations].sort(),
				Denied: gate.denied,
			})),
		explain(name, call) {
			const found = sockets.find(({ policy }) => policy.name === name);
			if (found === undefined) throw new EngineError("not_found", `no such socket: ${name}`);
			const { allowed, group, rule, message } = explain(found.policy, call);
			return {
				Allowed: allowed,
				...(group === undefined ? {} : { Group: group }),
				...(rule === undefined ? {} : { Rule: rule }),
				Message: message,
			};
		},
	};
}

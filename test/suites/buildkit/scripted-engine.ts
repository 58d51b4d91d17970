import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildEvents, Builder, BuildRequest, BuildResult } from "../../../src/builder/index.ts";
import { createBuildkit } from "../../../src/buildkit/index.ts";
import { createLogger, EngineError } from "../../../src/lib/index.ts";
import { hostPlatform } from "../../../src/oci/index.ts";
import { createServer } from "../../../src/server/index.ts";
import { scriptedBackends } from "../../api/scripted-backends.ts";

/** What a build does in place of the builder: this is about what reaches it and what becomes of what it says. */
export type ScriptedBuild = (request: BuildRequest, tell: BuildEvents, signal: AbortSignal) => Promise<void>;

export interface ScriptedEngine extends AsyncDisposable {
	readonly socket: string;
	/** What the next builds do. */
	script(build: ScriptedBuild): void;
}

export const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;

export async function startScriptedEngine(): Promise<ScriptedEngine> {
	const root = mkdtempSync(join(tmpdir(), "hull-buildkit-"));
	const socket = join(root, "s");
	let current: ScriptedBuild = async () => {};
	const refuse = async () => {
		throw new EngineError("not_implemented", "not scripted");
	};
	const result: BuildResult = {
		imageId: digest("a"),
		manifestDigest: digest("b"),
		config: {},
		metadata: {},
	};
	const builder: Builder = {
		async build(request, tell, signal) {
			await current(request, tell, signal);
			return result;
		},
		cache: async () => [],
		mounts: {
			list: async () => [],
			export: () => Promise.reject(new Error("not asked for")),
			import: () => Promise.reject(new Error("not asked for")),
			remove: () => Promise.reject(new Error("not asked for")),
		},
		prune: async () => ({ removed: [], reclaimedBytes: 0 }),
		history: () => [],
		events: async function* () {},
		watchHistory: async function* () {},
		changeHistory() {
			throw new EngineError("not_found", "no such build");
		},
		cancel: () => undefined,
		recover: async () => undefined,
		close: async () => undefined,
	};
	const log = createLogger("error");
	const buildkit = createBuildkit({
		builder,
		contexts: { fromTar: refuse, fromAddress: refuse, empty: refuse },
		root: join(root, "clients"),
		workerId: "worker",
		hostname: "host",
		version: "0",
		platforms: () => [hostPlatform()],
		log,
	});
	// buildx looks at these before it builds.
	const info = async () => ({ OSType: "linux" }) as never;
	const version = async () => ({ Version: "0", ApiVersion: "1.45", Os: "linux", Components: [] }) as never;
	const server = createServer({
		backends: { ...scriptedBackends({ system: { info, version } }), buildkit },
		log,
	});
	await server.listen({ path: socket });
	return {
		socket,
		script(build) {
			current = build;
		},
		async [Symbol.asyncDispose]() {
			await server.close();
			rmSync(root, { recursive: true, force: true });
		},
	};
}

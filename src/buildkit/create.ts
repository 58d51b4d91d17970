import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTreeSync } from "../lib/index.ts";
import type { Buildkit, BuildkitOptions } from "./contract.ts";
import { createJobs } from "./control/jobs.ts";
import { controlMethods } from "./control/methods.ts";
import { serveGrpc } from "./grpc/serve.ts";
import { createKeptFolders } from "./session/files/kept-folders.ts";
import { createSessions } from "./session/sessions.ts";

/** BuildKit's interface on top of the builder. What a daemon before left in its folder is removed. */
export function createBuildkit(options: BuildkitOptions): Buildkit {
	const { log } = options;
	const exports = join(options.root, "exports");
	removeTreeSync(options.root);
	mkdirSync(exports, { recursive: true, mode: 0o700 });
	const sessions = createSessions();
	const folders = createKeptFolders(join(options.root, "files"));
	const rooms = { ...options, root: exports, jobs: createJobs(), sessions, folders };
	const methods = controlMethods(rooms, options);
	return {
		grpc: (socket, signal) => serveGrpc(socket, methods, { signal, log }),
		session: (socket, headers, signal) => sessions.serve(socket, headers, signal),
	};
}
